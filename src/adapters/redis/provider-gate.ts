/**
 * The gate in front of the paid calls, in Redis for all replicas: a pace (one place every so many
 * milliseconds, slower after the vendor asked for it) and a circuit breaker (closed → open →
 * half-open with one probe at a time). Reservations are made by the call and not by the attempt,
 * so tasks that end without a call cost no place, and those that cannot have one before their
 * deadline fail at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { type ErrorCode, TaskError } from '../../errors.ts';
import type { RecordEvent } from '../../ports/events.ts';
import type { Permit, ProviderGate } from '../../ports/provider-gate.ts';
import { RedisLock } from './lock.ts';

export interface ProviderGateOptions {
  readonly callsPerMinute: number;
  readonly cooldownMs: number;
  /** How long a probe may be out before another may go, as long as its process lives. */
  readonly probeMs: number;
  readonly record: RecordEvent;
}

const KEY = {
  /** The time of the next free place, ms. */
  next: 'wearon:gate:next',
  /** By what the interval is multiplied after the vendor asked for less. */
  slowness: 'wearon:gate:slowness',
  /** Set from the breaker's opening until a call succeeds. */
  tripped: 'wearon:gate:tripped',
  /** ISO 8601: when the breaker opened first, until a call succeeds. */
  trippedAt: 'wearon:gate:tripped-at',
  /** Set while the breaker is open; expires into half-open. */
  open: 'wearon:gate:open',
  /** The lock of the one probe of the half-open breaker, while it is out. */
  probe: 'wearon:gate:probe',
  /** Consecutive failures that look like an outage. */
  outage: 'wearon:gate:outage',
} as const;

const NOW_MS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
`;

/**
 * Reserves the next place, ARGV[1] ms after the last one, unless it is ARGV[2] ms away or more.
 * Returns how many ms away it is, or -1. Both count from now: clocks need not agree.
 */
const RESERVE = `${NOW_MS}
local interval = ARGV[1] * (redis.call('GET', KEYS[2]) or 1)
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
if at - now >= tonumber(ARGV[2]) then return -1 end
redis.call('SET', KEYS[1], string.format('%.3f', at + interval), 'PX', 3600000)
return math.ceil(at - now)`;

/** Gives a place back that nobody will use, ARGV[1] ms long: the last one moves up. */
const GIVE_BACK = `${NOW_MS}
local interval = ARGV[1] * (redis.call('GET', KEYS[2]) or 1)
local next = tonumber(redis.call('GET', KEYS[1]) or 0)
if next > now then
  redis.call('SET', KEYS[1], string.format('%.3f', math.max(now, next - interval)), 'PX', 3600000)
