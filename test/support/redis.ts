/** A Redis without the rest of the local stack, and connections to any. */
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../local/redis.ts';
import { guardFolder, stackFolder } from '../../local/stack-folder.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';

export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
  /** Connected as the worker is. */
  readonly redis: Redis;
}

/** Another empty Redis, in a folder of its own. */
export async function startSpareRedis(
  settings: Readonly<Record<string, string>> = {},
): Promise<RedisServer> {
  const folder = await stackFolder();
  const guard = guardFolder(folder);
  const server = await startRedis({ folder, settings });
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await guard[Symbol.asyncDispose]();
    },
  };
}

/** A Redis of its own with a connection. */
export async function openRedis(): Promise<OwnRedis> {
  const server = await startSpareRedis();
  const redis = connectRedis(server.url, () => undefined);
  return {
    url: server.url,
    redis,
    [Symbol.asyncDispose]: async () => {
      redis.disconnect();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The URL of a user with these rights, made over the connection. */
export async function asUser(
  url: string,
  { redis, rights }: { redis: Redis; rights: string },
): Promise<string> {
  await redis.acl('SETUSER', 'other', 'reset', 'on', '>secret', ...rights.split(' '));
  return Object.assign(new URL(url), { username: 'other', password: 'secret' }).href;
}

/** Does something over a connection of its own. */
export async function withRedis<T>(url: string, action: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { enableReadyCheck: false });
  try {
    return await action(redis);
  } finally {
    redis.disconnect();
  }
}
