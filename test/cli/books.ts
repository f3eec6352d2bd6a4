/** Books on a local stack that add up or do not, and what `wearon ledger verify` finds in them. */
import assert from 'node:assert/strict';
import {
  type Customer,
  createPerson,
  createStore,
  prepareTryOn,
  type TryOn,
} from '../../local/platform.ts';
import { wearon } from '../support/cli.ts';
import type { Shop } from '../support/shop.ts';

const SESSIONS = ['generation_sessions', 'store_generation_sessions'] as const;
const PAYMENTS = ['credit_transactions', 'store_credit_transactions'] as const;
const PHOTOS = ['https://x.test/person.jpg', 'https://x.test/garment.jpg'];

interface Found {
  readonly reason: string;
  readonly sessionId: string | null;
  readonly ownerId: string;
}

/** As the worker books it, unless the test says otherwise. */
interface RefundOptions {
  readonly to?: Customer;
  readonly amount?: number;
  readonly requestId?: string;
}

/** Removes everything on record. */
export async function emptyBooks({ stack, platform }: Shop): Promise<void> {
  await platform.redis.flushall();
  await stack.database.query(`truncate ${[...SESSIONS, ...PAYMENTS].join()}`);
}

export async function removePayments({ stack }: Shop): Promise<void> {
  await stack.database.query(`truncate ${PAYMENTS.join()}`);
}

/** Does it on empty books for a person and for a store. */
export async function forPersonAndStore(
  shop: Shop,
  test: (customer: Customer) => Promise<void>,
): Promise<void> {
  for (const create of [createPerson, createStore]) {
    await emptyBooks(shop);
    await test(await create(shop.platform));
  }
}

/** A paid try-on of the customer whose session has the status. */
export async function tryOnThat(
  { stack, platform }: Shop,
  status: string,
  customer: Customer,
): Promise<TryOn> {
  const tryOn = await prepareTryOn(platform, { customer, imageUrls: PHOTOS });
  const table = SESSIONS[tryOn.channel === 'b2c' ? 0 : 1];
  const change = `update ${table} set status = $2 where id = $1`;
  await stack.database.query(change, [tryOn.sessionId, status]);
  return tryOn;
}

/** Calls a function of the platform's database. */
export async function call(
  { platform }: Shop,
  name: string,
  args: Record<string, unknown>,
): Promise<void> {
  const { error } = await platform.supabase.rpc(name, args);
  assert.equal(error, null, error?.message);
}

export async function refund(shop: Shop, tryOn: TryOn, options: RefundOptions = {}): Promise<void> {
  const { to = tryOn.customer, amount = 1, requestId = tryOn.requestId } = options;
  const description = `Generation failed - refund (session ${tryOn.sessionId})`;
  const what = { p_amount: amount, p_description: description };
  if (to.kind === 'person') return call(shop, 'refund_credits', { p_user_id: to.userId, ...what });
  const ofStore = { p_store_id: to.storeId, p_request_id: requestId, ...what };
  if (to.kind !== 'shopper') return call(shop, 'refund_store_credits', ofStore);
  const ofShopper = { ...ofStore, p_shopper_email: to.shopperEmail };
  return call(shop, 'refund_store_shopper_credits', ofShopper);
}

export async function changeSessions({ stack }: Shop, change: string): Promise<void> {
  for (const table of SESSIONS) await stack.database.query(`update ${table} set ${change}`);
}

/** As if everything on record had happened so many minutes earlier. */
export async function minutesPass({ stack }: Shop, minutes: number): Promise<void> {
  for (const table of [...SESSIONS, ...PAYMENTS]) {
    const earlier = "created_at = created_at - $1 * interval '1 minute'";
    await stack.database.query(`update ${table} set ${earlier}`, [minutes]);
  }
}

/** The findings of `wearon ledger verify`. */
export async function verify({ stack }: Shop, ...args: readonly string[]): Promise<Found[]> {
  const result = await wearon(stack.env, ['ledger', 'verify', '--json', ...args]);
  const findings: Found[] = result.json?.findings ?? assert.fail(result.stderr);
  assert.equal(result.code, findings.length === 0 ? 0 : 1);
  return findings;
}

/** The findings are about this session alone, and are these. */
export async function assertFound(
  shop: Shop,
  tryOn: TryOn,
  reasons: readonly string[],
): Promise<void> {
  const expected = reasons.map((reason) => [reason, tryOn.sessionId]);
  const found = (await verify(shop)).map(({ reason, sessionId }) => [reason, sessionId]);
  assert.deepEqual(found.sort(), expected, tryOn.customer.kind);
}
