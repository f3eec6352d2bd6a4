/**
 * A day of one person, one store with two shoppers, the platform and two workers, from a plan: who
 * orders what and when, which rows are edited, what breaks. Returns what must not be.
 */
import type { Payer } from '../../src/ports/ledger.ts';
import { faultsOf } from './faults.ts';
import type { Edit, Kill, Order, Plan } from './plan.ts';
import { cleanUp, refundFailedPush } from './platform.ts';
import { Replica } from './replica.ts';
import { Simulation } from './simulation.ts';
import type { Money } from './source.ts';
import { type Booking, PAYING_SHOPPER, type Row, World } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Shortly before the platform's clean-up at 00:00 UTC. */
const START_MS = Date.UTC(2026, 0, 1, 23, 44);

export async function liveThrough(plan: Plan, money: Money): Promise<string[]> {
  using sim = new Simulation(START_MS, plan.seed);
  const day = new Day(plan, money, sim);
  day.begin();
  await sim.run(START_MS + plan.hours * HOUR_MS);
  return faultsOf(day.world, day.rows);
}

class Day {
  readonly #plan: Plan;
  readonly #sim: Simulation;
  readonly world = new World();
  readonly #money: Money;
  /** The orders' sessions; those whose row is not inserted yet are missing. */
  readonly rows: Row[] = [];
  readonly #replicas: Replica[] = [];
  #ids = 0;

  constructor(plan: Plan, money: Money, sim: Simulation) {
    this.#plan = plan;
    this.#money = money;
    this.#sim = sim;
  }

