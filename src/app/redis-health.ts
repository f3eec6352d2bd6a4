/**
 * Whether Redis can be trusted with tasks now: it answers and writes, evicts nothing, and its clock
 * agrees with ours. Readiness, `/health` and the intake go by it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { isDatabaseRefusal } from '../adapters/redis/connection.ts';
import { evictionPolicy, NO_EVICTION } from '../adapters/redis/memory.ts';
import { isClusterAnswer, NO_CLUSTER, NO_DATABASE, probeRedis } from '../adapters/redis/probe.ts';
import type { RecordEvent } from '../ports/events.ts';

/** A probe that takes longer than this means that Redis does not answer. */
const SILENT_MS = 10_000;
/** A slower answer says too little about the other clock. */
const MOST_ROUND_TRIP_MS = 5000;
/** Beyond this a deadline is judged wrongly enough to matter. */
const WARN_SKEW_MS = 5_000;
/** Beyond this tasks would be failed, or kept, for the wrong time: none is taken. */
const MOST_SKEW_MS = 60_000;
const CLOCK_POLL_MS = 500;
/** How often a Redis that does not evict is asked for its policy again. */
const POLICY_INTERVAL_MS = 60_000;

const UNKNOWN_POLICY =
  'Redis does not show its maxmemory-policy; make sure that it is noeviction, or tasks may be lost';

export class RedisHealth {
  readonly #record: RecordEvent;
  readonly #warn: (warning: string) => void;
  #lost: string | null = 'Redis has not answered yet';
  readonly #unavailable = Promise.withResolvers<void>();
  #refusal: Error | null = null;
  #probedAtMs: number | null = null;
  /** `performance.now()` minus the clock of Redis: stays when our clock is set. Null until it is known. */
  #monotonicAheadMs: number | null = null;
  /** Null where Redis does not show it. */
  #policy: string | null = NO_EVICTION;
  #policyReadAtMs = Number.NEGATIVE_INFINITY;

  /** `warn` gets what an operator should know of the configuration. */
  constructor(record: RecordEvent, warn: (warning: string) => void) {
    this.#record = record;
    this.#warn = warn;
  }

  /** The connection failed, or was refused service, `repeated` times since this was said last. */
  lost(error: Error, repeated: number): void {
    this.#lost = isDatabaseRefusal(error)
      ? NO_DATABASE
      : `Redis is not available: ${codeOf(error)}`;
    this.#unavailable.resolve();
    this.#record({ event: 'loop_error', loop: 'redis', error, repeated });
  }

  /** The connection carried out a write again. */
  back(): void {
    this.#lost = null;
  }

  /** Resolves when the connection has failed for the first time. */
  get unavailable(): Promise<void> {
    return this.#unavailable.promise;
  }

  get isConnected(): boolean {
    return this.#lost === null;
  }

  /** Whether Redis carried out the last probe. False with a refused password, too. */
  get isServing(): boolean {
    return this.isConnected && this.#refusal === null;
  }

