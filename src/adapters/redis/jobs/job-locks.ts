/**
 * The locks of the jobs that this process runs. A lock that expired, because Redis or the process
 * was away for too long, is taken again as long as no one else has begun the job: a paid call is
 * given up only for another attempt that really runs.
 */
import type { Job as BullJob } from 'bullmq';
import type { Redis } from 'ioredis';
import { LockLostError } from '../../../ports/jobs.ts';

/** Locks are renewed this often in their time. */
export const RENEWALS_PER_LOCK = 4;

const HELD = 1;
const LOST = 0;
/** Redis lost the job with its data: no one else can have it. */
const GONE = -1;

/**
 * `hold(prefix, id, token, started, lockMs)` prolongs the lock of a job, or takes it again. `ats`
 * counts the attempts that were started: as long as it is ours, no one has taken the job over. The
 * check for stalled jobs may have moved it to the waiting list meanwhile.
 */
const HOLD = `
local function hold(prefix, id, token, started, lockMs)
  local job = prefix .. id
  local holder = redis.call('GET', job .. ':lock')
  if holder and holder ~= token then return ${LOST} end
  if not holder then
    local attempts = redis.call('HGET', job, 'ats')
    if not attempts then return ${GONE} end
    if attempts ~= started then return ${LOST} end
    if redis.call('LREM', prefix .. 'wait', 1, id) == 1 then
      redis.call('LPUSH', prefix .. 'active', id)
    elseif not redis.call('LPOS', prefix .. 'active', id) then
      return ${LOST}
    end
  end
  redis.call('SET', job .. ':lock', token, 'PX', lockMs)
  redis.call('SREM', prefix .. 'stalled', id)
  return ${HELD}
end
`;

/** ARGV: prefix, lock ms, then id, token and attempt of each job. Returns the ids of those that are lost. */
const RENEW = `${HOLD}
local lost = {}
for i = 3, #ARGV, 3 do
  if hold(ARGV[1], ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[2]) == ${LOST} then
    table.insert(lost, ARGV[i])
  end
end
return lost`;

/** ARGV: prefix, lock ms, id, token, attempt, and the job's new data if any. Returns the time, ms, or 0. */
const CONFIRM = `${HOLD}
if hold(ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[2]) ~= ${HELD} then return 0 end
if ARGV[6] then redis.call('HSET', ARGV[1] .. ARGV[3], 'data', ARGV[6]) end
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)`;

/** One job under the lock of this process. */
export interface HeldJob<Data> extends Disposable {
  readonly job: BullJob<Data>;
  readonly token: string;
  /** Aborts when another process has the job, and on `abort`. */
  readonly signal: AbortSignal;
  /** The time by Redis, ms since the epoch, with the lock prolonged; rejects with LockLostError without it. */
  confirm(): Promise<number>;
  /** Stores the job's data and prolongs the lock; rejects with LockLostError, and stores nothing, without it. */
  record(data: Data): Promise<void>;
  abort(): void;
}

/** The locks of one queue's jobs. `prefix` begins the keys of the queue, its last colon included. */
export class JobLocks<Data> {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #lockMs: number;
  readonly #held = new Map<string, HeldJob<Data>>();

  constructor(redis: Redis, prefix: string, lockMs: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#lockMs = lockMs;
  }

  /** Jobs under lock. */
  get size(): number {
    return this.#held.size;
  }

  /** Keeps the lock that BullMQ took with `token` until the returned value is disposed of. */
  hold(job: BullJob<Data>, token: string): HeldJob<Data> {
    const abort = new AbortController();
    const confirm = async (...data: string[]) => {
      const args = [this.#prefix, this.#lockMs, ...argumentsOf(held), ...data];
      const nowMs = Number(await this.#redis.eval(CONFIRM, 0, ...args));
      if (nowMs === 0) throw new LockLostError();
      return nowMs;
    };
    const held: HeldJob<Data> = {
      job,
      token,
      signal: abort.signal,
      confirm: () => confirm(),
      record: async (data) => {
        await confirm(JSON.stringify(data));
        job.data = data;
      },
      abort: () => abort.abort(),
      [Symbol.dispose]: () => {
        if (this.#held.get(idOf(held)) === held) this.#held.delete(idOf(held));
      },
    };
    this.#held.set(idOf(held), held);
    return held;
  }

  /** Prolongs every lock, and aborts the jobs that another process has. */
  async renew(): Promise<void> {
    const jobs = [...this.#held.values()];
    if (jobs.length === 0) return;
    const args = [this.#prefix, this.#lockMs, ...jobs.flatMap(argumentsOf)];
    const lost = (await this.#redis.eval(RENEW, 0, ...args)) as string[];
    for (const held of jobs) if (lost.includes(idOf(held))) held.abort();
  }

  /** Aborts every job, so that it is requeued. */
  abortAll(): void {
    for (const held of this.#held.values()) held.abort();
  }
}

function idOf<Data>({ job }: HeldJob<Data>): string {
  return String(job.id);
}

function argumentsOf<Data>(held: HeldJob<Data>): string[] {
  return [idOf(held), held.token, String(held.job.attemptsStarted)];
}
