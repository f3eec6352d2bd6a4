/**
 * What paid calls cost today (UTC), in Redis for all replicas, held below DAILY_BUDGET_USD. A call's
 * forecast is set aside before it goes out and corrected by its cost; one of unknown outcome stays
 * counted, since it may be billed.
 */
import type { Redis } from 'ioredis';
import { TaskError } from '../../errors.ts';
import type { Budget, Reservation } from '../../ports/budget.ts';
import { loopErrors, type RecordEvent } from '../../ports/events.ts';

/** A task is retried after so long: the limit may have been raised, or another call's reservation returned. */
const ASK_AGAIN_MS = 60_000;
const KEPT_SECONDS = 172_800;
const NO_RESERVATION: Reservation = { spent() {}, returned() {} };

/** Adds ARGV[1] USD unless the day would come to more than ARGV[2] with it: 1 when added, else 0. */
const RESERVE = `
local spent = tonumber(redis.call('GET', KEYS[1]) or 0)
if spent + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end
redis.call('INCRBYFLOAT', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ${KEPT_SECONDS})
return 1`;

/** Adds ARGV[1] USD to a day that is still known; after a loss of data it would be owed to the next calls. */
const CORRECT = `if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('INCRBYFLOAT', KEYS[1], ARGV[1]) end`;

function keyOf(nowMs: number): string {
  return `wearon:budget:${new Date(nowMs).toISOString().slice(0, 10)}`;
}

/** What is spent or set aside today, USD. */
export async function spentToday(redis: Redis): Promise<number> {
  return Number((await redis.get(keyOf(Date.now()))) ?? 0);
}

export class RedisDailyBudget implements Budget {
  readonly #redis: Redis;
  readonly #limitUsd: number | null;
  readonly #record: RecordEvent;
  /** The day of the last refusal: each day is reported once. */
  #refusedOn: string | null = null;

  /** Without a limit every call fits, and nothing is counted. */
  constructor(redis: Redis, limitUsd: number | null, record: RecordEvent) {
    this.#redis = redis;
    this.#limitUsd = limitUsd;
    this.#record = record;
  }

  async assertMayPay(): Promise<void> {
    if (this.#limitUsd === null) return;
    if ((await spentToday(this.#redis)) >= this.#limitUsd) throw this.#refusal();
  }

  async reserve(forecastUsd: number): Promise<Reservation> {
    if (this.#limitUsd === null) return NO_RESERVATION;
    const key = keyOf(Date.now());
    const added = await this.#redis.eval(RESERVE, 1, key, forecastUsd, this.#limitUsd);
    if (added !== 1) throw this.#refusal();
    return {
      spent: (costUsd) => this.#correct(key, costUsd === null ? 0 : costUsd - forecastUsd),
      returned: () => this.#correct(key, -forecastUsd),
    };
  }

  #refusal(): TaskError {
    const day = keyOf(Date.now());
    if (this.#refusedOn !== day)
      this.#record({ event: 'budget_spent', limitUsd: this.#limitUsd ?? 0 });
    this.#refusedOn = day;
    return new TaskError('PROVIDER_REFUSES_SERVICE', {
      detail: 'budget_spent',
      retryAfterMs: ASK_AGAIN_MS,
    });
  }

  #correct(key: string, usd: number): void {
    this.#redis.eval(CORRECT, 1, key, usd).catch(loopErrors(this.#record, 'budget'));
  }
}