  /** Why the worker cannot use this Redis: a cluster, or one without the database. Null otherwise. */
  get unfitness(): string | null {
    if (this.#lost === NO_DATABASE) return NO_DATABASE;
    return this.#refusal !== null && isClusterAnswer(this.#refusal) ? NO_CLUSTER : null;
  }

  /**
   * Whether our clock may judge that something is too old. False until the clocks have been compared,
   * and while ours is far ahead: what is young would be failed, rescued or deleted.
   */
  get mayJudgeAges(): boolean {
    return this.#aheadMs !== null && this.#aheadMs <= MOST_SKEW_MS;
  }

  /** Resolves once our clock may judge ages, or at the signal. */
  async untilAgesCount(signal: AbortSignal): Promise<void> {
    while (!this.mayJudgeAges && !signal.aborted) {
      await sleep(CLOCK_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Why no task may be taken now; null when tasks may be taken. */
  get problem(): string | null {
    if (this.#lost !== null) return this.#lost;
    if (this.unfitness !== null) return this.unfitness;
    if (this.#refusal !== null) return `Redis refuses a command: ${codeOf(this.#refusal)}`;
    if (this.#probedAtMs !== null && performance.now() - this.#probedAtMs > SILENT_MS) {
      return 'Redis does not answer';
    }
    if (this.#aheadMs === null || Math.abs(this.#aheadMs) > MOST_SKEW_MS)
      return `${this.#clockText()}; no task is taken until they agree`;
    if (this.#evicts) {
      return `Redis has maxmemory-policy ${this.#policy}; no task is taken until it is noeviction`;
    }
    return null;
  }

  /** What an operator should know of Redis now. */
  get warnings(): string[] {
    const isOff = Math.abs(this.#aheadMs ?? 0) > WARN_SKEW_MS;
    return [this.problem ?? (isOff ? this.#clockText() : null)].filter((text) => text !== null);
  }

  /** Probes Redis once; while Redis is away it waits. Never rejects. */
  async check(redis: Redis): Promise<void> {
    const startedAtMs = performance.now();
    this.#probedAtMs = startedAtMs;
    try {
      const redisMs = await probeRedis(redis);
      const tookMs = performance.now() - startedAtMs;
      if (tookMs <= MOST_ROUND_TRIP_MS) {
        this.#monotonicAheadMs = leastAheadMs(redisMs, tookMs) - clockOffsetMs();
      }
      this.#lost = null;
      this.#refusal = null;
      await this.#readPolicy(redis);
    } catch (error) {
      this.#refusal = error as Error;
      this.#lost = null;
      this.#record({ event: 'loop_error', loop: 'redis', error: error as Error });
    } finally {
      this.#probedAtMs = null;
    }
    this.#report();
  }

  /** By how much our clock is ahead of Redis, also when it was set after the last probe; null until it is known. */
  get #aheadMs(): number | null {
    return this.#monotonicAheadMs === null ? null : this.#monotonicAheadMs + clockOffsetMs();
  }

  get #evicts(): boolean {
    return this.#policy !== null && this.#policy !== NO_EVICTION;
  }

  async #readPolicy(redis: Redis): Promise<void> {
    const ageMs = performance.now() - this.#policyReadAtMs;
    if (!this.#evicts && ageMs < POLICY_INTERVAL_MS) return;
    this.#policy = await evictionPolicy(redis);
    this.#policyReadAtMs = performance.now();
    if (this.#policy === null) this.#warn(UNKNOWN_POLICY);
  }

  #report(): void {
    if (this.#refusal !== null || this.#aheadMs === null) return;
    const loop = this.problem === null ? 'clock' : 'intake';
    for (const text of this.warnings) {
      this.#record({ event: 'loop_error', loop, error: new Error(text) });
    }
  }

  #clockText(): string {
    if (this.#aheadMs === null)
      return 'the clocks of this machine and of Redis are not compared yet';
    const seconds = Math.round(Math.abs(this.#aheadMs) / 1000);
    return `the clock of this machine is ${seconds} s ${this.#aheadMs > 0 ? 'ahead of' : 'behind'} that of Redis`;
  }
}

/**
 * By how much our clock is ahead of Redis at least, when the probe that brought `redisMs` took
 * `tookMs` and has just ended: negative when it is behind.
 */
function leastAheadMs(redisMs: number, tookMs: number): number {
  const most = Date.now() - redisMs;
  const least = most - tookMs;
  return least > 0 ? least : Math.min(most, 0);
}

/** Our clock minus `performance.now()`, which is never set. */
function clockOffsetMs(): number {
  return Date.now() - performance.now();
}

/** The code of an error, such as ECONNREFUSED or READONLY; hosts and keys stay in the log. */
function codeOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? /(?:^|-)([A-Z]{3,})\b/.exec(error.message)?.[1] ?? 'connection lost';
}
