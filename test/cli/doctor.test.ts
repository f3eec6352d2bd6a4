/** `wearon doctor` on a healthy local stack, and with one thing after the other broken. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BUCKET, startLocalStack } from '../../local/stack.ts';
import { type Check, clockCheck } from '../../src/cli/doctor/check.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon } from '../support/cli.ts';
import { type Case, doctorOn } from '../support/doctor.ts';

const MODELS = join(import.meta.dirname, '../../models');

const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));
const doctor = doctorOn(stack);
const { examine, theFinding } = doctor;

/** Runs the test on a changed database and changes it back. */
async function withSql(change: string, back: string, test: () => Promise<void>): Promise<void> {
  await stack.database.query(change);
  try {
    await test();
  } finally {
    await stack.database.query(back);
  }
}

describe('the doctor', () => {
  it('finds nothing on a healthy stack', async () => {
    const { found, checks } = await examine();
    assert.deepEqual(found, []);
    const names = checks.map(({ name }) => name);
    for (const name of ['Redis', 'Supabase functions', 'OpenAI key', 'clock, Redis']) {
      assert.ok(names.includes(name), name);
    }
  });

  it('says in words what is wrong and how to fix it, without a secret', async () => {
    const env = { ...stack.env, SUPABASE_BUCKET: 'images', MEDIAPIPE_MODEL_PATH: MODELS };
    const { stdout } = await wearon(env, ['doctor']);
    assert.match(stdout, /fail +Supabase bucket +there is no bucket images/);
    assert.match(stdout, /→ set SUPABASE_BUCKET/);
    assert.match(stdout, /^1 error, 0 warnings\.$/m);
    for (const secret of [stack.supabase.serviceRoleKey, stack.openai.apiKey]) {
      assert.ok(!stdout.includes(secret));
    }
  });

  it('finds missing pose models', async () => {
    const env = { ...stack.env, MEDIAPIPE_MODEL_PATH: import.meta.dirname };
    const { code, json } = await wearon(env, ['doctor', '--json']);
    assert.equal(code, 1);
    const check = json.checks.find(({ name }: Check) => name === 'pose models');
    assert.equal(check.state, 'fail');
    assert.match(check.finding, /npm run models/);
  });
});

describe('the doctor finds', () => {
  const cases: readonly Case[] = [
    ['that Redis is away', { REDIS_URL: 'redis://127.0.0.1:1/0' }, { name: /^Redis$/ }],
    [
      'that Supabase is away',
      { SUPABASE_URL: 'http://127.0.0.1:1' },
      { finding: /cannot be reached/ },
    ],
    [
      "that Supabase's key is refused",
      { SUPABASE_SERVICE_ROLE_KEY: 'wrong' },
      { name: /^Supabase key$/, finding: /^refused$/ },
    ],
    [
      "that Supabase's key is the anonymous one",
      { SUPABASE_SERVICE_ROLE_KEY: stack.supabase.anonKey },
      { finding: /role "anon", which sees nothing of the project$/ },
    ],
    [
      'size charts that cannot be read',
      { SIZE_CHARTS_FILE: 'no-such-charts.json' },
      {
        name: /^size charts$/,
        finding: /^SIZE_CHARTS_FILE no-such-charts.json cannot be read: ENOENT$/,
      },
    ],
    [
      'that Redis refuses the password',
      { REDIS_URL: stack.redis.url.replace('//', '//someone:wrong@') },
      { name: /^Redis$/, finding: /^refuses the user or the password in REDIS_URL$/ },
    ],
    [
      'that Redis has no such database',
      { REDIS_URL: `${stack.redis.url}/99` },
      { name: /^Redis$/, finding: /DB index is out of range/ },
    ],
  ];
  for (const one of cases) it(one[0], () => doctor.assertFinds(one));
});

it('a command names what the database answered', async () => {
  const env = { ...stack.env, SUPABASE_SERVICE_ROLE_KEY: 'wrong' };
  const { code, stderr } = await wearon(env, ['sessions', 'list']);
  assert.equal(code, 1);
  assert.match(stderr, /^The Supabase request failed: (?!no reason).+\. `wearon doctor`/);
});

