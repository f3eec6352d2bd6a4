/**
 * Orders a try-on: one message on the list that the worker takes tasks from, version 1. The session's
 * row must stand in the database first, and its credit be taken: the worker trusts nothing else.
 */
import { randomUUID } from 'node:crypto';

/** The list. The message is pushed at its head. */
export const TRY_ON_LIST = 'wearon:tasks:generation';

/** Whose session it is: a store's (b2b), or a person's (b2c). */
type Owner =
  | { readonly channel: 'b2b'; readonly storeId: string }
  | { readonly channel: 'b2c'; readonly userId: string };

export type TryOnTask = Owner & {
  /** The id of the session's row. All ids are UUIDs. */
  readonly sessionId: string;
  /** The person first, then the outfit, then accessories: links that the worker is allowed to open. */
  readonly imageUrls: readonly string[];
  readonly prompt: string;
  /** The ledger's key of a store's credit, exactly as it stands there. */
  readonly requestId: string;
  /** Default: a new one. */
  readonly taskId?: string;
  /** When it was ordered; the task's deadline counts from here. Default: now. */
  readonly createdAt?: Date;
};

/** A connection to Redis, such as one of `ioredis`. */
export interface TaskList {
  lpush(list: string, message: string): Promise<unknown>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** The most images of a store's task, and of any. */
const MOST_IMAGES = { b2b: 10, b2c: 16 } as const;
const VERSION = 1;

/** The message as the platform writes it. Throws a TypeError that says what the worker would reject. */
export function tryOnMessage(task: TryOnTask): string {
  const { channel, sessionId, imageUrls, prompt, requestId } = task;
  const { taskId = randomUUID(), createdAt = new Date() } = task;
  const owner = task.channel === 'b2b' ? { store_id: task.storeId } : { user_id: task.userId };
  for (const id of [taskId, sessionId, ...Object.values(owner)]) {
    if (!UUID.test(id)) throw new TypeError(`"${id}" is not a UUID`);
  }
  if (imageUrls.length === 0 || imageUrls.length > MOST_IMAGES[channel]) {
    throw new TypeError(`A task of ${channel} has 1 to ${MOST_IMAGES[channel]} images`);
  }
  return JSON.stringify({
    task_id: taskId,
    channel,
    ...owner,
    session_id: sessionId,
    image_urls: imageUrls,
    prompt,
    request_id: requestId,
    version: VERSION,
    created_at: createdAt.toISOString(),
  });
}

/**
 * Pushes the task; resolves once Redis has it. A rejection does not say that it is not on the list:
 * push the same task again, since a session is worked on once.
 */
export async function enqueueTryOn(redis: TaskList, task: TryOnTask): Promise<void> {
  await redis.lpush(TRY_ON_LIST, tryOnMessage(task));
}
