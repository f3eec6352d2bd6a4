/**
 * Do paid calls go out, and if not, why and since when?
 */
import { openRedis } from '../../adapters/redis/fail-fast-connection.ts';
import { readGateState } from '../../adapters/redis/provider-gate.ts';
import { type Check, fail, ok } from './check.ts';

/** Nothing when Redis cannot be reached: that is another check's finding. */
export async function checkBreaker(redisUrl: string): Promise<Check[]> {
  const redis = await openRedis(redisUrl).catch(() => null);
  if (redis === null) return [];
  try {
    const { breaker, trip } = await readGateState(redis, 'openai');
    if (trip === null) return [ok('paid calls', 'go out')];
    const says = `stopped (breaker ${breaker}) since ${trip.since ?? 'an unknown time'}: ${trip.code}`;
    return [fail('paid calls', says, 'see BreakerOpen in docs/runbook.md')];
  } finally {
    redis.disconnect();
  }
}
