/**
 * `wearon doctor` on a healthy local stack, and with one thing after the other broken.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../../local/replicate/server.ts';
import { BUCKET, startLocalStack } from '../../local/stack.ts';
import { openRedis } from '../../src/adapters/redis/fail-fast-connection.ts';
import { clockCheck } from '../../src/cli/doctor/check.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon } from '../support/cli.ts';
import { WEBHOOK_SECRET } from '../support/webhook-receiver.ts';

const NO_MODELS = fileURLToPath(new URL('.', import.meta.url));

const folder = await mkdtemp(join(tmpdir(), 'wearon-doctor-'));
const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly finding: string;
  readonly fix: string | null;
}

/** The doctor's findings but for the pose models, which a checkout need not have. */
async function examine(env: Record<string, string> = {}) {
  const { code, json, stderr } = await wearon({ ...stack.env, ...env }, ['doctor', '--json']);
  assert.ok(json?.checks, stderr);
  const checks: Check[] = json.checks.filter(({ name }: Check) => name !== 'pose models');
  return { code, checks, found: checks.filter(({ state }) => state !== 'ok') };
}

/** The one finding there is. */
async function theFinding(env: Record<string, string> = {}): Promise<Check> {
  const { found, code } = await examine(env);
  assert.equal(found.length, 1, JSON.stringify(found));
  const [check] = found;
  if (check?.state === 'fail') assert.equal(code, 1);
  assert.ok(check?.fix, 'says how to fix it');
  return check;
}

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
  it('finds nothing on a stack that is well', async () => {
    const { found, checks } = await examine();
    assert.deepEqual(found, []);
    const names = checks.map(({ name }) => name);
    for (const name of ['Redis', 'Supabase functions', 'OpenAI key', 'clock, Redis']) {
      assert.ok(names.includes(name), name);
    }
  });

  it('says in words what is wrong and how to fix it, without a secret', async () => {
    const env = { ...stack.env, SUPABASE_BUCKET: 'images' };
    const { stdout } = await wearon(env, ['doctor']);
    assert.match(stdout, /fail +Supabase bucket +there is no bucket images/);
    assert.match(stdout, /→ set SUPABASE_BUCKET/);
    for (const secret of [stack.supabase.serviceRoleKey, stack.openai.apiKey]) {
      assert.ok(!stdout.includes(secret));
    }
  });

  it('finds missing pose models', async () => {
    const env = { ...stack.env, MEDIAPIPE_MODEL_PATH: NO_MODELS };
    const { code, json } = await wearon(env, ['doctor', '--json']);
    assert.equal(code, 1);
    const check = json.checks.find(({ name }: Check) => name === 'pose models');
    assert.equal(check.state, 'fail');
    assert.match(check.finding, /npm run models/);
  });
});

/** The one finding with a user of its own that lacks these commands. */
async function findingWithout(commands: string): Promise<Check> {
  const redis = await openRedis(stack.redis.url);
  const acl = ['reset', 'on', '>secret', '~*', '+@all', ...commands.split(' ')];
  await redis.acl('SETUSER', 'poor', ...acl);
  redis.disconnect();
  const url = new URL(stack.redis.url);
  Object.assign(url, { username: 'poor', password: 'secret' });
  return theFinding({ REDIS_URL: url.href });
}

/** The finding of the probe while the setting has a value. */
async function findingWith(change: string[], back: string[]): Promise<Check> {
  const redis = await openRedis(stack.redis.url);
  const [command = '', ...args] = change;
  const [backCommand = '', ...backArgs] = back;
  await redis.call(command, ...args);
  try {
    const { checks } = await examine();
    const check = checks.find(({ name }) => name === 'Redis service');
    return check ?? assert.fail();
  } finally {
    await redis.call(backCommand, ...backArgs);
    redis.disconnect();
  }
}

