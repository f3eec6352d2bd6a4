/**
 * The retention promise on the local stack: everything expired is deleted, and nothing else.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createPerson, createStore, type TryOn } from '../../local/platform.ts';
import { BUCKET } from '../../local/stack.ts';
import { RedisLock } from '../../src/adapters/redis/lock.ts';
import { connectSupabase } from '../../src/adapters/supabase/client.ts';
import { SupabaseImageStore } from '../../src/adapters/supabase/image-store.ts';
import { SupabasePictureFolders } from '../../src/adapters/supabase/picture-folders.ts';
import { SupabasePictureLinks } from '../../src/adapters/supabase/picture-links.ts';
import { type EraseDeps, eraseOwner } from '../../src/retention/erase.ts';
import { sweep } from '../../src/retention/janitor.ts';
import { objectPaths, removeObjects, storeObjects } from '../support/bucket.ts';
import { wearon } from '../support/cli.ts';
import { openShop, orderTryOn, rowOf, type Shop } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const HOUR_MS = 3_600_000;
const OLD = 6.1;
const YOUNG = 5.9;

let shop: Shop;
let deps: EraseDeps;

before(async () => {
  shop = await openShop();
  const { url, serviceRoleKey } = shop.stack.supabase;
  const supabase = connectSupabase(url, serviceRoleKey);
  deps = {
    pictures: new SupabasePictureFolders(supabase, BUCKET),
    links: new SupabasePictureLinks(supabase, url, BUCKET),
    imageStore: new SupabaseImageStore(supabase, BUCKET, 60),
  };
});

beforeEach(async () => {
  await removeObjects(shop.stack);
  await shop.stack.database.query('delete from generation_sessions');
  await shop.stack.database.query('delete from store_generation_sessions');
});

after(async () => {
  await shop?.[Symbol.asyncDispose]();
});

function order({ dryRun = false, signal = new AbortController().signal } = {}) {
  return { before: new Date(Date.now() - 6 * HOUR_MS), dryRun, signal };
}

/** A session that ended `hours` after it was asked for, so many hours ago. */
async function endedTryOn(
  customer: Parameters<typeof orderTryOn>[1],
  { hours, status = 'completed' }: { hours: number; status?: string },
): Promise<TryOn> {
  const tryOn = await orderTryOn(shop.platform, customer);
  const table = tryOn.channel === 'b2c' ? 'generation_sessions' : 'store_generation_sessions';
  await shop.stack.database.query(
    `update ${table} set status = $2, created_at = now() - $3 * interval '1 hour',
       generated_image_url = case when $2 = 'completed' then 'https://x.test/p.jpg' end
     where id = $1`,
    [tryOn.sessionId, status, hours],
  );
  return tryOn;
}

async function linksOf(tryOn: TryOn) {
  const row = await rowOf(shop, tryOn);
  return [row?.model_image_url, row?.outfit_image_url, row?.generated_image_url];
}

