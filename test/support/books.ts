/** Books on a local stack that add up or do not, and what `wearon ledger verify` finds in them. */
import assert from 'node:assert/strict';
import {
  type Customer,
  createPerson,
  createStore,
  prepareTryOn,
  type TryOn,
} from '../../local/platform.ts';
import { wearon } from './cli.ts';
import { openShop, type Shop } from './shop.ts';

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

export async function openBooks(): Promise<Books> {
  return new Books(await openShop());
}

class Books implements AsyncDisposable {
  readonly shop: Shop;

  constructor(shop: Shop) {
    this.shop = shop;
  }

  async query(text: string, values: unknown[] = []): Promise<void> {
    await this.shop.stack.database.query(text, values);
  }

  async empty(): Promise<void> {
    await this.shop.platform.redis.flushall();
    await this.query(`truncate ${[...SESSIONS, ...PAYMENTS].join()}`);
  }

  async removePayments(): Promise<void> {
    await this.query(`truncate ${PAYMENTS.join()}`);
  }

  /** Does it on empty books for a person and for a store. */
  async forPersonAndStore(test: (customer: Customer) => Promise<void>): Promise<void> {
    for (const create of [createPerson, createStore]) {
      await this.empty();
      await test(await create(this.shop.platform));
    }
  }

  /** A try-on of the customer that ended, or did not, as said. */
  async tryOnThat(status: string, customer: Customer): Promise<TryOn> {
    const tryOn = await prepareTryOn(this.shop.platform, { customer, imageUrls: PHOTOS });
    const table = SESSIONS[tryOn.channel === 'b2c' ? 0 : 1];
    await this.query(`update ${table} set status = $2 where id = $1`, [tryOn.sessionId, status]);
    return tryOn;
  }

  async call(name: string, args: Record<string, unknown>): Promise<void> {
    const { error } = await this.shop.platform.supabase.rpc(name, args);
    assert.equal(error, null, error?.message);
  }

  async refund(tryOn: TryOn, options: RefundOptions = {}): Promise<void> {
    const { to = tryOn.customer, amount = 1, requestId = tryOn.requestId } = options;
    const description = `Generation failed - refund (session ${tryOn.sessionId})`;
    const what = { p_amount: amount, p_description: description };
    if (to.kind === 'person') return this.call('refund_credits', { p_user_id: to.userId, ...what });
    const ofStore = { p_store_id: to.storeId, p_request_id: requestId, ...what };
    if (to.kind !== 'shopper') return this.call('refund_store_credits', ofStore);
    const ofShopper = { ...ofStore, p_shopper_email: to.shopperEmail };
    return this.call('refund_store_shopper_credits', ofShopper);
  }

  async changeSessions(change: string): Promise<void> {
    for (const table of SESSIONS) await this.query(`update ${table} set ${change}`);
  }

  /** As if everything on record had happened so many minutes earlier. */
  async minutesPass(minutes: number): Promise<void> {
    for (const table of [...SESSIONS, ...PAYMENTS]) {
      const earlier = "created_at = created_at - $1 * interval '1 minute'";
      await this.query(`update ${table} set ${earlier}`, [minutes]);
    }
  }

  async verify(...args: readonly string[]): Promise<Found[]> {
    const result = await wearon(this.shop.stack.env, ['ledger', 'verify', '--json', ...args]);
    const findings: Found[] = result.json?.findings ?? assert.fail(result.stderr);
    assert.equal(result.code, findings.length === 0 ? 0 : 1);
    return findings;
  }

  /** The findings are about this session alone, and are these. */
  async assertFound(tryOn: TryOn, reasons: readonly string[]): Promise<void> {
    const expected = reasons.map((reason) => [reason, tryOn.sessionId]);
    const found = (await this.verify()).map(({ reason, sessionId }) => [reason, sessionId]);
    assert.deepEqual(found.sort(), expected, tryOn.customer.kind);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.shop[Symbol.asyncDispose]());
  }
}