describe('the doctor finds of Redis', () => {
  it('a replica, and names its primary', async () => {
    const check = await findingWith(['REPLICAOF', '127.0.0.1', '7'], ['REPLICAOF', 'NO', 'ONE']);
    assert.equal(check.state, 'fail');
    assert.match(check.fix ?? '', /is a replica.*127\.0\.0\.1:7/);
  });

  it('a full memory', async () => {
    const setting = ['CONFIG', 'SET', 'maxmemory'];
    const check = await findingWith([...setting, '1'], [...setting, '0']);
    assert.equal(check.state, 'fail');
    assert.match(check.fix ?? '', /raise maxmemory/);
  });

  it('a user that may not run scripts', async () => {
    const check = await findingWithout('-eval');
    assert.equal(check.name, 'Redis service');
    assert.match(check.fix ?? '', /rights/);
  });

  it('that it is away', async () => {
    const check = await theFinding({ REDIS_URL: 'redis://127.0.0.1:1/0' });
    assert.equal(check.name, 'Redis');
  });

  it('that it may throw tasks away', async () => {
    const redis = await openRedis(stack.redis.url);
    try {
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const check = await theFinding();
      assert.equal(check.state, 'fail');
      assert.match(check.finding, /allkeys-lru/);
    } finally {
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      redis.disconnect();
    }
  });

  it('that the worker is drained', async () => {
    await wearon(stack.env, ['drain', '--yes']);
    const check = await theFinding();
    assert.deepEqual([check.name, check.state], ['intake', 'warn']);
    await wearon(stack.env, ['drain', '--off']);
  });
});

describe('the doctor finds of Supabase', () => {
  it('that it is away', async () => {
    const check = await theFinding({ SUPABASE_URL: 'http://127.0.0.1:1' });
    assert.match(check.finding, /cannot be reached/);
  });

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

  it('that the key is refused', async () => {
    const check = await theFinding({ SUPABASE_SERVICE_ROLE_KEY: 'wrong' });
    assert.deepEqual([check.name, check.finding], ['Supabase key', 'refused']);
  });

  it('that the key is the anonymous one', async () => {
    const check = await theFinding({ SUPABASE_SERVICE_ROLE_KEY: stack.supabase.anonKey });
    assert.match(check.finding, /role "anon"/);
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
    await using changed = await startLocalStack({ openai: { plain: true } });
    await changed.database.query('alter function refund_credits rename to refund_credit');
    await changed.database.query('drop function refund_store_credits');
    await changed.database.query(
      `create function refund_store_credits(store uuid, p_amount integer, p_request_id text,
         p_description text) returns void language sql as 'select null::void'`,
    );
    const { json } = await wearon(changed.env, ['doctor', '--json']);
    const found = json.checks.filter(({ name }: Check) => name === 'Supabase function');
    assert.deepEqual(
      found.map(({ finding }: Check) => finding.split('(')[0]),
      ['refund_credits', 'refund_store_credits'],
    );
    assert.deepEqual((await stack.database.query(ledger)).rows, before);
  });
});