describe('a sweep', () => {
  it('removes expired objects in the four folders, and nothing else', async () => {
    const [person, store] = [randomUUID(), randomUUID()];
    const past = [
      `generated/${person}/a.jpg`,
      `stores/${store}/generated/a.jpg`,
      `stores/${store}/uploads/a.jpg`,
      'uploads/a.jpg',
    ];
    const elsewhere = [
      'a.jpg',
      'generated/a.jpg',
      `generated/${person}/deeper/a.jpg`,
      `stores/${store}/logo.png`,
      `stores/${store}/catalogue/a.jpg`,
      `stores/${store}/uploads/deeper/a.jpg`,
      'uploads/deeper/a.jpg',
      'uploads/.emptyFolderPlaceholder',
      'archive/uploads/a.jpg',
    ];
    const young = past.map((path) => path.replace('a.jpg', 'b.jpg'));
    await storeObjects(shop.stack, [...past, ...elsewhere], OLD);
    await storeObjects(shop.stack, young, YOUNG);
    const report = await sweep(order(), deps);
    assert.deepEqual(await objectPaths(shop.stack), [...elsewhere, ...young].sort());
    assert.deepEqual(report.removed, {
      person_results: 1,
      store_results: 1,
      store_uploads: 1,
      person_uploads: 1,
    });
    assert.deepEqual(report.errors, []);
  });

  it('keeps an old object whose bytes were replaced lately', async () => {
    await storeObjects(shop.stack, ['uploads/replaced.jpg'], OLD);
    await shop.stack.database.query('update storage.objects set updated_at = now()');
    await sweep(order(), deps);
    assert.deepEqual(await objectPaths(shop.stack), ['uploads/replaced.jpg']);
  });

  it('finds every old one among thousands, though the pages shift', async () => {
    const numbered = (count: number, name: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => name(n));
    const digits = (n: number) => String(n).padStart(5, '0');
    const kept = numbered(700, (n) => `uploads/${digits(n * 3)}.jpg`);
    const old = numbered(1400, (n) => `uploads/${digits(n + Math.floor(n / 2) + 1)}.jpg`);
    const people = numbered(130, () => `generated/${randomUUID()}/a.jpg`);
    await storeObjects(shop.stack, kept, YOUNG);
    await storeObjects(shop.stack, [...old, ...people], OLD);
    const { removed } = await sweep(order(), deps);
    assert.deepEqual(await objectPaths(shop.stack), kept.sort());
    assert.deepEqual([removed.person_uploads, removed.person_results], [1400, 130]);
  });

  it('removes every old one where the server lists 50 at most', async () => {
    const old = Array.from({ length: 120 }, (_, n) => `uploads/${1000 + n}.jpg`);
    await storeObjects(shop.stack, old, OLD);
    const { pictures } = deps;
    const short = {
      confirm: () => pictures.confirm(),
      list: async (folder: string, offset: number) =>
        (await pictures.list(folder, offset)).slice(0, 50),
      remove: (paths: readonly string[]) => pictures.remove(paths),
    };
    const report = await sweep(order(), { ...deps, pictures: short });
    assert.deepEqual(await objectPaths(shop.stack), []);
    assert.equal(report.removed.person_uploads, 120);
  });

  it('removes nothing and marks nothing when it is only tried', async () => {
    const tryOn = await endedTryOn(await createPerson(shop.platform), { hours: OLD });
    await removeObjects(shop.stack);
    const paths = Array.from({ length: 250 }, (_, n) => `uploads/${1000 + n}.jpg`);
    await storeObjects(shop.stack, paths, OLD);
    const report = await sweep(order({ dryRun: true }), deps);
    assert.deepEqual(await objectPaths(shop.stack), paths);
    assert.equal(report.removed.person_uploads, 250);
    assert.equal(report.rowsMarked.b2c, 1);
    assert.ok(!(await linksOf(tryOn)).includes('expired'));
  });

  it('does no harm while another one runs', async () => {
    const old = Array.from({ length: 600 }, (_, n) => `uploads/${1000 + n}.jpg`);
    const young = Array.from({ length: 600 }, (_, n) => `uploads/${1000 + n}-b.jpg`);
    await storeObjects(shop.stack, old, OLD);
    await storeObjects(shop.stack, young, YOUNG);
    const reports = await Promise.all([sweep(order(), deps), sweep(order(), deps)]);
    // Each may pass over what the other's removals moved: the next sweep has it.
    const last = await sweep(order(), deps);
    assert.deepEqual(await objectPaths(shop.stack), young);
    const removed = [...reports, last].map((report) => report.removed.person_uploads);
    assert.equal(
      removed.reduce((sum, count) => sum + count),
      600,
    );
  });

  it('goes on past a folder that fails, and then marks no row', async () => {
    const tryOn = await endedTryOn(await createPerson(shop.platform), { hours: OLD });
    await removeObjects(shop.stack);
    const [first, second] = ['generated/1111/a.jpg', 'generated/2222/a.jpg'];
    await storeObjects(shop.stack, [first, second], OLD);
    const failing = {
      ...deps,
      pictures: {
        confirm: () => deps.pictures.confirm(),
        list: (folder: string, offset: number) => deps.pictures.list(folder, offset),
        remove: (paths: readonly string[]) =>
          paths.includes(first)
            ? Promise.reject(new Error('storage is away'))
            : deps.pictures.remove(paths),
      },
    };
    const report = await sweep(order(), failing);
    assert.deepEqual(await objectPaths(shop.stack), [first]);
    assert.equal(report.errors.length, 1);
    assert.ok(!(await linksOf(tryOn)).includes('expired'));
  });
});