describe('the doctor finds of Supabase', () => {
  it('an outage, in one line that prescribes no migration', async () => {
    const page = '<html><body>Service Unavailable</body></html>';
    const html = { 'content-type': 'text/html' };
    for (const [fault, expected] of [
      [{ kind: 'status', status: 503, body: { message: 'no upstream' } }, /^answers 503$/],
      [{ kind: 'status', status: 502, body: page, headers: html }, /page instead of data/],
      [{ kind: 'status', status: 200, body: page, headers: html }, /page instead of data/],
      [{ kind: 'drop', path: /rest|storage/ }, /cannot be reached/],
    ] as const) {
      stack.supabase.faults.add({ ...fault, times: Infinity });
      try {
        const check = await theFinding();
        assert.equal(check.name, 'Supabase');
        assert.match(check.finding, expected);
        assert.match(check.fix ?? '', /^wait: nothing is lost/);
        assert.doesNotMatch(JSON.stringify(check), /migration/);
      } finally {
        stack.supabase.faults.clear();
      }
    }
  });

  it('that the bucket is not there, public, too small or narrow', async () => {
    assert.match((await theFinding({ SUPABASE_BUCKET: 'images' })).finding, /no bucket images/);
    const set = (column: string, value: string) =>
      `update storage.buckets set ${column} = ${value} where id = '${BUCKET}'`;
    const types = "array['image/jpeg', 'image/png', 'image/webp']";
    await withSql(set('public', 'true'), set('public', 'false'), async () => {
      assert.match((await theFinding()).finding, /public/);
    });
    await withSql(set('file_size_limit', '1000'), set('file_size_limit', '10485760'), async () => {
      assert.match((await theFinding()).finding, /at most 1000 bytes/);
    });
    const mime = 'allowed_mime_types';
    for (const value of ["'{}'", "array['image/*']", 'null']) {
      await withSql(set(mime, value), set(mime, types), async () => {
        assert.deepEqual((await examine()).found, []);
      });
    }
    await withSql(set(mime, "array['image/png']"), set(mime, types), async () => {
      assert.match((await theFinding()).finding, /no image\/jpeg/);
    });
  });

  it('that a picture cannot be uploaded, or read by its link', async () => {
    const upload = { method: 'POST', path: /\/object\/virtual/, kind: 'status' } as const;
    const page = '<html><body>413 Request Entity Too Large</body></html>';
    for (const [fault, expected] of [
      [{ ...upload, status: 413, body: page }, /a test upload failed: .*\(status 413\)/],
      [{ kind: 'status', method: 'GET', path: /\/object\/sign\//, status: 500 }, /answers 500/],
    ] as const) {
      stack.supabase.faults.add({ ...fault, times: Infinity });
      const check = await theFinding().finally(() => stack.supabase.faults.clear());
      assert.equal(check.name, 'Supabase uploads');
      assert.match(check.finding, expected);
    }
    const left = "select name from storage.objects where name like 'doctor%'";
    assert.deepEqual((await stack.database.query(left)).rows, []);
  });

  it('that a column is missing', async () => {
    const table = 'alter table generation_sessions';
    await withSql(
      `${table} rename column input_tokens to tokens`,
      `${table} rename column tokens to input_tokens`,
      async () => {
        const check = await theFinding();
        assert.equal(check.name, 'Supabase table');
        assert.match(check.finding, /input_tokens/);
      },
    );
  });
});

describe('the doctor finds of a function', () => {
  it('that it is missing or has other arguments, and never runs one', async () => {
    const ledger = 'select count(*)::int as rows from credit_transactions';
    const before = (await stack.database.query(ledger)).rows;
    await withSql(
      `alter function refund_credits rename to refund_credit;
       alter function refund_store_credits rename to former;
       create function refund_store_credits(store uuid, p_amount integer, p_request_id text,
         p_description text) returns void language sql as 'select null::void'`,
      `drop function refund_store_credits;
       alter function former rename to refund_store_credits;
       alter function refund_credit rename to refund_credits`,
      async () => {
        const { checks } = await examine();
        const found = checks.filter(({ name }) => name === 'Supabase function');
        assert.deepEqual(
          found.map(({ finding }) => finding.split('(')[0]),
          ['refund_credits', 'refund_store_credits'],
        );
      },
    );
    assert.deepEqual((await stack.database.query(ledger)).rows, before);
  });
});

describe('a clock', () => {
  it('may be some seconds off, and says in which direction it is', () => {
    assert.equal(clockCheck('x', 1_000_000, 1_004_000).state, 'ok');
    const ahead = clockCheck('x', 1_000_000, 1_060_000);
    assert.deepEqual([ahead.state, ahead.finding], ['warn', 'this machine is 60 s ahead']);
    assert.equal(clockCheck('x', 1_060_000, 1_000_000).finding, 'this machine is 60 s behind');
  });
});