describe('the doctor finds of the image model', () => {
  it('that the key is refused', async () => {
    const check = await theFinding({ OPENAI_API_KEY: 'sk-wrong' });
    assert.deepEqual([check.name, check.finding], ['OpenAI key', 'refused']);
  });

  it('that the vendor is away', async () => {
    const check = await theFinding({ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' });
    assert.match(check.finding, /not reachable/);
  });

  it('that it is shut down', async () => {
    const { found, code } = await examine({ OPENAI_IMAGE_MODEL: 'gpt-image-1' });
    assert.equal(code, 1);
    const shutDown = found.find(({ finding }) => finding.includes('was shut down on 2026-10-23'));
    assert.equal(shutDown?.state, 'fail');
    assert.match(shutDown?.fix ?? '', /OPENAI_IMAGE_MODEL=gpt-image/);
  });

  it('that the key may not use it, or that no one knows it', async () => {
    const { found } = await examine({ OPENAI_IMAGE_MODEL: 'dall-e-9' });
    assert.deepEqual(
      found.map(({ state }) => state),
      ['fail', 'warn'],
    );
  });

  it('that it makes no pictures of the size', async () => {
    const check = await theFinding({ OPENAI_IMAGE_SIZE: '1000x1001' });
    assert.equal(check.name, 'picture size');
  });
});

describe('the doctor finds of Replicate', () => {
  const named = { IMAGE_PROVIDERS: 'openai,replicate' };

  it('nothing where all is well, and does not ask where it is not named', async () => {
    const check = async (env: Record<string, string>) =>
      (await examine(env)).checks.find(({ name }) => name === 'Replicate');
    const found = await check(named);
    const finding = 'takes the token and has prunaai/p-image-try-on';
    assert.deepEqual([found?.state, found?.finding], ['ok', finding]);
    assert.equal(await check({}), undefined);
  });

  it('that the token is refused', async () => {
    const check = await theFinding({ ...named, REPLICATE_API_TOKEN: 'r8_wrong' });
    assert.deepEqual(
      [check.name, check.state, check.finding],
      ['Replicate token', 'fail', 'refused'],
    );
    assert.match(check.fix ?? '', /REPLICATE_API_TOKEN/);
  });

  it('that it has no such model, or no such version of it', async () => {
    for (const model of ['nobody/nothing', `prunaai/p-image-try-on:${'0'.repeat(64)}`]) {
      const check = await theFinding({ ...named, REPLICATE_MODEL: model });
      assert.deepEqual([check.state, check.finding], ['fail', `has no model ${model}`]);
    }
    const model = `prunaai/p-image-try-on:${VERSION}`;
    assert.deepEqual((await examine({ ...named, REPLICATE_MODEL: model })).found, []);
  });

  it('that it is away, or limits the rate', async () => {
    const away = await theFinding({ ...named, REPLICATE_BASE_URL: 'http://127.0.0.1:1/v1' });
    assert.deepEqual([away.state, away.finding], ['fail', 'not reachable']);
    stack.replicate.faults.add({ kind: 'status', status: 429 });
    const busy = await theFinding(named);
    assert.deepEqual([busy.state, busy.finding], ['warn', 'limits the rate']);
  });
});

describe('the doctor on webhooks', () => {
  const secret = { WEBHOOK_SECRET };
  const about = async (env: Record<string, string>) =>
    (await examine(env)).checks.filter(({ name }) => name.startsWith('webhooks'));

  it('says that they are off, or where they lead, without the secret', async () => {
    const [off] = await about({});
    assert.deepEqual([off?.state, off?.finding.split(':')[0]], ['ok', 'off']);
    const trusted = { WEBHOOK_URL: 'http://127.0.0.1:1/hook?key=abc', ...secret };
    const checks = await about({ ...trusted, WEBHOOK_TRUSTED_ORIGINS: 'http://127.0.0.1:1' });
    assert.deepEqual(
      checks.map(({ name, state, finding }) => [name, state, finding]),
      [['webhooks, platform', 'ok', 'to 127.0.0.1, a trusted origin']],
    );
    const outside = await about({ WEBHOOK_URL: 'https://93.184.215.14/hook', ...secret });
    assert.deepEqual([outside[0]?.state, outside[0]?.finding], ['ok', 'to 93.184.215.14']);
  });

  it('finds a host that leads inside, and one that does not exist', async () => {
    const inside = await theFinding({ WEBHOOK_URL: 'https://169.254.169.254/', ...secret });
    assert.deepEqual([inside.name, inside.state], ['webhooks, platform', 'fail']);
    assert.match(inside.finding, /^169\.254\.169\.254 leads inside the network/);
    const missing = await theFinding({ WEBHOOK_URL: 'https://shop.invalid/hook', ...secret });
    assert.equal(missing.finding, 'shop.invalid cannot be resolved');
  });

  it('finds a missing secret and a wrong file, and quotes neither', async () => {
    const alone = await theFinding({ WEBHOOK_URL: 'https://93.184.215.14/hook' });
    assert.equal(alone.finding, 'WEBHOOK_URL and WEBHOOK_SECRET must be set together');
    const file = join(folder, 'webhooks.json');
    await writeFile(file, JSON.stringify({ 'no-uuid': { url: 'ftp://x', secret: 'whsec_kept' } }));
    const wrong = await theFinding({ WEBHOOKS_FILE: file });
    assert.match(wrong.finding, /no-uuid: is no store's id/);
    await writeFile(file, '{"secret": "whsec_kept"');
    const broken = await theFinding({ WEBHOOKS_FILE: file });
    assert.match(broken.finding, /^WEBHOOKS_FILE is not JSON/);
    for (const { finding, fix } of [wrong, broken]) {
      assert.doesNotMatch(`${finding}${fix}`, /whsec_kept/);
    }
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
