/**
 * The circuit breaker of one provider over all replicas: closed → open → half-open, where one probe
 * at a time may find out whether calls succeed again.
 */
import type { Redis } from 'ioredis';
import type { ErrorCode } from '../../../error-catalogue.ts';
import { TaskError } from '../../../errors.ts';
import type { RecordEvent } from '../../../ports/events.ts';
import { RedisLock } from '../lock.ts';
import type { GateKeys } from './gate-keys.ts';
import { SPEED_UP } from './rate-limiter.ts';

export interface BreakerOptions {
  readonly provider: string;
  readonly cooldownMs: number;
  /** How long a probe may be out before another may go, as long as its process lives. */
  readonly probeMs: number;
  readonly record: RecordEvent;
}

/**
 * How long the probe outlives a process that died; one that lives prolongs it. Short, because no
 * other replica calls meanwhile, and long enough for a process that stalls for a moment.
 */
const PROBE_LOCK_MS = 5_000;

/**
 * So many calls in a row without a usable answer are an outage: a proxy's page with status 200, too,
 * else each task would be failed for it.
 */
const OUTAGE_FAILURES = 5;
const OUTAGE_WINDOW_SECONDS = 300;
const OUTAGE_CODES: readonly ErrorCode[] = [
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_OUTCOME_UNKNOWN',
  'PROVIDER_MALFORMED',
];

/**
 * KEYS: the slowness of the rate limit, the mark that the breaker is tripped, then all else that belongs to
 * it. ARGV: whether a call has succeeded. Returns whether the breaker was tripped.
 */
const CLOSE = `
if ARGV[1] == '1' then
${SPEED_UP}
end
local wasTripped = redis.call('DEL', KEYS[2])
redis.call('DEL', unpack(KEYS, 3))
return wasTripped`;

export class CircuitBreaker {
  readonly #redis: Redis;
  readonly #keys: GateKeys;
  readonly #options: BreakerOptions;
  readonly #probe: RedisLock;

  constructor(redis: Redis, keys: GateKeys, options: BreakerOptions) {
    this.#redis = redis;
    this.#keys = keys;
    this.#options = options;
    this.#probe = new RedisLock(redis, keys.probe, PROBE_LOCK_MS);
  }

  /** Throws PROVIDER_REFUSES_SERVICE, with the time to wait, while it is open or a probe is out. */
  async assertMayPay(): Promise<void> {
    await this.#checkTripped();
  }

  /** As `assertMayPay`; while half-open the call becomes the probe, until `done` aborts, or `probeMs` at most. */
  async enter(done: AbortSignal): Promise<void> {
    if (!(await this.#checkTripped())) return;
    const until = AbortSignal.any([done, AbortSignal.timeout(this.#options.probeMs)]);
    if (!(await this.#probe.hold(until)))
      throw this.#refusal(await this.#redis.pttl(this.#keys.probe));
  }

  /** A call has succeeded: closes the breaker, and the rate limit gets a little faster. */
  succeeded(): Promise<void> {
    return this.#close(true);
  }

  /** The vendor's own answer, a refusal too, proves that the service works. */
  async #close(isSuccess: boolean): Promise<void> {
    const { slowness, tripped, open, outage, trippedAt } = this.#keys;
    const keys = [slowness, tripped, open, outage, trippedAt];
    const wasTripped = await this.#redis.eval(CLOSE, keys.length, ...keys, isSuccess ? 1 : 0);
    const { provider, record } = this.#options;
    if (wasTripped === 1) record({ event: 'breaker_closed', provider });
  }

  /** False while it is closed; true while a call may be the probe. Throws as `assertMayPay` does. */
  async #checkTripped(): Promise<boolean> {
    if (!(await this.#isTripped())) return false;
    const { open, probe } = this.#keys;
    const waitMs = Math.max(await this.#redis.pttl(open), await this.#redis.pttl(probe));
    if (waitMs > 0) throw this.#refusal(waitMs);
    return true;
  }

  /** Opens it where no call can succeed; an error that looks like an outage counts towards that. */
  async failed({ code, kind }: TaskError): Promise<void> {
    if (kind === 'operational') return this.#trip(code);
    if (!OUTAGE_CODES.includes(code)) return this.#close(false);
    const failures = await this.#redis.incr(this.#keys.outage);
    await this.#redis.expire(this.#keys.outage, OUTAGE_WINDOW_SECONDS);
    if (failures >= OUTAGE_FAILURES || (await this.#isTripped())) await this.#trip(code);
  }

  async #isTripped(): Promise<boolean> {
    return (await this.#redis.exists(this.#keys.tripped)) === 1;
  }

  #refusal(waitMs: number): TaskError {
    const retryAfterMs = Math.max(0, Math.min(waitMs, this.#options.cooldownMs));
    return new TaskError('PROVIDER_REFUSES_SERVICE', { detail: 'breaker_open', retryAfterMs });
  }

  async #trip(code: ErrorCode): Promise<void> {
    const { provider, cooldownMs, record } = this.#options;
    const opened = await this.#redis.set(this.#keys.open, code, 'PX', cooldownMs, 'NX');
    await this.#redis.set(this.#keys.tripped, code);
    await this.#redis.set(this.#keys.trippedAt, new Date().toISOString(), 'NX');
    if (opened !== null) record({ event: 'breaker_opened', provider, code, cooldownMs });
  }
}
