/**
 * The retention promise on the local stack: everything expired is deleted, and nothing else.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { createPerson, createStore } from '../../local/platform.ts';
import { sweep } from '../../src/retention/janitor.ts';
import { afterTests } from '../support/after-tests.ts';
import { objectPaths, removeObjects, storeObjects } from '../support/supabase/bucket.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { OLD, openRetentionShop, YOUNG } from './retention.ts';

const shop = afterTests.use(await openRetentionShop());
const { deps, depsWith, linksOf, platform, stack, tryOnOf } = shop;
const { database } = stack;

beforeEach(() => shop.empty());

function order({ dryRun = false } = {}) {
  const { signal } = new AbortController();
  return { before: new Date(Date.now() - 6 * 3_600_000), dryRun, signal };
}

/** So many paths, in order. */
function uploads(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `uploads/${10_000 + n}.jpg`);
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
    await storeObjects(stack, [...past, ...elsewhere], OLD);
    await storeObjects(stack, young, YOUNG);
    const report = await sweep(order(), deps);
    assert.deepEqual(await objectPaths(stack), [...elsewhere, ...young].sort());
    assert.deepEqual(report.removed, {
      person_results: 1,
      store_results: 1,
      store_uploads: 1,
      person_uploads: 1,
    });
    assert.deepEqual(report.errors, []);
  });

  it('keeps an old object whose bytes were replaced lately', async () => {
    await storeObjects(stack, ['uploads/replaced.jpg'], OLD);
    await database.query('update storage.objects set updated_at = now()');
    await sweep(order(), deps);
    assert.deepEqual(await objectPaths(stack), ['uploads/replaced.jpg']);
  });

  it('finds every old one among thousands, though the pages shift', async () => {
    const names = uploads(2100);
    const kept = names.filter((_, n) => n % 3 === 0);
    const old = names.filter((_, n) => n % 3 !== 0);
    const people = Array.from({ length: 130 }, () => `generated/${randomUUID()}/a.jpg`);
    await storeObjects(stack, kept, YOUNG);
    await storeObjects(stack, [...old, ...people], OLD);
    const { removed } = await sweep(order(), deps);
    assert.deepEqual(await objectPaths(stack), kept);
    assert.deepEqual([removed.person_uploads, removed.person_results], [1400, 130]);
  });

  it('removes every old one where the server lists 50 at most', async () => {
    await storeObjects(stack, uploads(120), OLD);
    const short = depsWith({
      list: async (folder, offset) => (await deps.pictures.list(folder, offset)).slice(0, 50),
    });
    const report = await sweep(order(), short);
    assert.deepEqual(await objectPaths(stack), []);
    assert.equal(report.removed.person_uploads, 120);
  });

  it('removes nothing and marks nothing when it is only tried', async () => {
    const tryOn = await tryOnOf(await createPerson(platform), OLD);
    await removeObjects(stack);
    const paths = uploads(250);
    await storeObjects(stack, paths, OLD);
    const report = await sweep(order({ dryRun: true }), deps);
    assert.deepEqual(await objectPaths(stack), paths);
    assert.equal(report.removed.person_uploads, 250);
    assert.equal(report.rowsMarked.b2c, 1);
    assert.ok(!(await linksOf(tryOn)).includes('expired'));
  });

  it('does no harm while another one runs', async () => {
    const old = uploads(600);
    const young = old.map((path) => path.replace('.jpg', '-b.jpg'));
    await storeObjects(stack, old, OLD);
    await storeObjects(stack, young, YOUNG);
    const reports = await Promise.all([sweep(order(), deps), sweep(order(), deps)]);
    // Each may pass over what the other's removals moved: the next sweep has it.
    const last = await sweep(order(), deps);
    assert.deepEqual(await objectPaths(stack), young);
    const removed = [...reports, last].map((report) => report.removed.person_uploads);
    assert.equal(
      removed.reduce((sum, count) => sum + count),
      600,
    );
  });

  it('goes on past a folder that fails, and then marks no row', async () => {
    const tryOn = await tryOnOf(await createPerson(platform), OLD);
    await removeObjects(stack);
    const [first, second] = ['generated/1111/a.jpg', 'generated/2222/a.jpg'];
    await storeObjects(stack, [first, second], OLD);
    const failing = depsWith({
      remove: async (paths) => {
        if (paths.includes(first)) throw new Error('storage is away');
        return deps.pictures.remove(paths);
      },
    });
    const report = await sweep(order(), failing);
    assert.deepEqual(await objectPaths(stack), [first]);
    assert.equal(report.errors.length, 1);
    assert.ok(!(await linksOf(tryOn)).includes('expired'));
  });
});

