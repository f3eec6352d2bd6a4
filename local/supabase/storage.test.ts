import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { afterTests } from '../../test/support/after-tests.ts';
import { openShop } from '../../test/support/shop.ts';
import { BUCKET } from '../stack.ts';

const { stack, platform } = afterTests.use(await openShop());

/** One exchange, as in test/fixtures/supabase-exchanges. */
interface Exchange {
  request: string;
  status: number;
  headers: Record<string, string>;
  bytes?: number;
  body?: string;
  bodyStart?: string;
}

const PNG = new Uint8Array(228).fill(7);

/** Does what was done when the exchanges were recorded, in the same order. */
async function repeatTheRecording(client: SupabaseClient, fetchLink: typeof fetch): Promise<void> {
  const { storage } = client;
  const allowedMimeTypes = ['image/png', 'image/webp'];
  await storage.createBucket('imgs', { public: false, allowedMimeTypes });
  const bucket = storage.from('imgs');
  const png = { contentType: 'image/png' };
  await bucket.upload('u1/a b.png', PNG, { ...png, upsert: true });
  await bucket.upload('u1/a b.png', PNG, { ...png, upsert: true });
  await bucket.upload('u1/a b.png', PNG, png);
  const blob = new Blob([PNG], { type: 'image/png' });
  await bucket.upload('u1/blob.png', blob, { upsert: true });
  await bucket.upload('u1/x.txt', new TextEncoder().encode('hi'), { contentType: 'text/plain' });
  const link = (await bucket.createSignedUrl('u1/a b.png', 60)).data?.signedUrl ?? '';
  await bucket.createSignedUrl('u1/none.png', 60);
  await fetchLink(link);
  await fetchLink(`${link.slice(0, -5)}xxxxx`);
  await bucket.createSignedUrls(['u1/a b.png', 'u1/none.png'], 60);
  await bucket.download('u1/a b.png');
  await bucket.download('none.png');
  await bucket.list('u1');
  await bucket.remove(['u1/blob.png']);
}

test('the server answers as the real one did when it was recorded', async () => {
  const file = join(import.meta.dirname, '../../test/fixtures/supabase-exchanges/storage.json');
  const recorded: Exchange[] = JSON.parse(await readFile(file, 'utf8'));
  const seen: Exchange[] = [];
  const record: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    seen.push(await exchangeOf(new Request(input, { method: init?.method ?? 'GET' }), answer));
    return answer;
  };
  const key = stack.supabase.serviceRoleKey;
  const client = createClient(stack.supabase.url, key, { global: { fetch: record } });
  await repeatTheRecording(client, record);
  assert.equal(seen.length, recorded.length);
  for (const [index, expected] of recorded.entries()) {
    assert.deepEqual(asFarAsRecorded(seen[index], expected), expected);
  }
});

async function exchangeOf({ method, url }: Request, answer: Response): Promise<Exchange> {
  const { pathname, search } = new URL(url);
  const bytes = Buffer.from(await answer.clone().arrayBuffer());
  return {
    request: placeholders(`${method} ${pathname}${search}`),
    status: answer.status,
    headers: Object.fromEntries(
      [...answer.headers].map(([name, value]) => [name, placeholders(value)]),
    ),
    bytes: bytes.length,
    body: placeholders(bytes.toString()),
  };
}

function placeholders(text: string): string {
  return text
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '<uuid>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/[\da-f]{32}/g, '<md5>')
    .replaceAll(/token=[\w.-]+/g, 'token=<jwt>');
}

/** What was seen, reduced to what was recorded. */
function asFarAsRecorded(seen: Exchange | undefined, recorded: Exchange): unknown {
  if (!seen) return undefined;
  const names = Object.keys(recorded.headers);
  return {
    request: seen.request,
    status: seen.status,
    headers: Object.fromEntries(names.map((name) => [name, seen.headers[name]])),
    ...(recorded.bytes !== undefined && { bytes: seen.bytes }),
    ...(recorded.body !== undefined && { body: seen.body }),
    ...(recorded.bodyStart !== undefined && {
      bodyStart: seen.body?.slice(0, recorded.bodyStart.length),
    }),
  };
}

const JPEG = { contentType: 'image/jpeg' };

test('an upload replaces what is there, byte for byte, with upsert', async () => {
  const bucket = platform.supabase.storage.from(BUCKET);
  const path = 'stores/s1/generated/replaced.jpg';
  await bucket.upload(path, new Uint8Array([1, 2, 3]), JPEG);
  await bucket.upload(path, new Uint8Array([4, 5]), { ...JPEG, upsert: true });
  const { data } = await bucket.download(path);
  assert.deepEqual(new Uint8Array((await data?.arrayBuffer()) ?? []), new Uint8Array([4, 5]));
});

test('a list of types is read as the real server reads it', async () => {
  const { storage } = platform.supabase;
  const lists: readonly (readonly [readonly string[] | null, boolean])[] = [
    [null, true],
    [[], true],
    [['image/*'], true],
    [['image/png'], false],
    [['*/*'], false],
    [['image/JPEG'], false],
  ];
  for (const [index, [types, takes]] of lists.entries()) {
    const name = `types-${index}`;
    const allowedMimeTypes = types && [...types];
    assert.equal(
      (await storage.createBucket(name, { public: false, allowedMimeTypes })).error,
      null,
    );
    const { error } = await storage.from(name).upload('a.jpg', PNG, JPEG);
    assert.equal(error === null, takes, `${JSON.stringify(types)}: ${error?.message}`);
  }
});

test('a list shows one level by lower-case name, paged and searched', async () => {
  const bucket = platform.supabase.storage.from(BUCKET);
  for (const name of ['B.jpg', 'a.jpg', 'deep/x.jpg', 'ab.jpg']) {
    await bucket.upload(`listed/${name}`, PNG, JPEG);
  }
  const names = async (options: Parameters<typeof bucket.list>[1]) =>
    (await bucket.list('listed', options)).data?.map(({ name }) => name);
  assert.deepEqual(await names({}), ['a.jpg', 'ab.jpg', 'B.jpg', 'deep']);
  assert.deepEqual(await names({ limit: 2, offset: 1 }), ['ab.jpg', 'B.jpg']);
  assert.deepEqual(await names({ search: 'a' }), ['a.jpg', 'ab.jpg']);
  const newest = { column: 'created_at', order: 'desc' };
  assert.deepEqual(await names({ sortBy: newest }), ['deep', 'ab.jpg', 'a.jpg', 'B.jpg']);
  const folder = (await bucket.list('LISTED')).data?.at(-1);
  assert.equal(folder?.id, null);
  assert.equal(folder?.created_at, null);
});

test('info and exists describe an object', async () => {
  const bucket = platform.supabase.storage.from(BUCKET);
  await bucket.upload('uploads/known.jpg', PNG, JPEG);
  const { data } = await bucket.info('uploads/known.jpg');
  assert.equal(data?.size, PNG.length);
  assert.equal(data?.contentType, 'image/jpeg');
  assert.equal((await bucket.exists('uploads/known.jpg')).data, true);
  assert.equal((await bucket.exists('uploads/unknown.jpg')).data, false);
});
