/**
 * The platform's Redis list of tasks as a TaskSource. A task is always on exactly one of the list,
 * the intake list or the dead letters, or it is a job.
 */
import type { Redis } from 'ioredis';
import type { DeadLetter, TaskSource } from '../../ports.ts';

/** Where the platform pushes tasks (contract 1.1). */
export const TASK_LIST = 'wearon:tasks:generation';
/** Where a task is between the platform's list and its job. */
export const INTAKE_LIST = 'wearon:tasks:generation:intake';
export const DEAD_LETTER_LIST = 'wearon:tasks:generation:dead';

/** Moves ARGV[1] from the intake list to the dead letters as ARGV[2], unless it has left already. */
const BURY = `
if redis.call('LREM', KEYS[1], 1, ARGV[1]) > 0 then
  redis.call('LPUSH', KEYS[2], ARGV[2])
end`;
const PAGE = 500;

/** `blocking` is a connection of its own: `take` keeps it busy. Both belong to the caller. */
export class RedisTaskList implements TaskSource {
  readonly #redis: Redis;
  readonly #blocking: Redis;

  constructor(redis: Redis, blocking: Redis) {
    this.#redis = redis;
    this.#blocking = blocking;
  }

  take(waitSeconds: number): Promise<Buffer | null> {
    return this.#blocking.blmoveBuffer(TASK_LIST, INTAKE_LIST, 'RIGHT', 'LEFT', waitSeconds);
  }

  leftovers(): Promise<Buffer[]> {
    return this.#redis.lrangeBuffer(INTAKE_LIST, 0, -1);
  }

  async acknowledge(raw: Buffer): Promise<void> {
    await this.#redis.lrem(INTAKE_LIST, 1, raw);
  }

  async bury(raw: Buffer, letter: DeadLetter): Promise<void> {
    await this.#redis.eval(BURY, 2, INTAKE_LIST, DEAD_LETTER_LIST, raw, JSON.stringify(letter));
  }

  async keepDeadLetter(letter: DeadLetter): Promise<void> {
    await this.#redis.lpush(DEAD_LETTER_LIST, JSON.stringify(letter));
  }

  async waitingSessionIds(): Promise<Set<string>> {
    const ids = new Set<string>();
    const note = (raw: string) => {
      const id = sessionIdIn(raw);
      if (id !== null) ids.add(id);
    };
    // From the end where tasks arrive: what leaves meanwhile is on the intake list, read last.
    for (let start = 0, length = PAGE; length === PAGE; start += PAGE) {
      const page = await this.#redis.lrange(TASK_LIST, start, start + PAGE - 1);
      page.forEach(note);
      length = page.length;
    }
    (await this.#redis.lrange(INTAKE_LIST, 0, -1)).forEach(note);
    return ids;
  }
}

function sessionIdIn(raw: string): string | null {
  try {
    const id: unknown = JSON.parse(raw)?.session_id;
    return typeof id === 'string' ? id.toLowerCase() : null;
  } catch {
    return null;
  }
}
