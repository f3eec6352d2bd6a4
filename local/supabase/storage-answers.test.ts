/**
 * The local Storage, held to the recorded answers of the real server: each recorded request is
 * sent, by its recorded name, and its answer compared.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request as rawRequest } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { afterTests } from '../../test/support/after-tests.ts';
import { BUCKET, startLocalStack } from '../stack.ts';
import { until } from '../until.ts';
import { signToken } from './keys.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, string>;
}

const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));
const file = join(
  import.meta.dirname,
  '../../test/fixtures/supabase-exchanges/storage-answers.json',
);
const recorded: Record<string, Record<string, unknown>> = JSON.parse(
  await readFile(file, 'utf8'),
).answers;

interface Sent {
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

/** Sends the path as it stands: fetch would resolve `..`. */
function send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const key = sent.key === undefined ? stack.supabase.serviceRoleKey : sent.key;
  const body = sent.json === undefined ? sent.bytes : JSON.stringify(sent.json);
  const headers = {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(sent.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...sent.headers,
  };
  const url = new URL(stack.supabase.url);
  const target = { host: url.hostname, port: url.port, path: `/storage/v1${path}` };
  return new Promise((resolve, reject) => {
    const request = rawRequest({ ...target, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const isImage = /^image/.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          text: isImage && bytes.length > 0 ? `<${bytes.length} bytes>` : bytes.toString(),
          headers: response.headers as Record<string, string>,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

const PICTURE = new Uint8Array(4717).fill(9);
const MIB = 1024 * 1024;
const JPEG = { 'content-type': 'image/jpeg' };
const object = (path: string) => `/object/${BUCKET}/${path}`;
const upload = (path: string, headers: Record<string, string> = JPEG, bytes = PICTURE) =>
  send('POST', object(path), { headers, bytes });
const sign = (path: string, json: unknown = { expiresIn: 21_600 }) =>
  send('POST', `/object/sign/${BUCKET}/${path}`, { json });
const list = (json: unknown, bucket = BUCKET) => send('POST', `/object/list/${bucket}`, { json });
const remove = (prefixes: string[], bucket = BUCKET) =>
  send('DELETE', `/object/${bucket}`, { json: { prefixes } });
const bucketOf = (name: string) => send('GET', `/bucket/${name}`);

async function link(path: string, expiresIn = 21_600): Promise<string> {
  const { signedURL } = JSON.parse((await sign(path, { expiresIn })).text);
  return encodeURI(signedURL);
}

async function open(headers: Record<string, string> = {}, method = 'GET', query = '') {
  return send(method, (await link('c/new.jpg')) + query, { key: null, headers });
}

/** A link that has expired. */
async function expiredLink(): Promise<Answer> {
  const path = await link('c/new.jpg', 1);
  return until('the link to expire', async () => {
    const answer = await send('GET', path, { key: null });
    return answer.status === 400 ? answer : null;
  });
}

/** Twelve uploads that reach their handlers together. */
async function atOnce(path: string, headers: Record<string, string>) {
  const held = stack.supabase.faults.add({ path: /at-once/, kind: 'hold', times: 12 });
  const sent = Array.from({ length: 12 }, () => upload(path, headers));
  await until('twelve uploads', async () => held.hits === 12);
  held.release();
  const answers = await Promise.all(sent);
  const failed = answers.filter(({ status }) => status !== 200).map(({ text }) => text);
  return { statuses: answers.map(({ status }) => status).join(), bodies: failed };
}

const NAMES: Record<string, string> = {
  'name spaces': 'c/a%20b.jpg',
  'name umlaut': 'c/%C3%BCber.jpg',
  'name emoji': 'c/%F0%9F%98%80.jpg',
  'name cjk': 'c/%E8%AF%95%E8%A1%A3.jpg',
  'name %2F': 'c%2Fslash.jpg',
  'name %252F': 'c/a%252Fb.jpg',
  'name double slash': 'c//dd.jpg',
  'name dot-dot enc': 'c/%2E%2E/%2E%2E/x.jpg',
  'name dot-dot': 'c/../../x.jpg',
  'name ..%2F': '..%2F..%2Foutside.jpg',
  'name plus': 'c/a+b.jpg',
  'name question enc': 'c/a%3Fb.jpg',
  'name hash enc': 'c/a%23b.jpg',
  'name percent': 'c/a%25b.jpg',
  'name brackets': 'c/a%5Bb%5D.jpg',
  'name tilde': 'c/a~b.jpg',
  'name backslash': 'c/a%5Cb.jpg',
  'name null': 'c/a%00b.jpg',
  'name newline': 'c/a%0Ab.jpg',
  'name quote': 'c/a%27b%22.jpg',
  'name bad percent': 'c/a%zz.jpg',
  'name trailing slash': 'c/t/',
  'name leading dot': 'c/.hidden',
  'name 255 name': `c/${'n'.repeat(251)}.jpg`,
  'name 256+ name': `c/${'n'.repeat(296)}.jpg`,
  'name 1000 chars': `c/${`${'d'.repeat(99)}/`.repeat(9)}${'e'.repeat(93)}.jpg`,
  'name 1024+ chars': `c/${`${'d'.repeat(99)}/`.repeat(11)}e.jpg`,
  'name a file as folder': 'c/new.jpg/x.jpg',
};

const WITH_KEY = {
  upload: (key: string | null) =>
    send('POST', object('k/new.jpg'), { key, headers: JPEG, bytes: PICTURE }),
  sign: (key: string | null) =>
    send('POST', `/object/sign/${BUCKET}/c/new.jpg`, { key, json: { expiresIn: 60 } }),
  list: (key: string | null) =>
    send('POST', `/object/list/${BUCKET}`, { key, json: { prefix: '' } }),
  remove: (key: string | null) =>
    send('DELETE', `/object/${BUCKET}`, { key, json: { prefixes: ['c/new.jpg'] } }),
  bucket: (key: string | null) => send('GET', `/bucket/${BUCKET}`, { key }),
};

function keys(): Record<string, string | null> {
  const { anonKey, expiredKey } = stack.supabase;
  return {
    'wrong signature': signToken({ role: 'service_role' }, randomBytes(8).toString('hex')),
    'opaque wrong key': 'sb_secret_of_another_project',
    'no key': null,
    'anon key': anonKey,
    'expired JWT': expiredKey,
  };
}

/** Every recorded request but those that ask for more than an answer; in the recorded order. */
const REQUESTS: Record<string, () => Promise<Answer>> = {
  'get bucket': () => bucketOf(BUCKET),
  'get bucket missing': () => bucketOf('none'),
  'upload new': () => upload('c/new.jpg'),
  'upload duplicate no upsert': () => upload('c/new.jpg'),
  'upload upsert over': () => upload('c/new.jpg', { ...JPEG, 'x-upsert': 'true' }),
  'upload PUT existing': () => send('PUT', object('c/new.jpg'), { headers: JPEG, bytes: PICTURE }),
  'upload PUT missing': () =>
    send('PUT', object('c/put-missing.jpg'), { headers: JPEG, bytes: PICTURE }),
  'upload bucket missing': () =>
    send('POST', '/object/none/c/new.jpg', { headers: JPEG, bytes: PICTURE }),
  'upload empty body': () => upload('c/empty.jpg', JPEG, new Uint8Array(0)),
  'upload wrong mime': () => upload('c/m.gif', { 'content-type': 'image/gif' }),
  'upload mime with param': () =>
    upload('c/m.jpg', { 'content-type': 'image/jpeg; charset=utf-8' }),
  'upload mime upper': () => upload('c/m.jpg', { 'content-type': 'IMAGE/JPEG' }),
  'upload no content-type': () => upload('c/m.jpg', {}),
  'upload bytes not jpeg': () => upload('c/lie.jpg'),
  'upload 10 MiB': () => upload('c/10m.jpg', JPEG, new Uint8Array(10 * MIB)),
  'upload 10 MiB + 1': () => upload('c/11m.jpg', JPEG, new Uint8Array(10 * MIB + 1)),
  'upload 12 MB': () => upload('c/12m.jpg', JPEG, new Uint8Array(12e6)),
  'upload 60 MB': () => upload('c/60m.jpg', JPEG, new Uint8Array(60e6)),
  'after too large: object there?': () => send('HEAD', object('c/60m.jpg')),
  'upsert too large over existing': () =>
    upload('c/new.jpg', { ...JPEG, 'x-upsert': 'true' }, new Uint8Array(12e6)),
  ...Object.fromEntries(Object.entries(NAMES).map(([name, path]) => [name, () => upload(path)])),
  'sign missing': () => sign('c/missing.jpg'),
  'sign missing bucket': () =>
    send('POST', '/object/sign/none/c/new.jpg', { json: { expiresIn: 60 } }),
  'sign without expiresIn': () => sign('c/new.jpg', {}),
  'open link': () => open(),
  'open link HEAD': () => open({}, 'HEAD'),
  'open link range': () => open({ range: 'bytes=0-9' }),
  'open link range beyond': () => open({ range: 'bytes=99999-' }),
  'open link bad range': () => open({ range: 'lines=1' }),
  'open link if-none-match': async () =>
    open({ 'if-none-match': (await open()).headers.etag ?? '' }),
  'open link download=': () => open({}, 'GET', '&download=x.jpg'),
  'link bad signature': async () =>
    send('GET', `${(await link('c/new.jpg')).slice(0, -5)}xxxxx`, { key: null }),
  'link no token': () => send('GET', `/object/sign/${BUCKET}/c/new.jpg`, { key: null }),
  'link garbage token': () =>
    send('GET', `/object/sign/${BUCKET}/c/new.jpg?token=abc`, { key: null }),
  'link other object': async () =>
    send('GET', (await link('c/new.jpg')).replace('new', 'lie'), { key: null }),
  'link expired': () => expiredLink(),
  'link of removed object': async () => {
    await upload('c/removed.jpg');
    const path = await link('c/removed.jpg');
    await remove(['c/removed.jpg']);
    return send('GET', path, { key: null });
  },
  'link of removed HEAD': async () => {
    await upload('c/removed.jpg');
    const path = await link('c/removed.jpg');
    await remove(['c/removed.jpg']);
    return send('HEAD', path, { key: null });
  },
  download: () => send('GET', object('c/new.jpg')),
  'download missing': () => send('GET', object('c/missing.jpg')),
  'HEAD missing': () => send('HEAD', object('c/missing.jpg')),
  'info missing': () => send('GET', `/object/info/${BUCKET}/c/missing.jpg`),
  'download without key': () => send('GET', object('c/new.jpg'), { key: null }),
  'list bad column': () => list({ prefix: '', sortBy: { column: 'size' } }),
  'list limit 0': () => list({ prefix: '', limit: 0 }),
  'list missing bucket': () => list({ prefix: '' }, 'none'),
  'remove many': async () => {
    await Promise.all([upload('l/a.jpg'), upload('l/b.jpg')]);
    return remove(['l/a.jpg', 'l/none.jpg']);
  },
  'remove again': () => remove(['l/a.jpg', 'l/none.jpg']),
  'remove nothing': () => remove([]),
  'remove folder name': () => remove(['l']),
  'remove folder slash': () => remove(['l/']),
  'remove leading slash': () => remove(['/l/b.jpg']),
  'remove wrong case': () => remove(['L/B.jpg']),
  'remove duplicates': () => remove(['l/b.jpg', 'l/b.jpg']),
  'remove bucket missing': () => remove(['l/b.jpg'], 'none'),
  'remove single': () => send('DELETE', object('c/put-missing.jpg')),
  'remove single missing': () => send('DELETE', object('c/put-missing.jpg')),
  ...Object.fromEntries(
    ['expired JWT', 'wrong signature', 'opaque wrong key', 'no key', 'anon key'].flatMap((name) =>
      Object.entries(WITH_KEY).map(([what, ask]) => [
        `${name}: ${what}`,
        () => ask(keys()[name] ?? null),
      ]),
    ),
  ),
  'unknown route': () => send('GET', '/nothing'),
  'bad JSON': () =>
    send('POST', `/object/list/${BUCKET}`, {
      headers: { 'content-type': 'application/json' },
      bytes: Buffer.from('{"prefix'),
    }),
};

/** What differs by nature: ids, times, versions, the real server's folder of a tenant, the prefix of the gateway. */
function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '<uuid>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, '<date>')
    .replaceAll(/[\da-f]{32}/g, '<md5>')
    .replaceAll('undefined/stub/', '')
    .replaceAll('/<uuid> contains dot', ' contains dot')
    .replaceAll('/storage/v1', '');
  return JSON.parse(text);
}

/** An answer, reduced to what was recorded of it. */
function asFarAsRecorded(answer: Answer, expected: Record<string, unknown>): unknown {
  const { status, text } = answer;
  const body = /^[[{]/.test(text) ? JSON.parse(text) : text;
  const seen: Record<string, unknown> = { ...(typeof body === 'object' ? body : {}), status, body };
  if (Array.isArray(body)) {
    seen.names = body.map(({ name }) => name);
    seen.keys = Object.keys(body[0] ?? {})
      .sort()
      .join();
  }
  seen.headers = Object.fromEntries(
    Object.keys(expected.headers ?? {}).map((name) => [name, answer.headers[name]]),
  );
  return Object.fromEntries(Object.keys(expected).map((key) => [key, seen[key]]));
}

const claimsOf = (token: string) =>
  token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));

/** The shape of a listed entry, as it was recorded. */
async function entryShape(kind: 'object' | 'folder') {
  await Promise.all([upload('s/10.jpg'), upload('s/deep/x.jpg')]);
  const listed = JSON.parse((await list({ prefix: 's' })).text);
  const { metadata, ...entry } = listed[kind === 'object' ? 0 : 1];
  const shape = Object.entries(entry).map(([key, value]) => {
    if (key === 'name' || value === null) return [key, value];
    const digits = key === 'id' ? '' : ` ${String(value).replaceAll(/\d/g, '9')}`;
    return [key, `${typeof value}${digits}`];
  });
  const keys = metadata === null ? null : Object.keys(metadata).sort().join();
  return { ...Object.fromEntries(shape), metadata: keys };
}

/** Requests whose answers were recorded as a summary. */
const SUMMARIES: Record<string, () => Promise<unknown>> = {
  '... old one intact': async () => {
    const { status, text } = await send('GET', object('c/new.jpg'));
    return { status, same: text === `<${PICTURE.length} bytes>` };
  },
  sign: async () => {
    const { status, text } = await sign('c/new.jpg');
    const answer = JSON.parse(text);
    const [path = '', token = ''] = answer.signedURL.split('?token=');
    const [alg, claims] = claimsOf(token);
    const life = claims.exp - claims.iat;
    return {
      status,
      keys: Object.keys(answer),
      path,
      claims: Object.keys(claims).sort(),
      alg,
      life,
    };
  },
  'sign many': async () => {
    const json = { expiresIn: 60, paths: ['c/new.jpg', 'c/missing.jpg'] };
    const { status, text } = await send('POST', `/object/sign/${BUCKET}`, { json });
    return { status, body: JSON.parse(text.replace(/token=[\w.-]+/, 'token=…')) };
  },
  'list entry object': () => entryShape('object'),
  'list entry folder': () => entryShape('folder'),
  ...Object.fromEntries(
    [1000, 1001].map((count) => [
      `remove ${count}`,
      async () => {
        const { status, text } = await remove(Array.from({ length: count }, (_, n) => `none/${n}`));
        return { status, body: `${JSON.parse(text).length} removed` };
      },
    ]),
  ),
  '12 creates at once': () => atOnce('at-once/created.jpg', JPEG),
  '12 upserts at once': async () => {
    const uploads = await atOnce('at-once/upserted.jpg', { ...JPEG, 'x-upsert': 'true' });
    const { status, text } = await send('GET', object('at-once/upserted.jpg'));
    return { ...uploads, ends: `${status} ${text === `<${PICTURE.length} bytes>`}` };
  },
};

it('each recorded request is answered as the real server answered it', async (context) => {
  const alike: string[] = [];
  for (const [name, ask] of Object.entries(REQUESTS)) {
    const expected = recorded[name];
    assert.ok(expected, `${name} is not recorded`);
    const answer = await ask();
    assert.deepEqual(
      comparable(asFarAsRecorded(answer, expected)),
      comparable(expected),
      `${name}: ${answer.text.slice(0, 300)}`,
    );
    alike.push(name);
  }
  const summaries = Object.entries(SUMMARIES);
  for (const [name, ask] of summaries) {
    assert.deepEqual(comparable(await ask()), comparable(recorded[name]), name);
    alike.push(name);
  }
  const all = Object.keys(recorded);
  assert.deepEqual(
    all.filter((name) => !alike.includes(name)),
    [],
  );
  context.diagnostic(`${alike.length} of ${all.length} recorded requests: ${alike.join(', ')}`);
});
