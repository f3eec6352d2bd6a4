/**
 * The gate of a picture that no task asked for. It takes a slot of the provider's rate limit, like
 * every call of the workers. It neither heeds nor feeds their circuit breaker: a model on trial that
 * is refused must not stop the tasks, and one that works must not start them again.
 */
import type { Redis } from 'ioredis';
import type { Permit, ProviderGate } from '../../../ports/provider-gate.ts';
import { gateKeysOf } from './gate-keys.ts';
import { RateLimiter } from './rate-limiter.ts';

export class TrialGate implements ProviderGate {
  readonly #limiter: RateLimiter;

  constructor(redis: Redis, provider: string, callsPerMinute: number) {
    this.#limiter = new RateLimiter(redis, gateKeysOf(provider), callsPerMinute);
  }

  async assertMayPay(): Promise<void> {}

  async enter(deadlineMs: number, signal: AbortSignal): Promise<Permit> {
    await this.#limiter.take(deadlineMs, signal);
    return {
      // Where Redis fails here, the next task's call adjusts the rate instead.
      succeeded: () => void this.#limiter.speedUp().catch(() => undefined),
      failed: ({ code, retryAfterMs = 0 }) => {
        if (code === 'PROVIDER_BUSY') this.#limiter.slowDown(retryAfterMs).catch(() => undefined);
      },
      [Symbol.dispose]() {},
    };
  }
}