describe('the rows of a sweep', () => {
  it('are marked as the platform does it once ended, for people and stores', async () => {
    const person = await createPerson(shop.platform);
    const store = await createStore(shop.platform);
    for (const customer of [person, store]) {
      const old = await endedTryOn(customer, { hours: OLD });
      const failed = await endedTryOn(customer, { hours: OLD, status: 'failed' });
      const young = await endedTryOn(customer, { hours: YOUNG });
      const running = await endedTryOn(customer, { hours: OLD, status: 'processing' });
      const report = await sweep(order(), deps);
      assert.equal(report.rowsMarked[old.channel], 2);
      assert.deepEqual(await linksOf(old), ['expired', 'expired', 'expired']);
      assert.deepEqual(await linksOf(failed), ['expired', 'expired', null]);
      for (const untouched of [young, running]) {
        assert.ok(!(await linksOf(untouched)).includes('expired'));
      }
      assert.equal((await sweep(order(), deps)).rowsMarked[old.channel], 0);
    }
  });

  it('are all marked where there are more of them than one page holds', async () => {
    const { userId } = await createPerson(shop.platform);
    await shop.stack.database.query(
      `insert into generation_sessions (user_id, status, model_image_url, prompt_system, created_at)
       select $1, 'completed', 'https://x.test/m.jpg', '', now() - interval '7 hours'
       from generate_series(1, 1250)`,
      [userId],
    );
    assert.equal((await sweep(order(), deps)).rowsMarked.b2c, 1250);
    const { rows } = await shop.stack.database.query(
      'select distinct model_image_url from generation_sessions',
    );
    assert.deepEqual(rows, [{ model_image_url: 'expired' }]);
  });
});

describe('the lock', () => {
  it('lets one in at a time, and the next one when it is released', async () => {
    const lock = new RedisLock(shop.platform.redis, 'test:lock', 10_000);
    const second = await lock.during(() => lock.during(async () => 'second'));
    assert.equal(second, null);
    assert.equal(await lock.during(async () => 'third'), 'third');
  });

  it('is not released by one who has lost it to another', async () => {
    const { redis } = shop.platform;
    const lock = new RedisLock(redis, 'test:lost', 10_000);
    await lock.during(async () => {
      await redis.set('test:lost', 'somebody else');
    });
    assert.equal(await redis.get('test:lost'), 'somebody else');
  });

  it('tells its holder when it is lost', async () => {
    const { redis } = shop.platform;
    const lock = new RedisLock(redis, 'test:told', 60);
    const aborted = await lock.during(async (lost) => {
      await redis.set('test:told', 'somebody else');
      await new Promise((resolve) => lost.addEventListener('abort', resolve, { once: true }));
      return lost.aborted;
    });
    assert.equal(aborted, true);
  });
});

describe('the worker', () => {
  it('sweeps by itself, and says what it did', async () => {
    await storeObjects(shop.stack, ['uploads/a.jpg'], OLD);
    await using worker = await startWorkerProcess(shop.stack.env);
    const line = await worker.logged('retention_swept');
    assert.equal((line.removed as { person_uploads: number }).person_uploads, 1);
    assert.equal(line.errors, 0);
    assert.deepEqual(await objectPaths(shop.stack), []);
    assert.equal(await worker.end('SIGTERM'), 0);
  });

  it('ends a sweep that outlasts its interval, and goes on in the next ones', async () => {
    const paths = Array.from({ length: 24 }, (_, n) => `generated/person-${n}/a.jpg`);
    await storeObjects(shop.stack, paths, OLD);
    const tryOn = await endedTryOn(await createPerson(shop.platform), { hours: OLD });
    // Long enough that the folders take more than an interval.
    const slow = shop.stack.supabase.faults.add({
      path: /\/object\/list\//,
      kind: 'delay',
      ms: 250,
      times: Number.POSITIVE_INFINITY,
    });
    const env = { ...shop.stack.env, RETENTION_INTERVAL_SECONDS: '1' };
    await using worker = await startWorkerProcess(env);
    const cutShort = await worker.logged('retention_swept');
    assert.equal(cutShort.complete, false);
    assert.ok(!(await linksOf(tryOn)).includes('expired'));
    slow.release();
    await worker.logged('retention_swept', ({ complete }) => complete === true);
    assert.deepEqual(
      (await objectPaths(shop.stack)).filter((path) => paths.includes(path)),
      [],
    );
    assert.ok((await linksOf(tryOn)).includes('expired'));
  });
});

