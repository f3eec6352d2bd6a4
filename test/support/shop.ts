/**
 * A platform at work on a local stack: customers with credits, photos, try-ons, and what became of them.
 */
import assert from 'node:assert/strict';
import sharp from 'sharp';
import {
  balanceOf,
  type Customer,
  createOverageStore,
  createPerson,
  createShopper,
  createStore,
  ledgerOf,
  openPlatform,
  type Platform,
  prepareTryOn,
  type TryOn,
  type TryOnOrder,
  uploadPhoto,
} from '../../local/platform.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../local/stack.ts';
import { until } from '../../local/until.ts';

export interface Shop extends AsyncDisposable {
  readonly stack: LocalStack;
  readonly platform: Platform;
}

/** A stack with a plain, quick image model, and the platform on it. */
export async function openShop(options: LocalStackOptions = {}): Promise<Shop> {
  await using parts = new AsyncDisposableStack();
  const stack = parts.use(await startLocalStack({ openai: { plain: true }, ...options }));
  const platform = parts.use(openPlatform(stack));
  const opened = parts.move();
  return { stack, platform, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A small photo of one colour. */
export function photo(colour = '#8899aa', width = 300, height = 400): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();
}

/** One of each kind of customer, by who pays. */
export async function customersOfAllKinds(platform: Platform): Promise<Customer[]> {
  return Promise.all([
    createPerson(platform),
    createStore(platform),
    createShopper(platform),
    createOverageStore(platform),
  ]);
}

/** A try-on of two uploaded photos, paid and inserted, but not pushed yet. */
export async function orderTryOn(
  platform: Platform,
  customer: Customer,
  order: Partial<TryOnOrder> = {},
): Promise<TryOn> {
  const imageUrls = order.imageUrls ?? [
    await uploadPhoto(platform, customer, { bytes: await photo('#aa9988') }),
    await uploadPhoto(platform, customer, { bytes: await photo('#3355aa') }),
  ];
  return prepareTryOn(platform, { customer, ...order, imageUrls });
}

/** Pushes the tasks as the platform does. */
export async function push(platform: Platform, ...tryOns: readonly TryOn[]): Promise<void> {
  for (const { message } of tryOns) await platform.redis.lpush('wearon:tasks:generation', message);
}

/** The session's columns as they are now; null when the row is gone. */
export async function rowOf({ stack }: Shop, { channel, sessionId }: TryOn) {
  const table = channel === 'b2c' ? 'generation_sessions' : 'store_generation_sessions';
  const { rows } = await stack.database.query(`select * from ${table} where id = $1`, [sessionId]);
  return rows[0] ?? null;
}

/** The row, once it is completed or failed. */
export function settledRow(shop: Shop, tryOn: TryOn) {
  return until(`session ${tryOn.sessionId} to settle`, async () => {
    const row = await rowOf(shop, tryOn);
    return row !== null && ['completed', 'failed'].includes(row.status) ? row : null;
  });
}

/** The balance, once it is `credits`. */
export function balanceReaches(shop: Shop, customer: Customer, credits: number) {
  const isReached = async () => (await balanceOf(shop.platform, customer)) === credits;
  return until(`a balance of ${credits}`, isReached, REFUND_WAIT_MS);
}

/** A person's refund begins 20 seconds after the order at the earliest. */
export const REFUND_WAIT_MS = 120_000;

/** The ledger has one refund that names the session, and the session is failed. */
export async function assertRefundedOnce(shop: Shop, tryOn: TryOn): Promise<void> {
  const refunds = (await ledgerOf(shop.platform, tryOn)).filter(({ type }) => type === 'refund');
  const descriptions = refunds.map(({ description }) => description ?? '');
  assert.equal(descriptions.length, 1, `refunds: ${descriptions.join(' | ')}`);
  assert.match(descriptions[0] ?? '', new RegExp(tryOn.sessionId));
  assert.equal((await rowOf(shop, tryOn))?.status, 'failed');
}

/** Where the session's picture lies in the bucket. */
export function picturePath({ channel, ownerId, sessionId }: TryOn): string {
  return channel === 'b2c'
    ? `generated/${ownerId}/${sessionId}.jpg`
    : `stores/${ownerId}/generated/${sessionId}.jpg`;
}
