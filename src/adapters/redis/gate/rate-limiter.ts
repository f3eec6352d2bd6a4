/**
 * The rate limit of one provider over all replicas: one slot every so many milliseconds, slower after
 * the vendor asked for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { TaskError } from '../../../errors.ts';
import type { GateKeys } from './gate-keys.ts';

const NOW_MS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
`;

/**
 * Reserves the next slot, ARGV[1] ms after the last one, unless it is ARGV[2] ms away or more, or
 * KEYS[3] is set and ARGV[3] says that it matters. Returns how many ms away it is, TOO_LATE or TRIPPED.
 * Both count from now: clocks need not agree.
 */
const [TOO_LATE, TRIPPED] = [-1, -2];
const RESERVE = `${NOW_MS}
if ARGV[3] == '1' and redis.call('EXISTS', KEYS[3]) == 1 then return ${TRIPPED} end
local interval = ARGV[1] * (redis.call('GET', KEYS[2]) or 1)
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
if at - now >= tonumber(ARGV[2]) then return ${TOO_LATE} end
redis.call('SET', KEYS[1], string.format('%.3f', at + interval), 'PX', 3600000)
return math.ceil(at - now)`;

/** Gives an unused slot back, ARGV[1] ms long: the last one moves up. */
const GIVE_BACK = `${NOW_MS}
local interval = ARGV[1] * (redis.call('GET', KEYS[2]) or 1)
local next = tonumber(redis.call('GET', KEYS[1]) or 0)
if next > now then
  redis.call('SET', KEYS[1], string.format('%.3f', math.max(now, next - interval)), 'PX', 3600000)
end`;

/** Doubles the interval up to sixteen times, and gives out no slot for ARGV[1] ms. */
const SLOW_DOWN = `${NOW_MS}
local slowness = math.min(16, (redis.call('GET', KEYS[2]) or 1) * 2)
redis.call('SET', KEYS[2], slowness, 'PX', 600000)
local next = math.max(now + ARGV[1], tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', 3600000)`;

/** Takes back a twentieth of the slowness, KEYS[1], for a call that has succeeded. */
export const SPEED_UP = `
local slowness = redis.call('GET', KEYS[1])
if slowness and slowness * 0.95 <= 1 then redis.call('DEL', KEYS[1])
elseif slowness then redis.call('SET', KEYS[1], slowness * 0.95, 'PX', 600000) end`;

/**
 * The longest that one answer of the vendor holds up the calls of all replicas. What it asks beyond
 * that, its own task waits: the vendor's limits are per minute (`x-ratelimit-reset-requests`), and
 * an hour in one answer must not fail every task of that hour.
 */
const LONGEST_PAUSE_MS = 60_000;

/** A slot that was taken; given back where no call goes out. */
export interface Slot {
  /** Nothing was waited for since it was taken. */
  readonly isImmediate: boolean;
  returnUnused(): Promise<void>;
}

export class RateLimiter {
  readonly #redis: Redis;
  readonly #keys: GateKeys;
  readonly #intervalMs: number;

  constructor(redis: Redis, keys: GateKeys, callsPerMinute: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#intervalMs = 60_000 / callsPerMinute;
  }

  /**
   * Waits for the next slot. Throws DEADLINE_EXCEEDED at once when that is not before `deadlineMs`
   * (since the epoch): slots are given out in order and never come nearer, so one that is too late
   * stays too late. An abort rejects with an AbortError.
   */
  async take(deadlineMs: number, signal: AbortSignal): Promise<Slot> {
    return await this.#slotIn(await this.#reserve(deadlineMs, false), signal);
  }

  /** As `take`; null, and takes none, while the circuit breaker of these keys is not closed. */
  async takeIfClosed(deadlineMs: number, signal: AbortSignal): Promise<Slot | null> {
    const waitMs = await this.#reserve(deadlineMs, true);
    return waitMs === TRIPPED ? null : await this.#slotIn(waitMs, signal);
  }

  async #reserve(deadlineMs: number, onlyIfClosed: boolean): Promise<number> {
    const { next, slowness, tripped } = this.#keys;
    const args = [this.#intervalMs, deadlineMs - Date.now(), onlyIfClosed ? 1 : 0];
    return Number(await this.#redis.eval(RESERVE, 3, next, slowness, tripped, ...args));
  }

  async #slotIn(waitMs: number, signal: AbortSignal): Promise<Slot> {
    const { next, slowness } = this.#keys;
    if (waitMs < 0) throw new TaskError('DEADLINE_EXCEEDED', { detail: 'no_place_in_time' });
    const slot: Slot = {
      isImmediate: waitMs === 0,
      returnUnused: async () => {
        await this.#redis.eval(GIVE_BACK, 2, next, slowness, this.#intervalMs);
      },
    };
    if (waitMs === 0) return slot;
    await sleep(waitMs, undefined, { signal }).catch(async (aborted: unknown) => {
      await slot.returnUnused();
      throw aborted;
    });
    return slot;
  }

  /** The vendor asked for less, and for none within `retryAfterMs`. */
  async slowDown(retryAfterMs: number): Promise<void> {
    const pauseMs = Math.min(retryAfterMs, LONGEST_PAUSE_MS);
    await this.#redis.eval(SLOW_DOWN, 2, this.#keys.next, this.#keys.slowness, pauseMs);
  }

  /** A call has succeeded that the circuit breaker does not learn from. */
  async speedUp(): Promise<void> {
    await this.#redis.eval(SPEED_UP, 1, this.#keys.slowness);
  }
}
