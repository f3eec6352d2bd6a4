/**
 * A platform at work on a local stack: customers with credits, photos, try-ons, and what became of them.
 */
import assert from 'node:assert/strict';
import sharp from 'sharp';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
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
  TASK_LIST,
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

/**
 * A try-on of two uploaded photos, paid and inserted, but not pushed yet. A person's payment is
 * dated back beyond the platform's refund window, unless `isJustPaid`, so that no test waits for it.
 */
export async function orderTryOn(
  platform: Platform,
  customer: Customer,
  { isJustPaid = false, ...order }: Partial<TryOnOrder> & { isJustPaid?: boolean } = {},
): Promise<TryOn> {
  const imageUrls = order.imageUrls ?? [
    await uploadPhoto(platform, customer, { bytes: await photo('#aa9988') }),
    await uploadPhoto(platform, customer, { bytes: await photo('#3355aa') }),
  ];
  const tryOn = await prepareTryOn(platform, { customer, ...order, imageUrls });
  if (customer.kind === 'person' && !isJustPaid) await datePaymentsBack(platform, customer.userId);
  return tryOn;
}

/** `count` try-ons of one customer, one after the other: payments of one person lock each other. */
export async function orderMany(
  platform: Platform,
  customer: Customer,
  count: number,
): Promise<TryOn[]> {
  const tryOns: TryOn[] = [];
  while (tryOns.length < count) tryOns.push(await orderTryOn(platform, customer));
  return tryOns;
}

/** A try-on for each kind of customer whom a refund can pay back. */
export async function orderForPayers(platform: Platform): Promise<TryOn[]> {
  const customers = await customersOfAllKinds(platform);
  const payers = customers.filter(({ kind }) => kind !== 'overage');
  return Promise.all(payers.map((customer) => orderTryOn(platform, customer)));
}

async function datePaymentsBack({ supabase }: Platform, userId: string): Promise<void> {
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
  const { error } = await supabase
    .from('credit_transactions')
    .update({ created_at: ago(25) })
    .match({ user_id: userId, type: 'generation' })
    .gt('created_at', ago(25));
  assert.equal(error, null);
}

/** Pushes the tasks as the platform does. */
export async function push(platform: Platform, ...tryOns: readonly TryOn[]): Promise<void> {
  for (const { message } of tryOns) await platform.redis.lpush(TASK_LIST, message);
}

/** The session's columns as they are now; null when the row is gone. */
export async function rowOf({ stack }: Shop, { channel, sessionId }: TryOn) {
  const table = channel === 'b2c' ? 'generation_sessions' : 'store_generation_sessions';
  const { rows } = await stack.database.query(`select * from ${table} where id = $1`, [sessionId]);
  return rows[0] ?? null;
}

/** The row, once it is completed or failed. */
export function settledRow(shop: Shop, tryOn: TryOn) {
  return until(`session ${tryOn.sessionId} to end`, async () => {
    const row = await rowOf(shop, tryOn);
    return row !== null && ['completed', 'failed'].includes(row.status) ? row : null;
  });
}

/** Every session ends completed. */
export async function assertCompleted(shop: Shop, ...tryOns: readonly TryOn[]): Promise<void> {
  for (const tryOn of tryOns) {
    const row = await settledRow(shop, tryOn);
    assert.equal(row.status, 'completed', row.error_message);
  }
}

/** A person's picture that is made, and one that the image model refuses. */
export async function oneDeliveredOneRefused(shop: Shop): Promise<void> {
  const person = await createPerson(shop.platform);
  for (const isRefused of [false, true]) {
    const tryOn = await orderTryOn(shop.platform, person);
    if (isRefused) shop.stack.openai.faults.add(moderationBlocked());
    await push(shop.platform, tryOn);
    await settledRow(shop, tryOn);
  }
}

/** The balance, once it is `credits`. */
export function balanceReaches(shop: Shop, customer: Customer, credits: number) {
  const isReached = async () => (await balanceOf(shop.platform, customer)) === credits;
  return until(`a balance of ${credits}`, isReached, REFUND_WAIT_MS);
}

/** A refund whose booking was interrupted waits 20 s, and so does a person's that was just paid. */
export const REFUND_WAIT_MS = 120_000;

/** Resolves when the session's refund job has ended. */
export function refundIsOver({ platform }: Shop, { sessionId }: TryOn) {
  const job = `wearon:bull:refund:refund-${sessionId}`;
  const isOver = async () => (await platform.redis.exists(job)) === 0;
  return until('the refund job to end', isOver, REFUND_WAIT_MS);
}

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

/** Whether the session's picture can be linked to. */
export async function isStored({ platform }: Shop, tryOn: TryOn): Promise<boolean> {
  const bucket = platform.supabase.storage.from(platform.bucket);
  return (await bucket.createSignedUrl(picturePath(tryOn), 60)).error === null;
}
