/**
 * The gate in front of the paid calls, in Redis for all replicas: a pace (one place every so many
 * milliseconds, slower after the vendor asked for it) and a circuit breaker (closed → open →
 * half-open with one probe at a time). Reservations are made by the call and not by the attempt,
 * so tasks that end without a call cost no place, and expired ones fail at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { type ErrorCode, TaskError } from '../../errors.ts';
import type { ProviderGate, RecordEvent } from '../../ports.ts';

export interface ProviderGateOptions {
  readonly callsPerMinute: number;
  readonly cooldownMs: number;
  /** How long a probe may be out before another may go. */
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
  /** Set while the breaker is open; expires into half-open. */
  open: 'wearon:gate:open',
  /** Set while the one probe of the half-open breaker is out. */
  probe: 'wearon:gate:probe',
  /** Consecutive failures that look like an outage. */
  outage: 'wearon:gate:outage',
} as const;

const NOW_MS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
`;

/** Reserves the next place, ARGV[1] ms after the last one; returns how many ms away it is. */
const RESERVE = `${NOW_MS}
local interval = ARGV[1] * (redis.call('GET', KEYS[2]) or 1)
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.3f', at + interval), 'PX', 3600000)
return math.ceil(at - now)`;

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

/** So many calls in a row without an answer are an outage. */
const OUTAGE_FAILURES = 5;
const OUTAGE_WINDOW_SECONDS = 300;
const OUTAGE_CODES: readonly ErrorCode[] = ['PROVIDER_UNAVAILABLE', 'PROVIDER_OUTCOME_UNKNOWN'];

/** `slowness` is by what the pace is stretched after the vendor asked for less: 1 to 16. */
export interface GateState {
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly slowness: number;
}

/** The gate as it stands now, for metrics and operators. */
export async function readGateState(redis: Redis): Promise<GateState> {
  const [tripped, open, slowness] = await redis.mget(KEY.tripped, KEY.open, KEY.slowness);
  const half = open === null ? 'half_open' : 'open';
  return { breaker: tripped === null ? 'closed' : half, slowness: Number(slowness ?? 1) };
}

export class RedisProviderGate implements ProviderGate {
  readonly #redis: Redis;
  readonly #options: ProviderGateOptions;

  constructor(redis: Redis, options: ProviderGateOptions) {
    this.#redis = redis;
    this.#options = options;
  }

  async check(): Promise<void> {
    const [tripped, openMs, probeMs] = await Promise.all([
      this.#redis.exists(KEY.tripped),
      this.#redis.pttl(KEY.open),
      this.#redis.pttl(KEY.probe),
    ]);
    if (tripped === 1) this.#refuseFor(Math.max(openMs, probeMs));
  }

  async enter(signal: AbortSignal): Promise<void> {
    await this.check();
    const intervalMs = 60_000 / this.#options.callsPerMinute;
    const waitMs = await this.#redis.eval(RESERVE, 2, KEY.next, KEY.slowness, intervalMs);
    if (Number(waitMs) > 0) await sleep(Number(waitMs), undefined, { signal });
    await this.check();
    await this.#claimProbe();
  }

  /** While half-open, only the process that sets the key may call. */
  async #claimProbe(): Promise<void> {
    if ((await this.#redis.exists(KEY.tripped)) === 0) return;
    const { probeMs } = this.#options;
    const claimed = await this.#redis.set(KEY.probe, '1', 'PX', probeMs, 'NX');
    if (claimed === null) this.#refuseFor(await this.#redis.pttl(KEY.probe));
  }

  #refuseFor(waitMs: number): void {
    if (waitMs <= 0) return;
    const retryAfterMs = Math.min(waitMs, this.#options.cooldownMs);
    throw new TaskError('PROVIDER_REFUSES_SERVICE', { detail: 'breaker_open', retryAfterMs });
  }

  succeeded(): void {
    this.#inBackground(async () => {
      await this.#close();
      await this.#redis.eval(SPEED_UP, 1, KEY.slowness);
    });
  }

  failed(error: TaskError): void {
    this.#inBackground(async () => {
      if (error.kind === 'operational') return this.#trip(error.code);
      if (OUTAGE_CODES.includes(error.code)) return this.#countOutage(error.code);
      if (error.code === 'PROVIDER_BUSY') {
        await this.#redis.eval(SLOW_DOWN, 2, KEY.next, KEY.slowness, error.retryAfterMs ?? 0);
      }
      // Any other answer, a refusal too, proves that the service works.
      await this.#close();
    });
  }

  async #close(): Promise<void> {
    const wasTripped = await this.#redis.del(KEY.tripped);
    await this.#redis.del(KEY.open, KEY.probe, KEY.outage);
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
    await this.#redis.del(KEY.probe);
    if (opened !== null) record({ event: 'breaker_opened', code, cooldownMs });
  }

  #inBackground(action: () => Promise<void>): void {
    action().catch((error: Error) => {
      this.#options.record({ event: 'loop_error', loop: 'provider_gate', error });
    });
  }
}
