/**
 * The client package: its wire format against the platform's, its verification against the worker's
 * signatures, its packed files, and the program of its README against the local stack and a worker.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  mkdir,
  mkdtempDisposable,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { onFreePort } from '../../local/loopback.ts';
import {
  type TryOnEnded,
  type TryOnTask,
  tryOnMessage,
  verifyWebhook,
  WebhookError,
} from '../../packages/client/src/index.ts';
import { parseTask } from '../../src/tryon/task.ts';
import type { EndedMessage } from '../../src/webhooks/message.ts';
import { signedHeaders, signingKeysOf } from '../../src/webhooks/signature.ts';
import { ROOT, readPage } from '../support/markdown.ts';
import { openShop, photo } from '../support/shop.ts';
import { FIXTURES as POSES } from '../support/sizing/pose-goldens.ts';
import { WEBHOOK_SECRET } from '../support/webhook-receiver.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const run = promisify(execFile);
const CLIENT = join(ROOT, 'packages/client');
const MESSAGES = join(ROOT, 'test/fixtures/queue-messages');

/** Fails to compile when the worker says something that the client's type does not know of. */
function asClientsType(message: EndedMessage): TryOnEnded {
  return message;
}

function taskOf(message: Record<string, never>): TryOnTask {
  const owner =
    message.channel === 'b2b'
      ? { channel: 'b2b' as const, storeId: String(message.store_id) }
      : { channel: 'b2c' as const, userId: String(message.user_id) };
  return {
    ...owner,
    sessionId: String(message.session_id),
    imageUrls: message.image_urls as unknown as string[],
    prompt: String(message.prompt),
    requestId: String(message.request_id),
    taskId: String(message.task_id),
    createdAt: new Date(String(message.created_at)),
  };
}

describe('the message of a task', () => {
  it('is the platform’s, byte for byte', async () => {
    const names = (await readdir(MESSAGES)).filter((name) => name.endsWith('.json'));
    assert.ok(names.length >= 4);
    for (const name of names) {
      const onRecord = JSON.parse(await readFile(join(MESSAGES, name), 'utf8'));
      assert.equal(tryOnMessage(taskOf(onRecord)), JSON.stringify(onRecord), name);
    }
  });

  it('is refused where the worker would reject it', async () => {
    const task = taskOf(JSON.parse(await readFile(join(MESSAGES, 'store.json'), 'utf8')));
    const images = Array.from({ length: 11 }, () => 'https://a.example/b.jpg');
    const wrong = [
      { ...task, sessionId: '7' },
      { ...task, imageUrls: [] },
      { ...task, imageUrls: images },
    ];
    for (const one of wrong) assert.throws(() => tryOnMessage(one), TypeError);
    const unchecked = tryOnMessage(task).replace(task.sessionId, '7');
    assert.ok('reason' in parseTask(Buffer.from(unchecked), 16, new Date()));
  });
});

describe('a webhook', () => {
  const data = {
    session_id: '1',
    channel: 'b2c',
    store_id: null,
    user_id: '2',
    request_id: null,
    status: 'failed',
    created_at: '2026-01-01T09:59:50.000Z',
    completed_at: '2026-01-01T10:00:00.000Z',
    error: { code: 'ABANDONED', message: 'The picture could not be made. Please try again.' },
  } as const;
  const expected = asClientsType({ type: 'try_on.failed', timestamp: data.completed_at, data });
  const body = JSON.stringify(expected);
  const at = new Date('2026-01-01T10:00:00Z');
  const headers = signedHeaders({ id: 'ended_1', body }, signingKeysOf(WEBHOOK_SECRET), at);
  const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);

  it('that the worker signed is accepted', () => {
    assert.deepEqual(verifyWebhook(body, headers, WEBHOOK_SECRET, later(200)), expected);
    const fetched = new Headers(headers);
    assert.deepEqual(verifyWebhook(body, fetched, WEBHOOK_SECRET, later(-200)), expected);
    const two = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
    assert.deepEqual(verifyWebhook(body, two, WEBHOOK_SECRET, at), expected);
  });

  it('that is forged, changed or old is not', () => {
    const other = `whsec_${Buffer.from('x'.repeat(32)).toString('base64')}`;
    const refuse = (text: string, given: Record<string, string>, secret: string, now: Date) =>
      assert.throws(() => verifyWebhook(text, given, secret, now), WebhookError);
    refuse(body, headers, other, at);
    refuse(`${body} `, headers, WEBHOOK_SECRET, at);
    refuse(body, { ...headers, 'webhook-id': 'ended_2' }, WEBHOOK_SECRET, at);
    refuse(body, headers, WEBHOOK_SECRET, later(301));
    refuse(body, { ...headers, 'webhook-timestamp': 'soon' }, WEBHOOK_SECRET, at);
    refuse(body, { ...headers, 'webhook-signature': 'v1,' }, WEBHOOK_SECRET, at);
    refuse(body, {}, WEBHOOK_SECRET, at);
  });
});

