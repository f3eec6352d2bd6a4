/** The provider gate on a Redis of its own, with any number of replicas. */
import { until } from '../../local/until.ts';
import type { connectRedis } from '../../src/adapters/redis/connection.ts';
import { RedisProviderGate } from '../../src/adapters/redis/gate/provider-gate.ts';
import { TaskError, type TaskErrorOptions } from '../../src/errors.ts';
import type { WorkerEvent } from '../../src/ports/events.ts';
import type { Permit } from '../../src/ports/provider-gate.ts';
import { openRedis } from '../support/redis.ts';

export const REFUSED = { code: 'PROVIDER_REFUSES_SERVICE' };
const { signal } = new AbortController();

interface GateChoices {
  readonly provider?: string;
  readonly callsPerMinute?: number;
  readonly cooldownMs?: number;
  readonly connection?: ReturnType<typeof connectRedis>;
}

/** `gate` makes a replica; `events` has what all of them recorded since `empty`. */
export async function openGates() {
  const { url, redis, [Symbol.asyncDispose]: end } = await openRedis();
  let events: string[] = [];
  const record = ({ event }: WorkerEvent) => events.push(event);
  return {
    url,
    redis,
    events: () => events,
    async empty() {
      events = [];
      await redis.flushall();
    },
    gate({ connection = redis, ...own }: GateChoices = {}): RedisProviderGate {
      const usual = { provider: 'openai', callsPerMinute: 1_000_000, cooldownMs: 60_000 };
      return new RedisProviderGate(connection, { ...usual, ...own, probeMs: 60_000, record });
    },
    breakerOpens: () => until('the breaker to open', () => events.includes('breaker_opened')),
    [Symbol.asyncDispose]: end,
  };
}

/** Enters with an hour to go. */
export function enter(replica: RedisProviderGate): Promise<Permit> {
  return replica.enter(Date.now() + 3_600_000, signal);
}

/** A call that is let out and succeeds. */
export async function succeed(replica: RedisProviderGate): Promise<void> {
  using permit = await enter(replica);
  permit.succeeded();
}

/** A call that is let out and fails. */
export async function fail(
  replica: RedisProviderGate,
  code: TaskError['code'],
  options: TaskErrorOptions = {},
): Promise<void> {
  using permit = await enter(replica);
  permit.failed(new TaskError(code, options));
}
