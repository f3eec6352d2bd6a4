/**
 * One Redis connection: verified TLS for rediss://, endless reconnecting, and commands that wait
 * for the connection to come back rather than fail.
 */
import { Redis } from 'ioredis';

const LONGEST_RECONNECT_MS = 2000;
/** A connection without an answer for so long is dead. Longer than the longest blocking command. */
const SOCKET_TIMEOUT_MS = 20_000;

/** Opens a connection; `onError` hears of every failure to reconnect. Close it with `disconnect()`. */
export function connectRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    keepAlive: 10_000,
    socketTimeout: SOCKET_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 100, LONGEST_RECONNECT_MS),
  });
  redis.on('error', onError);
  return redis;
}

/**
 * Why this Redis may throw tasks away, or null when it does not. A provider that hides its
 * configuration is trusted.
 */
export async function evictionRisk(redis: Redis): Promise<string | null> {
  const answer: unknown = await redis.config('GET', 'maxmemory-policy').catch(() => []);
  const policy = Array.isArray(answer) ? answer[1] : undefined;
  return policy === undefined || policy === 'noeviction'
    ? null
    : `Redis has maxmemory-policy ${policy}; it must be noeviction, or tasks may be lost`;
}
