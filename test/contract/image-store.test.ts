/** The store of pictures, held to its port on the local Storage. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { BUCKET } from '../../local/stack.ts';
import { connectSupabase } from '../../src/adapters/supabase/client.ts';
import { SupabaseImageStore } from '../../src/adapters/supabase/image-store.ts';
import { storageProblem } from '../../src/adapters/supabase/storage-problem.ts';
import { afterTests } from '../support/after-tests.ts';
import { openShop, photo } from '../support/shop.ts';

const { stack } = afterTests.use(await openShop());
const { supabase } = stack;
const client = connectSupabase(supabase.url, supabase.serviceRoleKey);
const images = new SupabaseImageStore(client, BUCKET, 60);

const SIGNING = /\/object\/sign\//;
const UPLOAD = { method: 'POST', path: /\/object\/virtual/ };
const UNAVAILABLE = { code: 'STORAGE_UNAVAILABLE' };
const GATEWAY_404 = [
  { message: 'no Route matched with those values' },
  { message: 'Route POST:/object/sign/x not found', error: 'Not Found', statusCode: 404 },
];
const DUPLICATE = {
  statusCode: '409',
  error: 'Duplicate',
  message: 'exists',
  code: 'KeyAlreadyExists',
};

describe('the image store', () => {
  it('replaces, signs and removes pictures', async () => {
    const path = `generated/${randomUUID()}/${randomUUID()}.jpg`;
    assert.equal(await images.sign(path), null);
    await images.remove([path]);
    await images.put(path, await photo('#111111'));
    const bytes = await photo('#eeeeee');
    await images.put(path, bytes);
    const link = await images.sign(path);
    const answer = await fetch(link ?? '');
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes);
    await images.remove([path]);
    assert.equal(await images.sign(path), null);
  });

  it('throws only STORAGE_UNAVAILABLE when storage answers an error', async () => {
    supabase.faults.add({ path: SIGNING, kind: 'status', status: 500 });
    await assert.rejects(images.sign('generated/x/y.jpg'), UNAVAILABLE);
    supabase.faults.add({ path: SIGNING, kind: 'drop' });
    await assert.rejects(images.sign('generated/x/y.jpg'), UNAVAILABLE);
  });

  it("takes a gateway's 404 for an outage, not for a missing picture", async () => {
    for (const body of GATEWAY_404) {
      supabase.faults.add({ path: SIGNING, kind: 'status', status: 404, body });
      await assert.rejects(images.sign('generated/x/y.jpg'), UNAVAILABLE);
    }
  });

  it('signs names with spaces', async () => {
    const path = `uploads/model-${randomUUID()}.my photo`;
    await images.put(path, await photo());
    assert.equal((await fetch((await images.sign(path)) ?? '')).status, 200);
  });

  it('counts an upload whose answer was lost when the bytes are there', async () => {
    const path = `generated/${randomUUID()}/x.jpg`;
    const lost = [
      { ...UPLOAD, kind: 'drop-after' },
      { ...UPLOAD, kind: 'status-after', status: 400, body: DUPLICATE },
    ] as const;
    for (const fault of lost) {
      supabase.faults.add(fault);
      await images.put(path, await photo('#223344'));
    }
  });

  it('does not take another picture at the path for its own', async () => {
    const path = `generated/${randomUUID()}/x.jpg`;
    await images.put(path, await photo('#223344'));
    const refusals = [
      { status: 400, body: DUPLICATE },
      { status: 500, body: { statusCode: '500', error: 'Internal', message: 'ENOSPC' } },
    ];
    for (const refusal of refusals) {
      supabase.faults.add({ ...UPLOAD, kind: 'status', ...refusal });
      await assert.rejects(images.put(path, await photo('#998877')), UNAVAILABLE);
    }
  });
});

it('what keeps pictures from being stored is named', async () => {
  const problem = (bucket = BUCKET, key = supabase.serviceRoleKey) =>
    storageProblem(connectSupabase(supabase.url, key), { key, bucket });
  /** The problem while a column of the bucket has another value. */
  const problemWith = async (column: string, value: unknown) => {
    const set = `update storage.buckets old set ${column} = $1 from storage.buckets before
      where old.id = before.id and old.id = $2 returning before.${column} as before`;
    const [row] = (await stack.database.query(set, [value, BUCKET])).rows;
    return problem().finally(() => stack.database.query(set, [row.before, BUCKET]));
  };
  assert.equal(await problem(), null);
  assert.match((await problem('images')) ?? '', /no bucket "images"/);
  assert.match((await problem(BUCKET, 'wrong')) ?? '', /refuses SUPABASE_SERVICE_ROLE_KEY/);
  assert.match((await problemWith('file_size_limit', 1000)) ?? '', /at most 1000 bytes/);
  assert.match((await problemWith('allowed_mime_types', ['image/png'])) ?? '', /no image\/jpeg/);
  assert.equal(await problem(), null);
});
