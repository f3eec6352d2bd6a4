/**
 * The promise of the ports that Supabase stands behind: whatever answers, a method throws a
 * TaskError and nothing else.
 */
import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { it } from 'node:test';
import { startHttpHost } from '../../../test/support/network/http-host.ts';
import { TaskError } from '../../errors.ts';
import type { Session } from '../../ports/session.ts';
import { SupabaseAnalytics } from './analytics.ts';
import { connectSupabase } from './client.ts';
import { SupabaseImageStore } from './image-store.ts';
import { SupabaseLedger } from './ledger.ts';
import { SupabasePictureFolders } from './picture-folders.ts';
import { SupabasePictureLinks } from './picture-links.ts';
import { SupabaseSessions } from './sessions.ts';

const answer =
  (status: number, body: string, type = 'application/json'): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };

const ANSWERS: Readonly<Record<string, RequestListener>> = {
  'a page with 200': answer(200, '<html>maintenance</html>', 'text/html'),
  'a page with 503': answer(503, '<html>maintenance</html>', 'text/html'),
  'nothing with 200': answer(200, ''),
  'null with 200': answer(200, 'null'),
  'a string with 200': answer(200, '"ok"'),
  'an empty object with 200': answer(200, '{}'),
  'rows of another kind with 200': answer(200, '[{"id":1}]'),
  'half an answer with 200': answer(200, '[{"id":"0'),
  'nothing with 204': answer(204, ''),
  'a refused key with 401': answer(401, '{"message":"Invalid API key"}'),
  'null with 500': answer(500, 'null'),
  'a 404 of a gateway': answer(404, '[]'),
  'a closed connection': (request) => request.socket.destroy(),
};

const session: Session = {
  channel: 'b2c',
  ownerId: '0d8f3b0e-0000-4000-8000-000000000001',
  sessionId: '019a8c5e-0000-7000-8000-000000000001',
  status: 'failed',
  createdAt: new Date(0),
  completedAt: new Date(0),
  errorMessage: null,
  requestId: null,
  shopperEmail: null,
};
const completion = {
  imageUrl: 'https://example.com/x.jpg',
  inputTokens: 1,
  outputTokens: 1,
  costUsd: 1,
  processingTimeMs: 1,
  completedAt: new Date(0),
};
const order = {
  payer: 'person',
  ownerId: session.ownerId,
  email: null,
  credits: 1,
  requestId: null,
  description: 'a refund',
} as const;

/** Every method of the ports, called once. */
function methods(url: string): Readonly<Record<string, () => Promise<unknown>>> {
  const supabase = connectSupabase(url, 'key');
  const sessions = new SupabaseSessions(supabase);
  const ledger = new SupabaseLedger(supabase);
  const analytics = new SupabaseAnalytics(supabase);
  const images = new SupabaseImageStore(supabase, 'bucket', 60);
  const folders = new SupabasePictureFolders(supabase, 'bucket');
  const links = new SupabasePictureLinks(supabase, url, 'bucket');
  const rows = { channel: 'b2c', before: new Date(0), ownerId: null } as const;
  return {
    find: () => sessions.find(session),
    claim: () => sessions.claim(session),
    markProcessing: () => sessions.markProcessing(session),
    complete: () => sessions.complete(session, completion),
    fail: () => sessions.fail(session, 'text', new Date(0)),
    replaceErrorMessage: () =>
      sessions.replaceErrorMessage(session, new Date(0), { from: 'a', to: 'b' }),
    sharingPayment: () => sessions.sharingPayment(session, null),
    unfinished: () => sessions.unfinished(new Date(0))[Symbol.asyncIterator]().next(),
    failedSince: () => sessions.failedSince(new Date(0))[Symbol.asyncIterator]().next(),
    entries: () => ledger.entries(session, null),
    refund: () => ledger.refund(order),
    delivered: () => analytics.delivered(session, null),
    record: () => analytics.record(session, 'generation_failed', { request_id: null }),
    put: () => images.put('a/b.jpg', new Uint8Array(8)),
    sign: () => images.sign('a/b.jpg'),
    removeImages: () => images.remove(['a/b.jpg']),
    confirm: () => folders.confirm(),
    list: () => folders.list('a', 0),
    removeFiles: () => folders.remove(['a/b.jpg']),
    markExpired: () => links.markExpired(rows, true, new AbortController().signal),
    clearAccessories: () => links.clearAccessories(session),
    pathsOf: () => links.pathsOf(session),
    unfinishedOf: () => links.unfinishedOf(session),
  };
}

for (const [what, listener] of Object.entries(ANSWERS)) {
  it(`${what} is a TaskError or no error, for every method`, async () => {
    await using host = await startHttpHost(listener);
    const others: string[] = [];
    let errors = 0;
    for (const [name, call] of Object.entries(methods(host.origin))) {
      await call().catch((error: unknown) => {
        errors += 1;
        if (!(error instanceof TaskError)) others.push(`${name}: ${error}`);
      });
    }
    assert.deepEqual(others, []);
    assert.ok(errors > 0, 'some method cannot do without a proper answer');
  });
}
