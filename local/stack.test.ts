import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@supabase/supabase-js';
import { Redis } from 'ioredis';
import OpenAI from 'openai';
import pg from 'pg';
import { startLocalStack } from './stack.ts';

const plain = { openai: { plain: true } };

test('the clients of the worker work with the environment of the stack', async () => {
  await using stack = await startLocalStack(plain);
  const { env } = stack;
  const redis = new Redis(env.REDIS_URL ?? '');
  assert.equal(await redis.ping(), 'PONG');
  redis.disconnect();
  const supabase = createClient(env.SUPABASE_URL ?? '', env.SUPABASE_SERVICE_ROLE_KEY ?? '');
  assert.deepEqual((await supabase.from('stores').select('id')).data, []);
  const bucket = await supabase.storage.from(env.SUPABASE_BUCKET ?? '').list();
  assert.deepEqual(bucket.data, []);
  const openai = new OpenAI({ apiKey: env.OPENAI_API_KEY, baseURL: env.OPENAI_BASE_URL });
  assert.ok((await openai.models.list()).data.length > 0);
});

test('Redis evicts nothing, and keeps what it answered when it is killed', async () => {
  await using stack = await startLocalStack(plain);
  const redis = new Redis(stack.redis.url, { lazyConnect: true });
  assert.deepEqual(await redis.config('GET', 'maxmemory-policy'), [
    'maxmemory-policy',
    'noeviction',
  ]);
  await redis.lpush('tasks', 'a', 'b');
  await stack.redis.kill();
  await stack.redis.start();
  assert.deepEqual(await redis.lrange('tasks', 0, -1), ['b', 'a']);
  await stack.redis.stop();
  await stack.redis.start();
  assert.deepEqual(await redis.lrange('tasks', 0, -1), ['b', 'a']);
  redis.disconnect();
});

test('two stacks at once do not meet', async () => {
  const [one, other] = await Promise.all([startLocalStack(plain), startLocalStack(plain)]);
  await one.database.query("insert into stores (shop_domain) values ('one.test')");
  assert.equal((await other.database.query('select * from stores')).rowCount, 0);
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});

test('a disposed stack leaves nothing behind', async (t) => {
  const folder = await ownTempFolder(t);
  const { redis, [Symbol.asyncDispose]: dispose } = await startLocalStack(plain);
  assert.equal((await readdir(folder)).length, 1);
  await dispose();
  assert.deepEqual(await readdir(folder), []);
  await assert.rejects(connected(redis.port));
});

test('a stack that cannot start fully leaves nothing behind', async (t) => {
  const folder = await ownTempFolder(t);
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  assert.ok(typeof address === 'object' && address);
  const openai = { plain: true, port: address.port };
  await assert.rejects(startLocalStack({ openai }), { code: 'EADDRINUSE' });
  assert.deepEqual(await readdir(folder), []);
});

test('Ctrl-C shuts the stack down', async (t) => {
  const owner = await startOwner(t);
  owner.process.kill('SIGINT');
  const [code] = await once(owner.process, 'exit');
  assert.equal(code, 0);
  assert.deepEqual(await readdir(owner.folder), []);
});

test('a killed owner takes its servers and its folder along', async (t) => {
  const owner = await startOwner(t);
  const redis = new Redis(owner.redisUrl, { retryStrategy: null });
  t.after(() => redis.disconnect());
  await redis.ping();
  const database = new pg.Client(owner.databaseUrl);
  t.after(() => database.end());
  await database.connect();
  const { promise: databaseGone, resolve } = Promise.withResolvers<void>();
  // The server says first that it ends, which the client takes for an error.
  database.on('error', () => resolve());
  const gone = Promise.all([once(redis, 'end'), databaseGone]);
  owner.process.kill('SIGKILL');
  await gone;
  // The guardian removes the folder when the servers are stopped; there is no event to wait for.
  while ((await readdir(owner.folder)).length > 0) await sleep(20);
});

interface Owner {
  process: ChildProcess;
  folder: string;
  redisUrl: string;
  databaseUrl: string;
}

/** `npm run local` in a process and with a temp folder of its own, up and running. */
async function startOwner(t: TestContext): Promise<Owner> {
  const folder = await openFolder();
  const owner = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    owner.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  let output = '';
  for await (const line of createInterface(owner.stdout)) {
    output += `${line}\n`;
    if (line.startsWith('# Ctrl-C')) break;
  }
  const found = (pattern: RegExp) => pattern.exec(output)?.[0] ?? '';
  return {
    process: owner,
    folder,
    redisUrl: found(/redis:\/\/[\d.:]+/),
    databaseUrl: found(/postgres:\/\/\S+/),
  };
}

/** Makes everything of this process go to a temp folder of its own for the time of a test. */
async function ownTempFolder(t: TestContext): Promise<string> {
  const before = process.env.TMPDIR;
  const folder = await openFolder();
  process.env.TMPDIR = folder;
  t.after(async () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-test-'));
  await chmod(folder, 0o755);
  return folder;
}

async function connected(port: number): Promise<void> {
  const redis = new Redis(port, '127.0.0.1', {
    lazyConnect: true,
    retryStrategy: null,
  });
  redis.on('error', () => {});
  await redis.connect();
}
