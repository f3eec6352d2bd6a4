/**
 * The local Storage, held to the recorded answers of the real server: each recorded request is
 * sent, by its recorded name, and its answer compared.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { afterTests } from '../../test/support/after-tests.ts';
import {
  type Answer,
  JPEG,
  object,
  PICTURE,
  rawStorage,
} from '../../test/support/supabase/raw-storage.ts';
import {
  asFarAsRecorded,
  comparable,
  ODD_PATHS,
  RECORDED,
} from '../../test/support/supabase/recorded-answers.ts';
import { BUCKET, startLocalStack } from '../stack.ts';
import { until } from '../until.ts';
import { signToken } from './keys.ts';

const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));
const { link, list, remove, send, sign, upload } = rawStorage(stack.supabase);
const MIB = 1024 * 1024;

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

/** A link to an object that has been removed. */
async function openRemoved(method: string): Promise<Answer> {
  await upload('c/removed.jpg');
  const path = await link('c/removed.jpg');
  await remove(['c/removed.jpg']);
  return send(method, path, { key: null });
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

const { anonKey, expiredKey } = stack.supabase;
const KEYS: Readonly<Record<string, string | null>> = {
  'expired JWT': expiredKey,
  'wrong signature': signToken({ role: 'service_role' }, randomBytes(8).toString('hex')),
  'opaque wrong key': 'sb_secret_of_another_project',
  'no key': null,
  'anon key': anonKey,
};

/** Every recorded request but those that ask for more than an answer; in the recorded order. */
const REQUESTS: Record<string, () => Promise<Answer>> = {
  'get bucket': () => send('GET', `/bucket/${BUCKET}`),
  'get bucket missing': () => send('GET', '/bucket/none'),
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
  ...Object.fromEntries(
    Object.entries(ODD_PATHS).map(([name, path]) => [name, () => upload(path)]),
  ),
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
  'link of removed object': () => openRemoved('GET'),
  'link of removed HEAD': () => openRemoved('HEAD'),
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
    Object.entries(KEYS).flatMap(([name, key]) =>
      Object.entries(WITH_KEY).map(([what, ask]) => [`${name}: ${what}`, () => ask(key)]),
    ),
  ),
  'unknown route': () => send('GET', '/nothing'),
  'bad JSON': () =>
    send('POST', `/object/list/${BUCKET}`, {
      headers: { 'content-type': 'application/json' },
      bytes: Buffer.from('{"prefix'),
    }),
};

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
    const expected = RECORDED[name];
    assert.ok(expected, `${name} is not recorded`);
    const answer = await ask();
    assert.deepEqual(
      comparable(asFarAsRecorded(answer, expected)),
      comparable(expected),
      `${name}: ${answer.text.slice(0, 300)}`,
    );
    alike.push(name);
  }
  for (const [name, ask] of Object.entries(SUMMARIES)) {
    assert.deepEqual(comparable(await ask()), comparable(RECORDED[name]), name);
    alike.push(name);
  }
  const all = Object.keys(RECORDED);
  assert.deepEqual(alike.toSorted(), all.toSorted());
  context.diagnostic(`${alike.length} of ${all.length} recorded requests: ${alike.join(', ')}`);
});
