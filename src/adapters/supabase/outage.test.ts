import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { startHttpHost } from '../../../test/support/network/http-host.ts';
import { outageOf, saysSchemaLacks } from './outage.ts';

it('a service that accepts requests and answers none is an outage', async () => {
  await using host = await startHttpHost(() => undefined);
  const supabase = createClient(host.origin, 'key', {
    global: {
      fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(50) }),
    },
    db: { retry: false },
  });
  const rows = await supabase.from('generation_sessions').select('id');
  assert.equal(rows.error && outageOf(rows.error, rows.status), 'does not answer in time');
  const bucket = await supabase.storage.getBucket('any');
  assert.equal(bucket.error && outageOf(bucket.error), 'does not answer in time');
});

it('Storage that cannot serve now is an outage, whichever status it wraps', () => {
  const cases = [
    [429, '429', 'answers 429'],
    [544, '544', 'answers 544'],
    [400, '423', 'answers 423'],
    [400, '503', 'answers 503'],
    [400, '403', null],
    [400, '413', null],
  ] as const;
  for (const [status, statusCode, outage] of cases) {
    assert.equal(outageOf({ message: 'Storage says why', status, statusCode }), outage);
  }
});

it('only its code shows that a table, column or function is missing', () => {
  const missing = ['42P01', '42703', '42883', 'PGRST202', 'PGRST203', 'PGRST204', 'PGRST205'];
  const others = ['42501', '57014', 'PGRST000', 'PGRST301', 'XX000', '', undefined];
  for (const code of missing) assert.equal(saysSchemaLacks(code), true, code);
  for (const code of others) assert.equal(saysSchemaLacks(code), false, code);
});
