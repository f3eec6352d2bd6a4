/**
 * A worker process in the simulation: the worker's own functions over simulated ports, until the
 * process is killed.
 */
import { SimulatedPorts, type Weather } from './simulated-ports.ts';
import type { Simulation } from './simulation.ts';
import type { Money } from './source.ts';
import type { Row, StoredJob, World } from './world.ts';

/** A job goes on elsewhere within this time after its process went silent: short, so that the two meet. */
const TAKE_OVER_MS = 8_000;
const HOUR_MS = 3_600_000;

export class Replica {
  isAlive = true;
  readonly #sim: Simulation;
  readonly #world: World;
  readonly #money: Money;
  readonly #ports: SimulatedPorts;
  /** Jobs under this process's locks. */
  readonly #held = new Set<StoredJob>();

  constructor(sim: Simulation, world: World, money: Money, weather: Weather) {
    this.#sim = sim;
    this.#world = world;
    this.#money = money;
    this.#ports = new SimulatedPorts({ sim, world, money, weather, isAlive: () => this.isAlive });
  }

  kill(): void {
    this.isAlive = false;
    for (const job of this.#held) {
      this.#sim.start(async () => {
        await this.#sim.sleep(this.#sim.between(1_000, TAKE_OVER_MS));
        job.token = null;
      });
    }
  }

  /** Runs what is due until the process is killed. */
  async work(): Promise<void> {
    while (this.isAlive) {
      for (const [sessionId, job] of this.#world.refundJobs) {
        if (job.token !== null || job.dueMs > this.#sim.nowMs) continue;
        job.token = this.#sim.random();
        this.#held.add(job);
        this.#sim.start(() =>
          this.#runRefund(sessionId, job).finally(() => this.#held.delete(job)),
        );
      }
      await this.#sim.sleep(this.#restMs());
    }
  }

  /** Until the next refund is due; new ones are noticed within seconds, late in the day within minutes. */
  #restMs(): number {
    const waiting = [...this.#world.refundJobs.values()].filter(({ token }) => token === null);
    const nextMs = Math.min(...waiting.map(({ dueMs }) => dueMs)) - this.#sim.nowMs;
    const longestMs = this.#sim.elapsedMs < HOUR_MS ? 2_000 : 600_000;
    return Math.min(Math.max(nextMs, 50), longestMs);
  }

  async #runRefund(sessionId: string, job: StoredJob): Promise<void> {
    const { token } = job;
    const isOurs = () => this.#world.refundJobs.get(sessionId) === job && job.token === token;
    const ageMs = this.#sim.nowMs - Date.parse(job.intent.completedAt);
    // Real refunds come again every ten seconds; a day of that would only take time.
    let delayMs = Math.max(2_000, ageMs / 20);
    try {
      const waitMs = await this.#money.failAndRefund(
        {
          intent: job.intent,
          beginBooking: async () => {
            await this.#ports.redis(() => undefined);
            if (!isOurs()) throw new this.#money.LockLostError();
            Object.assign(job.intent, { bookingBegunAt: new Date().toISOString() });
          },
        },
        this.#ports.deps(),
      );
      if (waitMs === 0) {
        if (isOurs()) this.#world.refundJobs.delete(sessionId);
        return;
      }
      delayMs = ageMs > HOUR_MS ? Math.max(waitMs, delayMs) : waitMs;
    } catch (error) {
      if (!(error instanceof this.#money.TaskError || error instanceof this.#money.LockLostError)) {
        throw error;
      }
      if (error instanceof this.#money.TaskError) {
        delayMs = Math.max(delayMs, error.retryAfterMs ?? 0);
      }
    }
    if (!isOurs()) return;
    job.token = null;
    job.dueMs = this.#sim.nowMs + delayMs;
  }

  /** One round of the sweeps. */
  async sweep(): Promise<void> {
    const { world } = { world: this.#world };
    const source = { waitingSessionIds: async () => new Set(world.tasks) };
    const jobs = {
      aliveAmong: async (ids: readonly string[]) =>
        new Set(ids.filter((id) => world.tasks.has(id))),
      givenUp: async () => [],
      forget: async () => undefined,
    };
    const deps = this.#ports.deps();
    const { signal } = new AbortController();
    const dataLoss = {
      lossDetectedAt: async () => world.lossDetectedAtMs,
      markRecovered: async (since: number) => {
        if (world.lossDetectedAtMs === since) world.lossDetectedAtMs = null;
      },
    };
    try {
      await this.#money.rescue({ ...deps, source, jobs, minAgeSeconds: 480 });
      await this.#money.recoverLostRefunds({ ...deps, dataLoss }, signal);
    } catch (error) {
      if (!(error instanceof this.#money.TaskError)) throw error;
    }
  }

  /** An attempt ends with the picture stored. */
  async deliver(row: Row): Promise<void> {
    this.#world.pictures.add(row.sessionId);
    const unknown = { inputTokens: null, outputTokens: null, costUsd: null };
    const completion = {
      ...{ ...unknown, processingTimeMs: null, imageUrl: 'link' },
      completedAt: new Date(),
    };
    const ref = { ...row };
    for (let tries = 0; tries < 9; tries += 1) {
      try {
        await this.#money.complete(ref, completion, this.#ports.deps());
        return;
      } catch (error) {
        if (!(error instanceof this.#money.TaskError)) throw error;
      }
    }
  }

  /** An attempt ends for good without a picture. */
  async fail(row: Row, requestId: string | null): Promise<void> {
    const error = new this.#money.TaskError('GENERATION_FAILED');
    await this.#ports.deps().refunds.add(this.#money.refundIntent(row, requestId, error));
  }
}
