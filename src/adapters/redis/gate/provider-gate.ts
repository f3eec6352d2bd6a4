/**
 * The gate in front of one provider's paid calls, in Redis for all replicas: a rate limiter and a
 * circuit breaker. Slots are taken by the call and not by the attempt, so tasks that end without a
 * call cost none, and those that cannot have one before their deadline fail at once.
 */
import type { Redis } from 'ioredis';
import type { TaskError } from '../../../errors.ts';
import { loopErrors } from '../../../ports/events.ts';
import type { Permit, ProviderGate } from '../../../ports/provider-gate.ts';
import type { GateState } from '../../../ports/redis-readings.ts';
import { type BreakerOptions, CircuitBreaker } from './circuit-breaker.ts';
import { gateKeysOf } from './gate-keys.ts';
import { RateLimiter } from './rate-limiter.ts';

interface ProviderGateOptions extends BreakerOptions {
  readonly callsPerMinute: number;
}

/** The gate of a provider as it stands now, for metrics and operators. */
export async function readGateState(redis: Redis, provider: string): Promise<GateState> {
  const keys = gateKeysOf(provider);
  const read = [keys.tripped, keys.trippedAt, keys.open, keys.slowness];
  const [code = null, since = null, open, slowness] = await redis.mget(read);
  const half = open === null ? 'half_open' : 'open';
  return {
    breaker: code === null ? 'closed' : half,
    slowness: Number(slowness ?? 1),
    trip: code === null ? null : { code, since },
  };
}

export class RedisProviderGate implements ProviderGate {
  readonly #options: ProviderGateOptions;
  readonly #limiter: RateLimiter;
  readonly #breaker: CircuitBreaker;

  constructor(redis: Redis, options: ProviderGateOptions) {
    const keys = gateKeysOf(options.provider);
    this.#options = options;
    this.#limiter = new RateLimiter(redis, keys, options.callsPerMinute);
    this.#breaker = new CircuitBreaker(redis, keys, options);
  }

  assertMayPay(): Promise<void> {
    return this.#breaker.assertMayPay();
  }

  async enter(deadlineMs: number, signal: AbortSignal): Promise<Permit> {
    const atOnce = await this.#limiter.takeIfClosed(deadlineMs, signal);
    if (atOnce === null) await this.assertMayPay();
    const slot = atOnce ?? (await this.#limiter.take(deadlineMs, signal));
    const done = new AbortController();
    try {
      if (atOnce === null || !slot.isImmediate) await this.#breaker.enter(done.signal);
    } catch (refusal) {
      // Otherwise the calls after an outage queue behind the slots of refused ones.
      await slot.returnUnused();
      throw refusal;
    }
    return this.#permit(() => done.abort());
  }

  /** The permit of one call; it ends once the gate knows how the call ended. */
  #permit(end: () => void): Permit {
    let known = Promise.resolve();
    return {
      succeeded: () => {
        known = this.#inBackground(() => this.#breaker.succeeded());
      },
      failed: (error) => {
        known = this.#inBackground(() => this.#failed(error));
      },
      [Symbol.dispose]: () => void known.then(end),
    };
  }

  async #failed(error: TaskError): Promise<void> {
    if (error.code === 'PROVIDER_BUSY') await this.#limiter.slowDown(error.retryAfterMs ?? 0);
    await this.#breaker.failed(error);
  }

  /** Never rejects: callers do not await it. */
  #inBackground(action: () => Promise<void>): Promise<void> {
    return action().catch(loopErrors(this.#options.record, 'provider_gate'));
  }
}
