/** The webhooks' deliveries as an operator handles them: listed without what is sent, and sent again. */
import { BullDeliveries } from '../adapters/redis/jobs/webhook-queue.ts';
import {
  DELIVERY_STATES,
  type DeliveryFilter,
  type DeliveryView,
  deliveries,
  redeliver,
} from '../adapters/redis/jobs/webhook-views.ts';
import { findRecord } from '../adapters/supabase/session-records.ts';
import { type Config, ConfigError } from '../config.ts';
import { isTerminal } from '../ports/session.ts';
import { readEndpoints } from '../webhooks/endpoints.ts';
import type { OperationDeps } from './deps.ts';

/** How many endpoints the configuration names now; null where it is wrong, which `doctor` explains. */
export function countEndpoints(config: Config): number | null {
  try {
    return readEndpoints(config).all.length;
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

/** The deliveries, those that were queued last first. */
export async function listWebhooks(
  { redis }: Pick<OperationDeps, 'redis'>,
  filter: DeliveryFilter,
): Promise<Omit<DeliveryView, 'body'>[]> {
  return (await deliveries(redis, filter)).map(({ body: _, ...facts }) => facts);
}

/**
 * Sends the session's webhooks again, to one endpoint or to all; queues them where none is kept.
 * Returns how many are sent, or a sentence that says why there are none.
 */
export async function redeliverSession(
  deps: OperationDeps,
  sessionId: string,
  endpoint?: string,
): Promise<number | { readonly problem: string }> {
  const filter = { states: DELIVERY_STATES, sessionId, endpoint };
  const moved = await redeliver(deps.redis, filter);
  const known = await deliveries(deps.redis, filter);
  return known.length > 0 ? moved : announceAnew(deps, sessionId, endpoint);
}

/** Sends all undelivered webhooks again, to one endpoint or to all. Returns how many. */
export function redeliverUndelivered(
  { redis }: Pick<OperationDeps, 'redis'>,
  endpoint?: string,
): Promise<number> {
  return redeliver(redis, { states: ['undelivered'], endpoint });
}

/** Queues the webhooks of an ended session whose deliveries are not kept any more. */
async function announceAnew(
  { config, supabase, redis }: OperationDeps,
  sessionId: string,
  endpoint?: string,
): Promise<number | { readonly problem: string }> {
  const row = await findRecord(supabase, sessionId);
  if (row === null) return { problem: `There is no session ${sessionId}.` };
  if (!isTerminal(row)) {
    return { problem: `Session ${sessionId} is ${row.status}: it has not ended.` };
  }
  const ref = { channel: row.channel, ownerId: row.store_id ?? row.user_id ?? '', sessionId };
  const wanting = readEndpoints(config)
    .of(ref)
    .filter(({ key }) => endpoint === undefined || key === endpoint);
  await using queue = new BullDeliveries(redis);
  for (const { key } of wanting) await queue.add(ref, key, null);
  return wanting.length;
}
