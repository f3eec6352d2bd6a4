/**
 * A Redis connection for a moment's work: it fails at once where the worker's own would wait.
 */
import { Redis } from 'ioredis';

const ANSWER_TIMEOUT_MS = 5000;

/** Opens a connection; rejects when Redis does not answer in time. Close it with `disconnect()`. */
export async function openRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_TIMEOUT_MS,
    commandTimeout: ANSWER_TIMEOUT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await redis.connect();
    // ioredis goes on with database 0 when the URL's is refused.
    if (reason !== undefined) throw reason;
    return redis;
  } catch (error) {
    redis.disconnect();
    // The listener has the reason; the rejection only says that the connection is closed.
    throw reason ?? error;
  }
}
