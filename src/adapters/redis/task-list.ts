/**
 * The platform's Redis list of tasks as a TaskSource. A task is always on exactly one of the list,
 * the intake list or the dead letters, or it is a job.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { MAX_TASK_BYTES } from '../../ports/session.ts';
import type { DeadLetter, TaskSource } from '../../ports/task-source.ts';
import { DRAIN_FLAG } from './drain.ts';

/** Where the platform pushes tasks (contract 1.1). */
export const TASK_LIST = 'wearon:tasks:generation';
/** Where a task is between the platform's list and its job. */
export const INTAKE_LIST = 'wearon:tasks:generation:intake';
export const DEAD_LETTER_LIST = 'wearon:tasks:generation:dead';

/**
 * A key that is never a list: a BLMOVE into it waits for a task, but cannot move it (WRONGTYPE), so
 * that no message reaches this process before its size is known.
 */
const BELL = 'wearon:tasks:generation:bell';

/** The most dead letters; with at most 64 KiB each they stay below 32 MiB. */
const MOST_LETTERS = 500;
const PAGE = 100;
/** Pause when another replica took the task, or the server does not wait. */
const MISSED_MS = 100;

/** One step takes no further message once it has read so many bytes: Redis serves no one else meanwhile. */
const MOST_BYTES_AT_ONCE = 256 * 1024;

/**
 * KEYS: list, intake list, bell, drain flag. ARGV: the most bytes of a message, the most messages,
 * the most bytes of all. A task that was moved into the bell, after Redis had lost it, goes back first.
 */
const TAKE = `
if redis.call('TYPE', KEYS[3]).ok == 'list' then
  while redis.call('LMOVE', KEYS[3], KEYS[1], 'LEFT', 'RIGHT') do end
end
redis.call('SET', KEYS[3], '', 'NX')
local taken, bytes = {}, 0
if redis.call('EXISTS', KEYS[4]) == 1 then return taken end
while #taken < tonumber(ARGV[2]) and bytes < tonumber(ARGV[3]) do
  local raw = redis.call('LINDEX', KEYS[1], -1)
  if not raw then break end
  bytes = bytes + #raw
  raw = string.sub(raw, 1, ARGV[1] + 1)
  redis.call('LPUSH', KEYS[2], raw)
  redis.call('LTRIM', KEYS[1], 0, -2)
  table.insert(taken, raw)
end
return taken`;

/** KEYS: intake list. ARGV: the most bytes of a message. Cuts what a former release moved whole. */
const LEFTOVERS = `
local messages = redis.call('LRANGE', KEYS[1], 0, -1)
for index, raw in ipairs(messages) do
  if #raw > ARGV[1] + 1 then
    messages[index] = string.sub(raw, 1, ARGV[1] + 1)
    redis.call('LSET', KEYS[1], index - 1, messages[index])
  end
end
return messages`;

/** KEYS: a list. ARGV: first and last index. The session ids in the messages, '' where there is none. */
const SESSION_IDS = `
local ids = redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])
for index, raw in ipairs(ids) do
  local start = string.find(raw, '"session_id"', 1, true)
  ids[index] = start and string.match(raw, '^"session_id"%s*:%s*"([%x-]+)"', start) or ''
end
return ids`;

/** KEYS: dead letters. ARGV: letter, the most letters. */
const KEEP = `
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)`;

/** Moves ARGV[3] from the intake list (KEYS[2]) to the dead letters as ARGV[1], unless it has left already. */
const BURY = `
if redis.call('LREM', KEYS[2], 1, ARGV[3]) == 0 then return end
${KEEP}`;

/** KEYS: dead letters, oldest last. ARGV: ISO 8601. A letter without a time counts as old. */
const DROP_BEFORE = `
local dropped = 0
while true do
  local letter = redis.call('LINDEX', KEYS[1], -1)
  local at = letter and string.match(letter, '"at":"([^"]+)"')
  if not letter or (at and at >= ARGV[1]) then return dropped end
  redis.call('LTRIM', KEYS[1], 0, -2)
  dropped = dropped + 1
end`;

/** `blocking` is a connection of its own: `take` keeps it busy. Both belong to the caller. */
export class RedisTaskList implements TaskSource {
  readonly #redis: Redis;
  readonly #blocking: Redis;
  /** Whether the list is likely to hold tasks, or Redis may lack the bell. Otherwise the bell says so. */
  #asksFirst = true;

  constructor(redis: Redis, blocking: Redis) {
    this.#redis = redis;
    this.#blocking = blocking;
  }

  async take(waitSeconds: number, most: number): Promise<Buffer[]> {
    if (this.#asksFirst) {
      const waiting = await this.#takeNow(most);
      if (waiting.length > 0) return waiting;
    }
    this.#asksFirst = true;
    const hasRung = await this.#hasRung(waitSeconds);
    const taken = await this.#takeNow(most);
    if (hasRung && taken.length === 0) await sleep(MISSED_MS);
    return taken;
  }

  async #takeNow(most: number): Promise<Buffer[]> {
    const keys = [TASK_LIST, INTAKE_LIST, BELL, DRAIN_FLAG];
    const args = [keys.length, ...keys, MAX_TASK_BYTES, most, MOST_BYTES_AT_ONCE];
    const taken = (await this.#blocking.callBuffer('EVAL', TAKE, ...args)) as Buffer[];
    this.#asksFirst = taken.length === most;
    return taken;
  }

  /** Whether a task came within the time. */
  async #hasRung(waitSeconds: number): Promise<boolean> {
    try {
      return (await this.#blocking.blmove(TASK_LIST, BELL, 'RIGHT', 'LEFT', waitSeconds)) !== null;
    } catch (error) {
      if ((error as Error).message.startsWith('WRONGTYPE')) return true;
      throw error;
    }
  }

  leftovers(): Promise<Buffer[]> {
    const messages = this.#redis.callBuffer('EVAL', LEFTOVERS, 1, INTAKE_LIST, MAX_TASK_BYTES);
    return messages as Promise<Buffer[]>;
  }

  async acknowledge(raw: Buffer): Promise<boolean> {
    return (await this.#redis.lrem(INTAKE_LIST, 1, raw)) > 0;
  }

  async bury(raw: Buffer, letter: DeadLetter): Promise<void> {
    const keys = [DEAD_LETTER_LIST, INTAKE_LIST];
    await this.#redis.eval(BURY, keys.length, ...keys, JSON.stringify(letter), MOST_LETTERS, raw);
  }

  async keepDeadLetter(letter: DeadLetter): Promise<void> {
    await this.#redis.eval(KEEP, 1, DEAD_LETTER_LIST, JSON.stringify(letter), MOST_LETTERS);
  }

  async dropLettersBefore(before: Date): Promise<number> {
    return Number(await this.#redis.eval(DROP_BEFORE, 1, DEAD_LETTER_LIST, before.toISOString()));
  }

  async waitingSessionIds(): Promise<Set<string>> {
    // From the end where tasks arrive: what leaves meanwhile is on the intake list, read last.
    const waiting = [...(await this.#idsOn(TASK_LIST)), ...(await this.#idsOn(INTAKE_LIST))];
    return new Set(waiting.filter((id) => id !== '').map((id) => id.toLowerCase()));
  }

  async #idsOn(list: string): Promise<string[]> {
    const ids: string[] = [];
    for (let start = 0, length = PAGE; length === PAGE; start += PAGE) {
      const page = await this.#redis.eval(SESSION_IDS, 1, list, start, start + PAGE - 1);
      ids.push(...(page as string[]));
      length = (page as string[]).length;
    }
    return ids;
  }
}