describe('erasing', () => {
  it("removes a person's pictures of any age, proves it, and no one else's", async () => {
    const person = await createPerson(shop.platform);
    const other = await createPerson(shop.platform);
    const mine = await endedTryOn(person, { hours: 0 });
    await endedTryOn(other, { hours: 0 });
    const result = `generated/${person.userId}/${mine.sessionId}.jpg`;
    const others = [`generated/${other.userId}/a.jpg`, 'uploads/unknown.jpg'];
    await storeObjects(shop.stack, [result, ...others], 0);
    const owner = { channel: 'b2c', ownerId: person.userId } as const;
    const tried = await eraseOwner(owner, true, deps);
    assert.deepEqual([tried.removed.length, tried.rowsMarked], [3, 1]);
    const all = await objectPaths(shop.stack);
    const proof = await eraseOwner(owner, false, deps);
    assert.deepEqual([...proof.removed].sort(), [...tried.removed].sort());
    assert.deepEqual([proof.stillThere, proof.rowsMarked, proof.unfinished], [[], 1, []]);
    const left = all.filter((path) => !proof.removed.includes(path));
    assert.deepEqual(await objectPaths(shop.stack), left);
    assert.ok(others.every((path) => left.includes(path)) && left.length === 4);
    assert.deepEqual(await linksOf(mine), ['expired', 'expired', 'expired']);
  });

  it("removes a store's pictures, and names sessions still under way", async () => {
    const store = await createStore(shop.platform);
    const running = await orderTryOn(shop.platform, store);
    const logo = `stores/${store.storeId}/logo.png`;
    await storeObjects(shop.stack, [`stores/${store.storeId}/generated/a.jpg`, logo], 0);
    const owner = { channel: 'b2b', ownerId: store.storeId } as const;
    const proof = await eraseOwner(owner, false, deps);
    assert.equal(proof.removed.length, 3);
    assert.deepEqual(proof.unfinished, [running.sessionId]);
    assert.deepEqual(await objectPaths(shop.stack), [logo]);
  });

  it('does not follow a link in a row to a place that is not for uploads', async () => {
    const person = await createPerson(shop.platform);
    const tryOn = await endedTryOn(person, { hours: 0 });
    const target = `generated/${randomUUID()}/a.jpg`;
    await storeObjects(shop.stack, [target], 0);
    const link = `${shop.stack.supabase.url}/storage/v1/object/sign/${BUCKET}/${target}?token=x`;
    const values = [tryOn.sessionId, link];
    await shop.stack.database.query(
      'update generation_sessions set model_image_url = $2 where id = $1',
      values,
    );
    await eraseOwner({ channel: 'b2c', ownerId: person.userId }, false, deps);
    assert.ok((await objectPaths(shop.stack)).includes(target));
  });

  it('takes names with spaces, and leaves what Studio keeps a folder with', async () => {
    const person = await createPerson(shop.platform);
    const tryOn = await endedTryOn(person, { hours: 0 });
    const photo = `uploads/model-${randomUUID()}.my photo`;
    const kept = `generated/${person.userId}/.emptyFolderPlaceholder`;
    await storeObjects(shop.stack, [photo, kept], 0);
    const address = `${shop.stack.supabase.url}/storage/v1/object/sign/${BUCKET}/${encodeURI(photo)}`;
    await shop.stack.database.query(
      'update generation_sessions set model_image_url = $2, accessories = $3 where id = $1',
      [tryOn.sessionId, `${address}?token=x`, JSON.stringify([{ url: `${address}?token=x` }])],
    );
    const proof = await eraseOwner({ channel: 'b2c', ownerId: person.userId }, false, deps);
    assert.ok(proof.removed.includes(photo));
    assert.deepEqual(proof.stillThere, []);
    assert.ok((await objectPaths(shop.stack)).includes(kept));
    assert.deepEqual((await rowOf(shop, tryOn))?.accessories, []);
  });

  it('proves itself where the owner has no picture, and leaves no trace', async () => {
    const owner = { channel: 'b2b', ownerId: randomUUID() } as const;
    const proof = await eraseOwner(owner, false, deps);
    assert.deepEqual([proof.removed, proof.stillThere], [[], []]);
    assert.deepEqual(await objectPaths(shop.stack), []);
    const { pictures } = deps;
    const blind = {
      confirm: () => pictures.confirm(),
      list: async () => [],
      remove: (paths: readonly string[]) => pictures.remove(paths),
    };
    await assert.rejects(eraseOwner(owner, false, { ...deps, pictures: blind }), {
      detail: 'erasure_unproven',
    });
  });
});

describe('a bucket that does not exist', () => {
  it('is neither swept nor erased, and no row is marked', async () => {
    const person = await createPerson(shop.platform);
    const tryOn = await endedTryOn(person, { hours: OLD });
    const { url, serviceRoleKey } = shop.stack.supabase;
    const supabase = connectSupabase(url, serviceRoleKey);
    const wrong = { ...deps, pictures: new SupabasePictureFolders(supabase, `${BUCKET}s`) };
    const owner = { channel: 'b2c', ownerId: person.userId } as const;
    for (const attempt of [sweep(order(), wrong), eraseOwner(owner, false, wrong)]) {
      await assert.rejects(attempt, { code: 'STORAGE_UNAVAILABLE', detail: 'no_bucket' });
    }
    assert.ok(!(await linksOf(tryOn)).includes('expired'));
    const env = { ...shop.stack.env, SUPABASE_BUCKET: `${BUCKET}s` };
    const { code, stderr } = await wearon(env, ['erase', '--user', person.userId, '--yes']);
    assert.equal(code, 1);
    assert.match(stderr, /sees no bucket/);
  });
});
