/**
 * One Redis connection: verified TLS for rediss://, endless reconnecting, and commands that wait
 * for the connection to come back rather than fail.
 */
import { Redis } from 'ioredis';

const LONGEST_RECONNECT_MS = 2000;
/** A connection without an answer for so long is dead. Longer than the longest blocking command. */
const SOCKET_TIMEOUT_MS = 20_000;

/** Marks the errors of connections: BullMQ tells of them again, through its queues and workers. */
const OF_CONNECTION = Symbol('ofConnection');

/** Whether the error is one that a connection of `connectRedis` had, and told of. */
export function isOfConnection(error: Error): boolean {
  return OF_CONNECTION in error;
}

/**
 * Opens a connection. When Redis is away `onLost` hears why, once, however often it is retried, and
 * `onBack` when it is there again; the duplicates of the connection are one with it in this. Close
 * each with `disconnect()`.
 */
export function connectRedis(
  url: string,
  onLost: (error: Error) => void,
  onBack: () => void = () => undefined,
): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    keepAlive: 10_000,
    socketTimeout: SOCKET_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 100, LONGEST_RECONNECT_MS),
  });
  return watch(redis, { onLost, onBack, away: new Set() });
}

/** What the duplicates of a connection share. */
interface Outage {
  readonly onLost: (error: Error) => void;
  readonly onBack: () => void;
  /** The connections that wait for Redis. */
  readonly away: Set<Redis>;
}

function watch(redis: Redis, outage: Outage): Redis {
  const { away, onLost, onBack } = outage;
  redis.on('error', (error: Error) => {
    Object.defineProperty(error, OF_CONNECTION, { value: true });
    if (away.size === 0) onLost(error);
    away.add(redis);
  });
  redis.on('ready', () => {
    if (away.delete(redis) && away.size === 0) onBack();
  });
  redis.on('end', () => away.delete(redis));
  // BullMQ duplicates connections, too.
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => watch(duplicate(override), outage);
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