  begin(): void {
    const { orders, edits, kills, redisLostAtMs, workersStartAtMs } = this.#plan;
    this.#at(workersStartAtMs, async () => {
      this.#startReplica();
      this.#startReplica();
    });
    for (const [index, order] of orders.entries())
      this.#at(order.atMs, () => this.#order(order, index));
    const timeOf = ({ order, afterMs }: Kill) =>
      (orders[order % orders.length]?.atMs ?? 0) + afterMs;
    for (const edit of edits) {
      this.#at(timeOf(edit), () => this.#edit(edit.kind, edit.order % orders.length));
    }
    for (const kill of kills) {
      this.#at(timeOf(kill), async () => {
        const [killed] = this.#replicas.splice(this.#sim.between(0, 1), 1);
        killed?.kill();
        if (killed !== undefined) this.#startReplica();
      });
    }
    if (redisLostAtMs !== null) this.#at(redisLostAtMs, async () => this.world.loseRedis());
    this.#sim.start(() => this.#sweeps());
    const midnightMs = 16 * MINUTE_MS;
    this.#at(midnightMs + this.#sim.between(0, MINUTE_MS), () =>
      cleanUp(this.#sim, this.world, this.rows),
    );
  }

  #at(ms: number, action: () => Promise<void>): void {
    this.#sim.start(async () => {
      await this.#sim.sleepUntil(START_MS + ms);
      await action();
    });
  }

  #startReplica(): void {
    const { lostAnswers, isHopeless } = this.#plan;
    const hopeless = new Set(isHopeless ? ['person'] : []);
    const replica = new Replica(this.#sim, this.world, this.#money, { lostAnswers, hopeless });
    this.#replicas.push(replica);
    this.#sim.start(() => replica.work());
  }

  /** The worker looks every minute; after the first hour every second hour is enough. */
  async #sweeps(): Promise<void> {
    for (;;) {
      const isEarly = this.#sim.nowMs < START_MS + HOUR_MS;
      await this.#sim.sleep(isEarly ? MINUTE_MS : 2 * HOUR_MS);
      if (!isEarly) this.world.lossDetectedAtMs ??= this.#sim.nowMs - 30_000;
      // A replica that is killed in its sweep never ends it.
      for (const replica of this.#replicas) {
        this.#sim.start(() => replica.sweep());
        await this.#sim.sleep(this.#sim.between(0, 2_000));
      }
    }
  }

  #newId(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  #insert(payment: Payer, change: Partial<Row>, isPlanted: boolean): Row {
    const isPerson = payment === 'person';
    const row: Row = {
      channel: isPerson ? 'b2c' : 'b2b',
      ownerId: isPerson ? 'person' : 'store',
      sessionId: this.#newId(),
      status: 'queued',
      createdAt: new Date(),
      completedAt: null,
      errorMessage: null,
      requestId: null,
      shopperEmail: payment === 'shopper' ? PAYING_SHOPPER : null,
      creditsUsed: 1,
      ...change,
      isPlanted,
    };
    this.world.rows.set(row.sessionId, row);
    return row;
  }

  #book(booking: Pick<Booking, 'type' | 'payer' | 'requestId' | 'about' | 'description'>): void {
    const { payer, type } = booking;
    this.world.bookings.push({
      ...booking,
      ownerId: payer === 'person' ? 'person' : 'store',
      email: payer === 'shopper' ? PAYING_SHOPPER : null,
      amount: type === 'refund' ? 1 : -1,
      createdAt: new Date(),
      by: 'platform',
    });
  }

  async #order({ payment, fate }: Order, index: number): Promise<void> {
    const world = this.world;
    const requestId = payment === 'person' ? null : `request-${index}`;
    const description =
      payment === 'shopper' ? 'B2B shopper generation (shopper=payer@shop.test)' : 'generation';
    const at = world.bookings.length;
    this.#book({ type: 'deduction', payer: payment, requestId, about: null, description });
    await this.#sim.sleep(this.#sim.between(5, 300));
    const row = this.#insert(payment, { requestId }, false);
    world.bookings[at] = { ...(world.bookings[at] as Booking), about: row.sessionId };
    this.rows[index] = row;
    await this.#sim.sleep(this.#sim.between(5, 100));
    if (fate === 'lost') return;
    world.tasks.add(row.sessionId);
    if (fate === 'push_throws')
      this.#sim.start(() => refundFailedPush(this.#sim, this.world, row, payment));
    await this.#sim.sleep(this.#sim.between(100, 4_000));
    if (fate === 'former') {
      await this.#failAsFormerRelease(row, requestId);
    } else {
      const replica = this.#replicas.at(-1);
      await (fate === 'delivered' ? replica?.deliver(row) : replica?.fail(row, requestId));
    }
    world.tasks.delete(row.sessionId);
  }

  async #failAsFormerRelease(row: Row, requestId: string | null): Promise<void> {
    const completedAt = new Date();
    const text = 'The picture could not be made. Your credit has been returned; please try again.';
    Object.assign(row, { status: 'failed', completedAt, errorMessage: text });
    const error = new this.#money.TaskError('GENERATION_FAILED');
    const intent = {
      ...this.#money.refundIntent(row, requestId, error),
      version: 0,
      completedAt: completedAt.toISOString(),
    };
    this.world.refundJobs.set(row.sessionId, { intent, token: null, dueMs: this.#sim.nowMs });
  }

  async #edit(kind: Edit['kind'], order: number): Promise<void> {
    const row = this.rows[order];
    const payment = this.#plan.orders[order]?.payment;
    if (row === undefined || payment === undefined) return;
    const old = { createdAt: new Date(this.#sim.nowMs - HOUR_MS), creditsUsed: 1000 };
    switch (kind) {
      case 'raise_credits':
        row.creditsUsed = 100;
        return;
      case 'name_other_shopper':
        row.shopperEmail = 'other@shop.test';
        return;
      case 'set_back':
        if (row.status !== 'completed') return;
        this.world.pictures.delete(row.sessionId);
        Object.assign(row, { ...old, status: 'queued', completedAt: null });
        return;
      case 'plant_unpaid':
        for (let n = 0; n < 4; n += 1) this.#insert(payment, old, true);
        return;
      case 'plant_failed': {
        const { publicText } = new this.#money.TaskError('GENERATION_FAILED');
        const errorMessage = this.#money.failureText(publicText, 'pending');
        const ended = { completedAt: new Date(), errorMessage, status: 'failed' } as const;
        this.#insert(payment, { ...old, ...ended }, true);
        this.world.lossDetectedAtMs ??= this.#sim.nowMs - 30_000;
        return;
      }
      case 'plant_second':
        this.#insert(payment, { ...old, requestId: row.requestId }, true);
    }
  }
}