/** Packs the client with the command of its README, and unpacks it where a program in `folder` finds it. */
async function install(folder: string): Promise<string[]> {
  const readme = await readFile(join(CLIENT, 'README.md'), 'utf8');
  const [, args = ''] = /`npm (pack [^`]+)`/.exec(readme) ?? [];
  await rm(join(CLIENT, 'dist'), { recursive: true, force: true });
  const packed = await run('npm', [...args.split(' '), '--json', '--pack-destination', folder], {
    cwd: ROOT,
    // Without the settings of the npm that may run this test.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_offline: 'true' },
  });
  const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  assert.ok(packed.stdout.includes('wearon-tryon-client'));
  const target = join(folder, 'node_modules/@wearon/tryon-client');
  await mkdir(target, { recursive: true });
  await run('tar', ['-xzf', join(folder, file), '-C', target, '--strip-components=1']);
  for (const name of ['ioredis', '@supabase']) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return (await readdir(target, { recursive: true })).filter((path) => /\.\w+$|LICENSE/.test(path));
}

it('the packed client runs the programs of its README to their end', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-client-'));
  const modules = ['enqueue-try-on', 'estimate-body', 'index', 'verify-webhook', 'watch-try-on'];
  const built = modules.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
  const files = await install(folder.path);
  assert.deepEqual(files.sort(), ['LICENSE', 'README.md', ...built, 'package.json'].sort());

  const atHome = createRequire(join(folder.path, 'program.mjs'));
  const watch = await readFile(atHome.resolve('@wearon/tryon-client/watch'), 'utf8');
  assert.doesNotMatch(watch, /^import |node:/m, 'a browser cannot load it');

  const [program, prepare] = readPage('packages/client/README.md').codeBlocks.filter(
    ({ lang }) => lang === 'js',
  );
  await writeFile(join(folder.path, 'program.mjs'), program?.text ?? '');
  await writeFile(join(folder.path, 'prepare.mjs'), prepare?.text ?? '');
  await writeFile(join(folder.path, 'garment.jpg'), await photo('#3355aa'));
  await using shop = await openShop();
  const port = await onFreePort(async (free) => free);
  await using worker = await startWorkerProcess({
    ...shop.stack.env,
    WEBHOOK_URL: `http://127.0.0.1:${port}/`,
    WEBHOOK_SECRET,
    WEBHOOK_TRUSTED_ORIGINS: `http://127.0.0.1:${port}`,
  });
  await worker.logged('pose_model_loaded');
  const both = `eval "$(node prepare.mjs '${join(POSES, 's1_00.jpg')}' garment.jpg)" && node program.mjs`;
  const { stdout } = await run('sh', ['-c', both], {
    cwd: folder.path,
    // The size is asked for again until a busy machine has it in time.
    timeout: 400_000,
    env: {
      ...shop.stack.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      PORT: String(port),
      WEBHOOK_SECRET,
      WORKER_URL: worker.address,
    },
  });
  assert.match(stdout, /^completed\npicture http\S+\nwebhook try_on\.completed\nsize \w+$/m);
});
