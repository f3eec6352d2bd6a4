/**
 * Do paid calls go out, and if not, why and since when?
 */
import { openRedis } from '../../adapters/redis/fail-fast-connection.ts';
import { readGateState } from '../../adapters/redis/gate/provider-gate.ts';
import type { Config } from '../../config.ts';
import type { GateState } from '../../ports/redis-readings.ts';
import { type Check, fail, ok } from './check.ts';

/** Nothing when Redis cannot be reached: that is another check's finding. */
export async function checkBreaker({ redisUrl, providersInUse }: Config): Promise<Check[]> {
  const redis = await openRedis(redisUrl).catch(() => null);
  if (redis === null) return [];
  try {
    const states = providersInUse.map((name) => readGateState(redis, name));
    const read = await Promise.all(states);
    return read.map((state, at) => checkOf(state, providersInUse.length > 1, providersInUse[at]));
  } finally {
    redis.disconnect();
  }
}

function checkOf({ breaker, trip }: GateState, isOneOfMany: boolean, provider = ''): Check {
  const name = isOneOfMany ? `paid calls, ${provider}` : 'paid calls';
  if (trip === null) return ok(name, 'go out');
  const finding = `stopped (breaker ${breaker}) since ${trip.since ?? 'an unknown time'}: ${trip.code}`;
  return fail(name, finding, 'see BreakerOpen in docs/runbook.md');
}