end`;

/** Doubles the interval up to sixteen times, and gives out no place for ARGV[1] ms. */
const SLOW_DOWN = `${NOW_MS}
local slowness = math.min(16, (redis.call('GET', KEYS[2]) or 1) * 2)
redis.call('SET', KEYS[2], slowness, 'PX', 600000)
local next = math.max(now + ARGV[1], tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', 3600000)`;

/** Takes back a twentieth of the slowness for every call that succeeds. */
const SPEED_UP = `
local slowness = redis.call('GET', KEYS[1])
if not slowness then return end
if slowness * 0.95 <= 1 then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], slowness * 0.95, 'PX', 600000) end`;

/**
 * The longest that one answer of the vendor holds up the calls of all replicas. What it asks beyond
 * that, its own task waits: the vendor's limits are per minute (`x-ratelimit-reset-requests`), and
 * an hour in one answer must not fail every task of that hour.
 */
const LONGEST_PAUSE_MS = 60_000;

/**
 * How long the probe outlives a process that died; one that lives prolongs it. Short, because no
 * other replica calls meanwhile, and long enough for a process that stalls for a moment.
 */
const PROBE_LOCK_MS = 5_000;

/** So many calls in a row without an answer are an outage. */
const OUTAGE_FAILURES = 5;
const OUTAGE_WINDOW_SECONDS = 300;
const OUTAGE_CODES: readonly ErrorCode[] = ['PROVIDER_UNAVAILABLE', 'PROVIDER_OUTCOME_UNKNOWN'];

/** `slowness` is by what the pace is stretched after the vendor asked for less: 1 to 16. */
export interface GateState {
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly slowness: number;
  /** Why and since when (ISO 8601) the breaker is not closed; null while it is. */
  readonly trip: { readonly code: string; readonly since: string | null } | null;
}

/** The gate as it stands now, for metrics and operators. */
export async function readGateState(redis: Redis): Promise<GateState> {
  const keys = [KEY.tripped, KEY.trippedAt, KEY.open, KEY.slowness];
  const [code = null, since = null, open, slowness] = await redis.mget(keys);
  const half = open === null ? 'half_open' : 'open';
  return {
    breaker: code === null ? 'closed' : half,
    slowness: Number(slowness ?? 1),
    trip: code === null ? null : { code, since },
  };
}

export class RedisProviderGate implements ProviderGate {
  readonly #redis: Redis;
  readonly #options: ProviderGateOptions;
  readonly #probe: RedisLock;

  constructor(redis: Redis, options: ProviderGateOptions) {
    this.#redis = redis;
    this.#probe = new RedisLock(redis, KEY.probe, PROBE_LOCK_MS);
    this.#options = options;
  }

  async check(): Promise<void> {
    const [tripped, openMs, probeMs] = await Promise.all([
      this.#redis.exists(KEY.tripped),
      this.#redis.pttl(KEY.open),
      this.#redis.pttl(KEY.probe),
    ]);
    const waitMs = Math.max(openMs, probeMs);
    if (tripped === 1 && waitMs > 0) throw this.#refusal(waitMs);
  }

  async enter(deadlineMs: number, signal: AbortSignal): Promise<Permit> {
    await this.check();
    const slotMs = await this.#takeSlot(deadlineMs, signal);
    const done = new AbortController();
    try {
      await this.check();
      if ((await this.#redis.exists(KEY.tripped)) === 1) await this.#claimProbe(done.signal);
    } catch (refusal) {
      // Otherwise the calls after an outage wait behind the slots of those that it refused.
      await this.#returnSlot(slotMs);
      throw refusal;
    }
    return this.#permit(() => done.abort());
  }

  /**
   * Waits for the next slot of the rate limit; resolves with its length, ms. Slots are given out in
   * order and never come nearer, so one that is too late stays too late.
   */
  async #takeSlot(deadlineMs: number, signal: AbortSignal): Promise<number> {
    const intervalMs = 60_000 / this.#options.callsPerMinute;
    const times = [intervalMs, deadlineMs - Date.now()];
    const waitMs = Number(await this.#redis.eval(RESERVE, 2, KEY.next, KEY.slowness, ...times));
    if (waitMs < 0) throw new TaskError('DEADLINE_EXCEEDED', { detail: 'no_place_in_time' });
    if (waitMs === 0) return intervalMs;
    await sleep(waitMs, undefined, { signal }).catch(async (aborted: unknown) => {
      await this.#returnSlot(intervalMs);
      throw aborted;
    });
    return intervalMs;
  }

  async #returnSlot(slotMs: number): Promise<void> {
    await this.#redis.eval(GIVE_BACK, 2, KEY.next, KEY.slowness, slotMs);
  }

  /** While half-open, only the holder of the probe may call: until it is done, or `probeMs` at most. */
  async #claimProbe(done: AbortSignal): Promise<void> {
    const claimed = Promise.withResolvers<boolean>();
    const hold = () => {
      claimed.resolve(true);
      return sleep(this.#options.probeMs, undefined, { signal: done }).catch(() => undefined);
    };
    // A lock that cannot be given back expires.
    this.#probe.during(hold).then(() => claimed.resolve(false), claimed.reject);
    if (!(await claimed.promise)) throw this.#refusal(await this.#redis.pttl(KEY.probe));
  }

  /** The permit of one call; it ends once the gate knows how the call ended. */
  #permit(end: () => void): Permit {
    let known = Promise.resolve();
    return {
      succeeded: () => {
        known = this.#settle(() => this.#succeeded());
      },
      failed: (error) => {
        known = this.#settle(() => this.#failed(error));
      },
      [Symbol.dispose]: () => void known.then(end),
    };
  }

  #refusal(waitMs: number): TaskError {
    const retryAfterMs = Math.max(0, Math.min(waitMs, this.#options.cooldownMs));
    return new TaskError('PROVIDER_REFUSES_SERVICE', { detail: 'breaker_open', retryAfterMs });
  }

  async #succeeded(): Promise<void> {
    await this.#close();
    await this.#redis.eval(SPEED_UP, 1, KEY.slowness);
  }

  async #failed(error: TaskError): Promise<void> {
    if (error.kind === 'operational') return this.#trip(error.code);
    if (OUTAGE_CODES.includes(error.code)) return this.#countOutage(error.code);
    if (error.code === 'PROVIDER_BUSY') {
      const pauseMs = Math.min(error.retryAfterMs ?? 0, LONGEST_PAUSE_MS);
      await this.#redis.eval(SLOW_DOWN, 2, KEY.next, KEY.slowness, pauseMs);
    }
    // Any other answer, a refusal too, proves that the service works.
    await this.#close();
  }

  async #close(): Promise<void> {
    const wasTripped = await this.#redis.del(KEY.tripped);
    await this.#redis.del(KEY.open, KEY.outage, KEY.trippedAt);
    if (wasTripped === 1) this.#options.record({ event: 'breaker_closed' });
  }

  async #countOutage(code: ErrorCode): Promise<void> {
    const failures = await this.#redis.incr(KEY.outage);
    await this.#redis.expire(KEY.outage, OUTAGE_WINDOW_SECONDS);
    const isTripped = (await this.#redis.exists(KEY.tripped)) === 1;
    if (isTripped || failures >= OUTAGE_FAILURES) await this.#trip(code);
  }

  async #trip(code: ErrorCode): Promise<void> {
    const { cooldownMs, record } = this.#options;
    const opened = await this.#redis.set(KEY.open, code, 'PX', cooldownMs, 'NX');
    await this.#redis.set(KEY.tripped, code);
    await this.#redis.set(KEY.trippedAt, new Date().toISOString(), 'NX');
    if (opened !== null) record({ event: 'breaker_opened', code, cooldownMs });
  }

  /** Never rejects: nobody waits for what the gate makes of a call. */
  #settle(action: () => Promise<void>): Promise<void> {
    return action().catch((error: Error) => {
      this.#options.record({ event: 'loop_error', loop: 'provider_gate', error });
    });
  }
}
