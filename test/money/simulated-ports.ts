/**
 * The worker's ports in the simulation: they take their time, fail, and go silent when the process
 * is killed, while the database still carries statements out.
 */
import type { RefundOrder } from '../../src/ports/ledger.ts';
import type { Session, SessionRef, Sessions } from '../../src/ports/session.ts';
import type { Simulation } from './simulation.ts';
import type { Money } from './source.ts';
import type { Row, StoredJob, World } from './world.ts';

/** A statement may run so long (8 s on Supabase), and a request waits 15 s for it. */
const LONGEST_STATEMENT_MS = 7_900;
const PAYER_LOCK_MS = 30_000;
const HOUR_MS = 3_600_000;

export interface Weather {
  /** In the first hour one call in so many has no answer, though it is carried out. */
  readonly lostAnswers: number;
  /** Owners for whom no refund can ever be booked. */
  readonly hopeless: ReadonlySet<string>;
}

interface Given {
  readonly sim: Simulation;
  readonly world: World;
  readonly money: Money;
  readonly weather: Weather;
  readonly isAlive: () => boolean;
}

export class SimulatedPorts {
  readonly #given: Given;

  constructor(given: Given) {
    this.#given = given;
  }

  /** One request: carried out after a while, answered after another. */
  async #call<T>(effect: () => T, slowest = 300): Promise<T> {
    const { sleep, between, random } = bound(this.#given.sim);
    await sleep(random() * 100 < slowest / 100 ? between(0, slowest) : between(1, 50));
    const result = effect();
    await sleep(between(1, 50));
    if (!this.#given.isAlive()) return new Promise<never>(() => undefined);
    if (this.#given.sim.elapsedMs < HOUR_MS && random() * this.#given.weather.lostAnswers < 1) {
      await sleep(10_000);
      throw new this.#given.money.TaskError('STORAGE_UNAVAILABLE', { retryAfterMs: 10_000 });
    }
    return result;
  }

  async redis<T>(effect: () => T): Promise<T> {
    await this.#given.sim.sleep(1);
    if (!this.#given.isAlive()) return new Promise<never>(() => undefined);
    return effect();
  }

  deps() {
    const world = this.#given.world;
    return {
      record: () => undefined,
      platformCleanUpMinute: 0,
      sessions: this.#sessions(),
      imageStore: {
        sign: (path: string) => this.#call(() => (world.pictures.has(idIn(path)) ? 'link' : null)),
        remove: (paths: readonly string[]) =>
          this.#call(() => {
            for (const path of paths) world.pictures.delete(idIn(path));
          }),
        put: async () => undefined,
      },
      analytics: {
        delivered: ({ ownerId, channel }: Session, requestId: string | null) =>
          this.#call(() => {
            const own = world.deliveries.filter((d) => d.ownerId === ownerId);
            const those = own.filter((d) => channel === 'b2c' || d.requestId === requestId);
            return new Set(those.map(({ sessionId }) => sessionId));
          }),
        record: ({ sessionId, ownerId }: Session, type: string, metadata: object) =>
          this.#call(() => {
            const { request_id: requestId = null } = metadata as { request_id?: string | null };
            if (type !== 'generation_completed') return;
            world.deliveries.push({ sessionId, ownerId, requestId });
          }),
      },
      ledger: {
        entries: ({ ownerId, channel }: Session, requestId: string | null) =>
          this.#call(() =>
            world.bookings.filter(
              (row) =>
                row.ownerId === ownerId && (channel === 'b2c' || row.requestId === requestId),
            ),
          ),
        refund: (order: RefundOrder) => this.#refund(order),
      },
      payerLock: this.#payerLock(),
      refunds: {
        add: (intent: StoredJob['intent']) =>
          this.redis(() => {
            if (world.refundJobs.has(intent.sessionId)) return;
            const job = { intent: { ...intent }, token: null, dueMs: this.#given.sim.nowMs };
            world.refundJobs.set(intent.sessionId, job);
          }),
        aliveAmong: async (ids: readonly string[]) =>
          new Set(ids.filter((id) => world.refundJobs.has(id))),
      },
      reconciliation: {
        add: (record: Parameters<typeof world.records.set>[1]) =>
          this.redis(() => void world.records.set(record.sessionId, record)),
        has: (sessionId: string) => this.redis(() => world.records.has(sessionId)),
      },
    };
  }

  #refund(order: RefundOrder) {
    return this.#call(() => {
      if (this.#given.weather.hopeless.has(order.ownerId)) {
        throw new this.#given.money.TaskError('STORAGE_UNAVAILABLE');
      }
      const about = /session (\S+)\)/.exec(order.description)?.[1] ?? null;
      const booked = this.#given.world.refund({
        ...order,
        amount: order.credits,
        by: 'worker',
        about,
      });
      return booked ? ('refunded' as const) : ('already_refunded' as const);
    }, LONGEST_STATEMENT_MS);
  }

  #payerLock() {
    const locks = this.#given.world.payerLocks;
    const holderOf = (id: string) => {
      const lock = locks.get(id);
      return lock === undefined || lock.untilMs < this.#given.sim.nowMs ? null : lock.sessionId;
    };
    const hold = (id: string, sessionId: string) =>
      locks.set(id, { sessionId, untilMs: this.#given.sim.nowMs + PAYER_LOCK_MS });
    return {
      take: (id: string, sessionId: string) =>
        this.redis(() => {
          const isFree = [null, sessionId].includes(holderOf(id));
          if (isFree) hold(id, sessionId);
          return isFree;
        }),
      keep: (id: string, sessionId: string) =>
        this.redis(() => {
          const isOurs = holderOf(id) === sessionId;
          if (isOurs) hold(id, sessionId);
          return isOurs;
        }),
      release: (id: string, sessionId: string) =>
        this.redis(() => {
          if (holderOf(id) === sessionId) locks.delete(id);
        }),
    };
  }

  #sessions(): Sessions {
    const { rows } = this.#given.world;
    const open = ({ status }: Row) => status !== 'completed' && status !== 'failed';
    const list = async function* (found: Row[]) {
      yield* found.map((row) => ({ ...row }));
    };
    const update = (sessionId: string, change: Partial<Row>) =>
      this.#call(() => {
        const row = rows.get(sessionId);
        if (row === undefined || !open(row)) return null;
        Object.assign(row, change);
        if (change.status === 'completed') this.#given.world.delivered.add(sessionId);
        return { ...row };
      });
    const begin = ({ sessionId }: SessionRef) => update(sessionId, { status: 'processing' });
    return {
      find: ({ sessionId }) =>
        this.#call(() => {
          const row = rows.get(sessionId);
          return row === undefined ? null : { ...row };
        }),
      claim: begin,
      markProcessing: begin,
      complete: ({ sessionId }, { completedAt }) =>
        update(sessionId, { status: 'completed', completedAt }),
      fail: ({ sessionId }, errorMessage, completedAt) =>
        update(sessionId, { status: 'failed', errorMessage, completedAt }),
      replaceErrorMessage: ({ sessionId }, completedAt, { from, to }) =>
        this.#call(() => {
          const row = rows.get(sessionId);
          const isSame = row?.completedAt?.getTime() === completedAt.getTime();
          if (isSame && row.errorMessage === from) row.errorMessage = to;
        }),
      sharingPayment: ({ sessionId, ownerId, channel }, requestId) =>
        this.#call(() =>
          [...rows.values()]
            .filter((row) => row.ownerId === ownerId && row.sessionId !== sessionId)
            .filter((row) =>
              channel === 'b2b'
                ? row.requestId === requestId && row.status !== 'failed'
                : open(row),
            )
            .map((row) => ({ sessionId: row.sessionId, isCompleted: row.status === 'completed' })),
        ),
      unfinished: (before) =>
        list([...rows.values()].filter((row) => open(row) && row.createdAt < before)),
      failedSince: (since) =>
        list(
          [...rows.values()].filter((r) => r.status === 'failed' && (r.completedAt ?? 0) >= since),
        ),
    };
  }
}

function idIn(path: string): string {
  return path.split('/').at(-1)?.replace('.jpg', '') ?? '';
}

function bound(sim: Simulation) {
  return {
    sleep: (ms: number) => sim.sleep(ms),
    between: (least: number, most: number) => sim.between(least, most),
    random: () => sim.random(),
  };
}
