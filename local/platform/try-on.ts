/**
 * How the platform asks for a try-on: take the credit, insert the session, push the task, note the
 * event; and what it does when it believes that the push failed.
 */
import { randomUUID } from 'node:crypto';
import type { Customer } from './accounts.ts';
import { dataOf, type Platform } from './connection.ts';
import { DEFAULT_PROMPT, type PlatformTask, TASK_LIST, taskMessage } from './task-message.ts';

export interface TryOnOrder {
  customer: Customer;
  /** The person first, then the outfit, then accessories. */
  imageUrls: string[];
  prompt?: string;
  /** B2B clients may choose it; made by the platform otherwise. */
  requestId?: string;
  /** When the platform says it was asked; now by default. */
  createdAt?: Date;
}

/** A try-on under way: the session, as the worker's ports name it, and the task. */
export interface TryOn {
  readonly channel: 'b2b' | 'b2c';
  readonly ownerId: string;
  readonly sessionId: string;
  readonly requestId: string;
  readonly customer: Customer;
  readonly task: PlatformTask;
  /** The text that was pushed. */
  readonly message: string;
}

const CREDITS = 1;

/** Everything the platform does for one request. Throws `INSUFFICIENT_CREDITS` where no one can pay. */
export async function requestTryOn(platform: Platform, order: TryOnOrder): Promise<TryOn> {
  const tryOn = await prepareTryOn(platform, order);
  await pushTask(platform, tryOn);
  await recordRequest(platform, tryOn);
  return tryOn;
}

/** As `requestTryOn`, up to the moment before the push. */
export async function prepareTryOn(platform: Platform, order: TryOnOrder): Promise<TryOn> {
  const { customer, imageUrls } = order;
  const requestId = order.requestId ?? `req_${randomUUID()}`;
  const prompt = order.prompt ?? DEFAULT_PROMPT;
  await takeCredit(platform, customer, requestId);
  const sessionId = await insertSession(platform, customer, { imageUrls, prompt, requestId });
  if (customer.kind === 'overage')
    await chargeOverage(platform, customer, { sessionId, requestId });
  const person = customer.kind === 'person';
  const task: PlatformTask = {
    taskId: randomUUID(),
    channel: person ? 'b2c' : 'b2b',
    storeId: person ? undefined : customer.storeId,
    userId: person ? customer.userId : undefined,
    sessionId,
    imageUrls,
    prompt,
    requestId,
    version: 1,
    createdAt: (order.createdAt ?? new Date()).toISOString(),
  };
  const ownerId = person ? customer.userId : customer.storeId;
  const { channel } = task;
  return { channel, ownerId, sessionId, requestId, customer, task, message: taskMessage(task) };
}

/** LPUSH, as the platform's producer does it. */
async function pushTask(platform: Platform, { message }: TryOn): Promise<void> {
  await platform.redis.lpush(TASK_LIST, message);
}

/**
 * What the platform does when its push seems to have failed: refund by the way it was paid, then
 * the session is failed. It cannot know whether the task is on the list all the same.
 */
export async function refundFailedPush(platform: Platform, tryOn: TryOn): Promise<void> {
  const { customer, requestId, sessionId } = tryOn;
  const refund = { p_amount: CREDITS, p_description: 'Queue push failed - refund' };
  if (customer.kind === 'person') {
    const args = { p_user_id: customer.userId, ...refund };
    dataOf(await platform.supabase.rpc('refund_credits', args));
  } else if (customer.kind === 'store') {
    const args = { p_store_id: customer.storeId, p_request_id: requestId, ...refund };
    dataOf(await platform.supabase.rpc('refund_store_credits', args));
  } else if (customer.kind === 'shopper') {
    const args = { p_store_id: customer.storeId, p_request_id: requestId, ...refund };
    const shopper = { p_shopper_email: customer.shopperEmail };
    dataOf(await platform.supabase.rpc('refund_store_shopper_credits', { ...args, ...shopper }));
  }
  const failed = { status: 'failed', error_message: 'Failed to queue generation task' };
  dataOf(await platform.supabase.from(tableOf(tryOn)).update(failed).eq('id', sessionId));
}

/** The table that has the session. */
export function tableOf({ channel }: Pick<TryOn, 'channel'>): string {
  return channel === 'b2c' ? 'generation_sessions' : 'store_generation_sessions';
}

async function takeCredit(
  { supabase }: Platform,
  customer: Customer,
  requestId: string,
): Promise<void> {
  if (customer.kind === 'overage') return;
  const amount = { p_amount: CREDITS };
  const call =
    customer.kind === 'person'
      ? supabase.rpc('deduct_credits', { p_user_id: customer.userId, ...amount })
      : customer.kind === 'store'
        ? supabase.rpc('deduct_store_credits', {
            p_store_id: customer.storeId,
            p_request_id: requestId,
            p_description: 'B2B generation',
            ...amount,
          })
        : supabase.rpc('deduct_store_shopper_credits', {
            p_store_id: customer.storeId,
            p_shopper_email: customer.shopperEmail,
            p_request_id: requestId,
            p_description: 'B2B shopper generation',
            ...amount,
          });
  if (dataOf(await call) !== true) throw new Error('INSUFFICIENT_CREDITS');
}

async function insertSession(
  platform: Platform,
  customer: Customer,
  asked: { imageUrls: string[]; prompt: string; requestId: string },
): Promise<string> {
  const [model, outfit, ...accessories] = asked.imageUrls;
  const common = {
    status: 'queued',
    model_image_url: model,
    outfit_image_url: outfit ?? null,
    prompt_system: asked.prompt,
    credits_used: CREDITS,
  };
  const person = customer.kind === 'person';
  const own = person
    ? { user_id: customer.userId, accessories: accessories.map((url) => ({ type: 'other', url })) }
    : {
        store_id: customer.storeId,
        shopper_email: customer.shopperEmail ?? null,
        request_id: asked.requestId,
      };
  const table = tableOf({ channel: person ? 'b2c' : 'b2b' });
  const inserted = await platform.supabase
    .from(table)
    .insert({ ...common, ...own })
    .select('id')
    .single();
  return String(dataOf(inserted)?.id);
}

async function chargeOverage(
  { supabase }: Platform,
  { storeId }: { storeId: string },
  { sessionId, requestId }: { sessionId: string; requestId: string },
): Promise<void> {
  const chargeId = `txn_${randomUUID()}`;
  dataOf(
    await supabase.from('store_credit_transactions').insert({
      store_id: storeId,
      amount: -CREDITS,
      type: 'overage',
      request_id: requestId,
      description: `Overage charge (starter) billed at 16 cents via Paddle charge ${chargeId}`,
    }),
  );
  // The platform writes this too and does not notice that the column does not exist.
  const metadata = { overage_charge_id: chargeId, overage_tier: 'starter' };
  await supabase.from('store_generation_sessions').update({ metadata }).eq('id', sessionId);
}

async function recordRequest({ supabase }: Platform, tryOn: TryOn): Promise<void> {
  const { ownerId, sessionId, requestId, task } = tryOn;
  const event =
    tryOn.channel === 'b2c'
      ? supabase.from('analytics_events').insert({
          event_type: 'generation_started',
          user_id: ownerId,
          metadata: {
            session_id: sessionId,
            has_outfit: task.imageUrls.length > 1,
            accessories_count: Math.max(task.imageUrls.length - 2, 0),
          },
        })
      : supabase.from('store_analytics_events').insert({
          store_id: ownerId,
          event_type: 'generation_queued',
          metadata: { request_id: requestId, session_id: sessionId },
        });
  dataOf(await event);
}
