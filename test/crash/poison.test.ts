/**
 * The crash matrix, rows X19, X21 and X22: messages and photos made to hurt. Whatever comes, the
 * task behind it is served.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { createPerson, createStore, uploadPhoto } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { DEAD_LETTER_LIST } from '../../src/adapters/redis/task-list.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import {
  assertCompleted,
  assertRefundedOnce,
  balanceReaches,
  orderTryOn,
  picturePath,
  push,
  rowOf,
  settledRow,
} from '../support/shop.ts';

const crash = useCrashShop();
const LIST = 'wearon:tasks:generation';

async function deadLetters(count: number): Promise<{ reason: string; raw: string }[]> {
  const { redis } = crash.shop.platform;
  await until(`${count} dead letters`, async () => (await redis.llen(DEAD_LETTER_LIST)) >= count);
  return (await redis.lrange(DEAD_LETTER_LIST, 0, -1)).map((text) => JSON.parse(text));
}

async function stillServes(): Promise<void> {
  const tryOn = await orderTryOn(crash.shop.platform, await createPerson(crash.shop.platform));
  await push(crash.shop.platform, tryOn);
  await assertCompleted(crash.shop, tryOn);
}

/** The try-on's message with other fields. */
function changed({ message }: { message: string }, fields: object): string {
  return JSON.stringify({ ...JSON.parse(message), ...fields });
}

it('X21: malformed messages become dead letters; the next task is served', async () => {
  const { redis } = crash.shop.platform;
  const messages = [
    '{"task_id": "cut off',
    'null',
    '[]',
    '42',
    '"text"',
    '{}',
    Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    `{"channel":"b2c","session_id":"../../etc/passwd","user_id":"${randomUUID()}"}`,
    Buffer.alloc(10 * 1024 * 1024, 'x'),
  ];
  for (const message of messages) await redis.lpush(LIST, message);
  await crash.startWorker();
  const letters = await deadLetters(messages.length);
  assert.equal(letters.length, messages.length);
  assert.ok(letters.every(({ reason }) => reason.length > 0));
  assert.ok(letters.every(({ raw }) => raw.length <= 1_500_000));
  await stillServes();
});

it('X21: an unknown version or too many images is a dead letter, refunded', async () => {
  const { platform } = crash.shop;
  const store = await createStore(platform);
  const future = await orderTryOn(platform, store);
  const many = await orderTryOn(platform, store);
  const link = String(JSON.parse(many.message).image_urls[0]);
  await platform.redis.lpush(LIST, changed(future, { version: 2 }));
  await platform.redis.lpush(
    LIST,
    changed(many, { image_urls: Array.from({ length: 11 }, () => link) }),
  );
  await crash.startWorker();
  const letters = await deadLetters(2);
  assert.deepEqual(letters.map(({ reason }) => reason).sort(), [
    'too many images',
    'unknown version',
  ]);
  for (const tryOn of [future, many]) {
    assert.equal((await settledRow(crash.shop, tryOn)).status, 'failed');
  }
  await balanceReaches(crash.shop, store, 10);
  for (const tryOn of [future, many]) await assertRefundedOnce(crash.shop, tryOn);
});

it('X21: a malformed copy of a running task ends nothing', async () => {
  const { stack, platform } = crash.shop;
  const tryOn = await orderTryOn(platform, await createStore(platform));
  const call = { method: 'POST', path: /edits/ };
  const held = stack.openai.faults.add({ ...call, kind: 'hold' });
  const arrived = stack.openai.faults.arrived(call);
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await arrived;
  await platform.redis.lpush(LIST, changed(tryOn, { version: 2 }));
  await worker.logged('task_rejected');
  await deadLetters(1);
  held.release();
  await assertCompleted(crash.shop, tryOn);
  assert.equal(crash.paidCalls(), 1);
});

it("X21: a task with another owner's session changes and costs nothing", async () => {
  const { platform } = crash.shop;
  const victim = await createPerson(platform);
  const thief = await createPerson(platform);
  const tryOn = await orderTryOn(platform, victim);
  await platform.redis.lpush(LIST, changed(tryOn, { user_id: thief.userId }));
  await crash.startWorker();
  const [letter] = await deadLetters(1);
  assert.match(letter?.reason ?? '', /another owner/);
  const row = await rowOf(crash.shop, tryOn);
  assert.equal(row.status, 'queued');
  assert.equal(crash.paidCalls(), 0);
  const stolen = picturePath({ ...tryOn, ownerId: thief.userId });
  const { error } = await platform.supabase.storage
    .from(platform.bucket)
    .createSignedUrl(stolen, 60);
  assert.notEqual(error, null);
});

it('X21: an unusable task of another owner refunds no one', async () => {
  const { platform } = crash.shop;
  const victim = await createPerson(platform);
  const thief = await createPerson(platform);
  const tryOn = await orderTryOn(platform, victim);
  await platform.redis.lpush(LIST, changed(tryOn, { user_id: thief.userId, version: 9 }));
  const worker = await crash.startWorker();
  await worker.logged('refund_skipped', tryOn);
  assert.equal((await rowOf(crash.shop, tryOn)).status, 'queued');
  await balanceReaches(crash.shop, thief, 10);
  await balanceReaches(crash.shop, victim, 9);
});

it('X19: pictures of 100 megapixels are refused before decoding', async () => {
  const { platform } = crash.shop;
  const store = await createStore(platform);
  const bomb = await hugePng();
  const imageUrls = await Promise.all(
    Array.from({ length: 10 }, () =>
      uploadPhoto(platform, store, { bytes: bomb, contentType: 'image/png' }),
    ),
  );
  const tryOn = await orderTryOn(platform, store, { imageUrls });
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'failed');
  assert.match(row.error_message, /too large/);
  await balanceReaches(crash.shop, store, 10);
  await worker.logged('credit_refunded');
  await stillServes();
});

it('X22: a link into our own network is refused without a connection', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform, { credits: 20 });
  const inside = new URL(stack.openai.baseUrl).host;
  const links = [
    `http://${inside}/v1/models`,
    `https://${inside}/x.jpg`,
    'https://169.254.169.254/latest/meta-data',
  ];
  await crash.startWorker();
  // All before the first refund, which a payment of this moment would put off.
  const tryOns = await Promise.all(
    links.map((link) => orderTryOn(platform, person, { imageUrls: [link] })),
  );
  await push(platform, ...tryOns);
  for (const tryOn of tryOns) {
    const row = await settledRow(crash.shop, tryOn);
    assert.equal(row.status, 'failed');
    assert.match(row.error_message, /not allowed/);
  }
  await balanceReaches(crash.shop, person, 20);
});

async function hugePng(): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const create = { width: 10_000, height: 10_000, channels: 3 as const, background: '#fff' };
  return sharp({ create, limitInputPixels: false }).png({ compressionLevel: 9 }).toBuffer();
}