describe('the rows of a sweep', () => {
  it('are marked as the platform does it once ended, for people and stores', async () => {
    const person = await createPerson(platform);
    const store = await createStore(platform);
    for (const customer of [person, store]) {
      const old = await tryOnOf(customer, OLD);
      const failed = await tryOnOf(customer, OLD, 'failed');
      const young = await tryOnOf(customer, YOUNG);
      const running = await tryOnOf(customer, OLD, 'processing');
      assert.equal((await sweep(order(), deps)).rowsMarked[old.channel], 2);
      assert.deepEqual(await linksOf(old), ['expired', 'expired', 'expired']);
      assert.deepEqual(await linksOf(failed), ['expired', 'expired', null]);
      for (const untouched of [young, running]) {
        assert.ok(!(await linksOf(untouched)).includes('expired'));
      }
      assert.equal((await sweep(order(), deps)).rowsMarked[old.channel], 0);
    }
  });

  it('are all marked where there are more of them than one page holds', async () => {
    const { userId } = await createPerson(platform);
    await database.query(
      `insert into generation_sessions (user_id, status, model_image_url, prompt_system, created_at)
       select $1, 'completed', 'https://x.test/m.jpg', '', now() - interval '7 hours'
       from generate_series(1, 1250)`,
      [userId],
    );
    assert.equal((await sweep(order(), deps)).rowsMarked.b2c, 1250);
    const { rows } = await database.query(
      'select distinct model_image_url from generation_sessions',
    );
    assert.deepEqual(rows, [{ model_image_url: 'expired' }]);
  });
});

describe('the worker', () => {
  it('sweeps by itself, and says what it did', async () => {
    await storeObjects(stack, ['uploads/a.jpg'], OLD);
    await using worker = await startWorkerProcess(stack.env);
    const line = await worker.logged('retention_swept');
    assert.equal((line.removed as { person_uploads: number }).person_uploads, 1);
    assert.equal(line.errors, 0);
    assert.deepEqual(await objectPaths(stack), []);
    assert.equal(await worker.end('SIGTERM'), 0);
  });

  it('ends a sweep that outlasts its interval, and goes on in the next ones', async () => {
    const paths = Array.from({ length: 24 }, (_, n) => `generated/person-${n}/a.jpg`);
    await storeObjects(stack, paths, OLD);
    const tryOn = await tryOnOf(await createPerson(platform), OLD);
    // Long enough that the folders take more than an interval.
    const slow = stack.supabase.faults.add({
      path: /\/object\/list\//,
      kind: 'delay',
      ms: 250,
      times: Number.POSITIVE_INFINITY,
    });
    await using worker = await startWorkerProcess({
      ...stack.env,
      RETENTION_INTERVAL_SECONDS: '1',
    });
    const cutShort = await worker.logged('retention_swept');
    assert.equal(cutShort.complete, false);
    assert.ok(!(await linksOf(tryOn)).includes('expired'));
    slow.release();
    await worker.logged('retention_swept', ({ complete }) => complete === true);
    assert.deepEqual(
      (await objectPaths(stack)).filter((path) => paths.includes(path)),
      [],
    );
    assert.ok((await linksOf(tryOn)).includes('expired'));
  });
});
