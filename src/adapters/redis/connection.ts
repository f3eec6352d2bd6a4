/**
 * One Redis connection: verified TLS for rediss://, endless reconnecting, and commands that wait
 * for Redis to serve them rather than fail.
 */
import { Redis, type RedisOptions } from 'ioredis';
import { probeRedis } from './probe.ts';

const LONGEST_RECONNECT_MS = 1000;
/** Pause before the next connection to a Redis that answered and refused service. */
const REFUSED_WAIT_MS = 1000;
/** A connection without an answer for so long is dead. Longer than the longest blocking command. */
const SOCKET_TIMEOUT_MS = 20_000;
/** While Redis is away, the reason is reported again this often. */
const REPORT_INTERVAL_MS = 60_000;

/**
 * Error answers by which Redis says that it cannot serve anyone now: a replica after a failover,
 * a server that is loading, full, or cannot write to its disk. Inside a script Redis 6 prefixes
 * the code with "-". https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
const REFUSES_SERVICE =
  /(^|-)(READONLY|MASTERDOWN|LOADING|UNBLOCKED|NOREPLICAS|MISCONF|OOM|BUSY)\b/;

/** Marks the errors of connections: BullMQ emits them again, through its queues and workers. */
const CONNECTION_ERROR = Symbol('connectionError');

/** Whether the error is one that a connection of `connectRedis` had and has reported. */
export function isConnectionError(error: Error): boolean {
  return CONNECTION_ERROR in error;
}

/** Whether Redis refused the database of REDIS_URL: it has fewer, or the user may not choose one. */
export function isDatabaseRefusal(error: Error): boolean {
  return 'command' in error && (error.command as { name?: unknown } | null)?.name === 'select';
}

/** What a connection shares with its duplicates. */
interface Outage {
  readonly onLost: (error: Error, repeated: number) => void;
  readonly onBack: () => void;
  /** The connections that wait for Redis. */
  readonly away: Set<Redis>;
  reportedAtMs: number;
  /** Errors since the last report. */
  unreported: number;
}

/**
 * Opens a connection. While Redis is away or refuses service, commands wait and are sent again;
 * `onLost` gets the reason at once and then once a minute, with how often it happened meanwhile, and
 * `onBack` is called when Redis has carried out a write. Duplicates of the connection share both.
 * Close each with `disconnect()`.
 */
export function connectRedis(
  url: string,
  onLost: (error: Error, repeated: number) => void,
  onBack: () => void = () => undefined,
): Redis {
  const outage: Outage = { onLost, onBack, away: new Set(), reportedAtMs: 0, unreported: 0 };
  const hooks = refusalHooks(outage);
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    // The check needs INFO, which a restricted user may not have; LOADING is handled as an answer.
    enableReadyCheck: false,
    keepAlive: 10_000,
    socketTimeout: SOCKET_TIMEOUT_MS,
    ...hooks.options,
  });
  hooks.attach(redis);
  watch(redis, outage);
  // A connection that is established proves little: a replica accepts it, too.
  let isConfirming = false;
  redis.on('ready', () => {
    if (!outage.away.has(redis) || isConfirming) return;
    isConfirming = true;
    probeRedis(redis)
      .catch(() => undefined)
      .finally(() => {
        isConfirming = false;
        returned(redis, outage);
      });
  });
  return redis;
}

/** The options that make a connection try again, on a new socket, what Redis refused to serve. */
function refusalHooks(outage: Outage) {
  let redis: Redis | undefined;
  let isRefused = false;
  const options: Pick<RedisOptions, 'reconnectOnError' | 'retryStrategy'> = {
    reconnectOnError: (error) => {
      if (!REFUSES_SERVICE.test(error.message)) return false;
      isRefused = true;
      if (redis !== undefined) lost(redis, error, outage);
      return 2;
    },
    retryStrategy: (attempt) => {
      const waitMs = isRefused ? REFUSED_WAIT_MS : Math.min(attempt * 100, LONGEST_RECONNECT_MS);
      isRefused = false;
      return waitMs;
    },
  };
  const attach = (connection: Redis) => {
    redis = connection;
  };
  return { options, attach };
}

function watch(redis: Redis, outage: Outage): void {
  redis.on('error', (error: Error) => {
    Object.defineProperty(error, CONNECTION_ERROR, { value: true, configurable: true });
    lost(redis, error, outage);
    // ioredis would go on with database 0.
    if (isDatabaseRefusal(error)) redis.disconnect(true);
  });
  // A Redis that closes the connection in order, as at a restart, causes no error.
  redis.on('reconnecting', () => {
    if (!outage.away.has(redis)) lost(redis, new Error('Redis closed the connection'), outage);
  });
  redis.on('end', () => outage.away.delete(redis));
  // BullMQ duplicates connections, too.
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => {
    const hooks = refusalHooks(outage);
    const copy = duplicate({ ...override, ...hooks.options });
    hooks.attach(copy);
    watch(copy, outage);
    copy.on('ready', () => returned(copy, outage));
    return copy;
  };
}

function lost(redis: Redis, error: Error, outage: Outage): void {
  const isNew = outage.away.size === 0;
  outage.away.add(redis);
  const nowMs = performance.now();
  outage.unreported += 1;
  if (!isNew && nowMs - outage.reportedAtMs < REPORT_INTERVAL_MS) return;
  outage.reportedAtMs = nowMs;
  outage.onLost(error, outage.unreported);
  outage.unreported = 0;
}

function returned(redis: Redis, { away, onBack }: Outage): void {
  if (away.delete(redis) && away.size === 0) onBack();
}
