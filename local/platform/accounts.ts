/**
 * People, stores and shoppers with their credits, as the platform's sign-up and shop pages make them.
 */
import { randomUUID } from 'node:crypto';
import { dataOf, type Platform } from './connection.ts';

/** Who asks for a try-on, and thereby who pays for it. */
export type Customer =
  /** B2C: the person's own credits. */
  | { readonly kind: 'person'; readonly userId: string }
  /** B2B, absorb mode: the store's credits. */
  | { readonly kind: 'store'; readonly storeId: string; readonly shopperEmail?: string }
  /** B2B, resell mode: the shopper's credits at this store. */
  | { readonly kind: 'shopper'; readonly storeId: string; readonly shopperEmail: string }
  /** B2B, absorb mode without credits left: the store's card is charged. */
  | { readonly kind: 'overage'; readonly storeId: string; readonly shopperEmail?: string };

/** A person who signed up; with 10 credits, as everyone gets, unless said otherwise. */
export async function createPerson(
  platform: Platform,
  { credits = 10 }: { credits?: number } = {},
): Promise<Extract<Customer, { kind: 'person' }>> {
  const userId = randomUUID();
  const { database } = platform;
  await database.query('insert into auth.users (id, email) values ($1, $2)', [
    userId,
    `${userId}@person.test`,
  ]);
  await database.query('update user_credits set balance = $2 where user_id = $1', [
    userId,
    credits,
  ]);
  return { kind: 'person', userId };
}

/** A store that pays for its shoppers from its own credits. */
export async function createStore(
  platform: Platform,
  { credits = 10 }: { credits?: number } = {},
): Promise<Extract<Customer, { kind: 'store' }>> {
  const storeId = await insertStore(platform, { billing_mode: 'absorb_mode' });
  if (credits > 0) {
    const args = { p_store_id: storeId, p_amount: credits, p_type: 'purchase' };
    dataOf(
      await platform.supabase.rpc('add_store_credits', {
        ...args,
        p_request_id: `purchase-${storeId}`,
      }),
    );
  }
  return { kind: 'store', storeId };
}

/** A shopper with credits of their own at a new store that resells, or at `storeId`. */
export async function createShopper(
  platform: Platform,
  { credits = 10, storeId }: { credits?: number; storeId?: string } = {},
): Promise<Extract<Customer, { kind: 'shopper' }>> {
  const store = storeId ?? (await insertStore(platform, { billing_mode: 'resell_mode' }));
  const shopperEmail = `${randomUUID()}@shopper.test`;
  const row = { store_id: store, shopper_email: shopperEmail, balance: credits };
  dataOf(await platform.supabase.from('store_shopper_credits').insert(row));
  return { kind: 'shopper', storeId: store, shopperEmail };
}

/** A store without credits whose subscription allows overage. */
export async function createOverageStore(
  platform: Platform,
): Promise<Extract<Customer, { kind: 'overage' }>> {
  const storeId = await insertStore(platform, {
    billing_mode: 'absorb_mode',
    subscription_id: `sub_${randomUUID()}`,
    subscription_tier: 'starter',
    subscription_status: 'active',
  });
  return { kind: 'overage', storeId };
}

async function insertStore(platform: Platform, settings: object): Promise<string> {
  const row = { shop_domain: `${randomUUID()}.shop.test`, ...settings };
  const inserted = await platform.supabase.from('stores').insert(row).select('id').single();
  return String(dataOf(inserted)?.id);
}

/** The credits that the customer has left; for overage, the store's. Null where the balance row is gone. */
export async function balanceOf(platform: Platform, customer: Customer): Promise<number | null> {
  const { supabase } = platform;
  const query =
    customer.kind === 'person'
      ? supabase.from('user_credits').select('balance').eq('user_id', customer.userId)
      : customer.kind === 'shopper'
        ? supabase
            .from('store_shopper_credits')
            .select('balance')
            .eq('store_id', customer.storeId)
            .eq('shopper_email', customer.shopperEmail)
        : supabase.from('store_credits').select('balance').eq('store_id', customer.storeId);
  return dataOf(await query.maybeSingle())?.balance ?? null;
}
