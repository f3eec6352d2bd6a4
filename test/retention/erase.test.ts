/** Erasing what is stored of one owner, on the local stack, and what it says it did. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { createPerson, createStore } from '../../local/platform.ts';
import { BUCKET } from '../../local/stack.ts';
import { eraseOwner } from '../../src/retention/erase.ts';
import { sweep } from '../../src/retention/janitor.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon } from '../support/cli.ts';
import { orderTryOn, rowOf } from '../support/shop.ts';
import { objectPaths, storeObjects } from '../support/supabase/bucket.ts';
import { OLD, openRetentionShop } from './retention.ts';

const shop = afterTests.use(await openRetentionShop());
const { deps, depsWith, linksOf, platform, stack, tryOnOf } = shop;
const { database } = stack;

beforeEach(() => shop.empty());

function linkTo(path: string): string {
  return `${stack.supabase.url}/storage/v1/object/sign/${BUCKET}/${encodeURI(path)}?token=x`;
}

describe('erasing', () => {
  it("removes a person's pictures of any age, proves it, and no one else's", async () => {
    const person = await createPerson(platform);
    const other = await createPerson(platform);
    const mine = await tryOnOf(person, 0);
    await tryOnOf(other, 0);
    const result = `generated/${person.userId}/${mine.sessionId}.jpg`;
    const others = [`generated/${other.userId}/a.jpg`, 'uploads/unknown.jpg'];
    await storeObjects(stack, [result, ...others], 0);
    const owner = { channel: 'b2c', ownerId: person.userId } as const;
    const tried = await eraseOwner(owner, true, deps);
    assert.deepEqual([tried.removed.length, tried.rowsMarked], [3, 1]);
    const all = await objectPaths(stack);
    const proof = await eraseOwner(owner, false, deps);
    assert.deepEqual([...proof.removed].sort(), [...tried.removed].sort());
    assert.deepEqual([proof.stillThere, proof.rowsMarked, proof.unfinished], [[], 1, []]);
    const left = all.filter((path) => !proof.removed.includes(path));
    assert.deepEqual(await objectPaths(stack), left);
    assert.ok(others.every((path) => left.includes(path)) && left.length === 4);
    assert.deepEqual(await linksOf(mine), ['expired', 'expired', 'expired']);
  });

  it("removes a store's pictures, and names sessions still under way", async () => {
    const store = await createStore(platform);
    const running = await orderTryOn(platform, store);
    const logo = `stores/${store.storeId}/logo.png`;
    await storeObjects(stack, [`stores/${store.storeId}/generated/a.jpg`, logo], 0);
    const owner = { channel: 'b2b', ownerId: store.storeId } as const;
    const proof = await eraseOwner(owner, false, deps);
    assert.equal(proof.removed.length, 3);
    assert.deepEqual(proof.unfinished, [running.sessionId]);
    assert.deepEqual(await objectPaths(stack), [logo]);
  });

  it('does not follow a link in a row to a place that is not for uploads', async () => {
    const person = await createPerson(platform);
    const tryOn = await tryOnOf(person, 0);
    const target = `generated/${randomUUID()}/a.jpg`;
    await storeObjects(stack, [target], 0);
    await database.query('update generation_sessions set model_image_url = $2 where id = $1', [
      tryOn.sessionId,
      linkTo(target),
    ]);
    await eraseOwner({ channel: 'b2c', ownerId: person.userId }, false, deps);
    assert.ok((await objectPaths(stack)).includes(target));
  });

  it('takes names with spaces, and leaves what Studio keeps a folder with', async () => {
    const person = await createPerson(platform);
    const tryOn = await tryOnOf(person, 0);
    const photo = `uploads/model-${randomUUID()}.my photo`;
    const kept = `generated/${person.userId}/.emptyFolderPlaceholder`;
    await storeObjects(stack, [photo, kept], 0);
    await database.query(
      'update generation_sessions set model_image_url = $2, accessories = $3 where id = $1',
      [tryOn.sessionId, linkTo(photo), JSON.stringify([{ url: linkTo(photo) }])],
    );
    const proof = await eraseOwner({ channel: 'b2c', ownerId: person.userId }, false, deps);
    assert.ok(proof.removed.includes(photo));
    assert.deepEqual(proof.stillThere, []);
    assert.ok((await objectPaths(stack)).includes(kept));
    assert.deepEqual((await rowOf(shop, tryOn))?.accessories, []);
  });

  it('proves itself where the owner has no picture, and leaves no trace', async () => {
    const owner = { channel: 'b2b', ownerId: randomUUID() } as const;
    const proof = await eraseOwner(owner, false, deps);
    assert.deepEqual([proof.removed, proof.stillThere], [[], []]);
    assert.deepEqual(await objectPaths(stack), []);
    const blind = depsWith({ list: async () => [] });
    await assert.rejects(eraseOwner(owner, false, blind), { detail: 'erasure_unproven' });
  });
});

describe('a bucket that does not exist', () => {
  it('is neither swept nor erased, and no row is marked', async () => {
    const person = await createPerson(platform);
    const tryOn = await tryOnOf(person, OLD);
    const wrong = shop.depsFor(`${BUCKET}s`);
    const { signal } = new AbortController();
    const order = { before: new Date(), dryRun: false, signal };
    const owner = { channel: 'b2c', ownerId: person.userId } as const;
    for (const attempt of [() => sweep(order, wrong), () => eraseOwner(owner, false, wrong)]) {
      await assert.rejects(attempt, { code: 'STORAGE_UNAVAILABLE', detail: 'no_bucket' });
    }
    assert.ok(!(await linksOf(tryOn)).includes('expired'));
    const env = { ...stack.env, SUPABASE_BUCKET: `${BUCKET}s` };
    const { code, stderr } = await wearon(env, ['erase', '--user', person.userId, '--yes']);
    assert.equal(code, 1);
    assert.match(stderr, /sees no bucket/);
  });
});
