/**
 * A day of one person, one store with two shoppers, the platform and two workers, from a plan: who
 * orders what and when, which rows are edited, what breaks. Returns what must not be.
 */
import type { Payer } from '../../src/ports/ledger.ts';
import type { Edit, Kill, Order, Plan } from './plan.ts';
import { Replica } from './replica.ts';
import { Simulation } from './simulation.ts';
import type { Money } from './source.ts';
import { type Booking, type Row, World } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Shortly before the platform's clean-up at 00:00 UTC. */
const START_MS = Date.UTC(2026, 0, 1, 23, 44);
/** The platform's push was seen to throw so late although the task was on the list. */
const PUSH_THROWS_AFTER_MS = 5_586;

const PAYING_SHOPPER = 'payer@shop.test';

export async function liveThrough(plan: Plan, money: Money): Promise<string[]> {
  using sim = new Simulation(START_MS, plan.seed);
  const day = new Day(plan, money, sim);
  day.begin();
  await sim.run(START_MS + plan.hours * HOUR_MS);
  return day.faults();
}

class Day {
  readonly #plan: Plan;
  readonly #sim: Simulation;
  readonly #world = new World();
  readonly #money: Money;
  readonly #rows: Row[] = [];
  readonly #edited = new Set<string>();
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
    if (redisLostAtMs !== null) this.#at(redisLostAtMs, async () => this.#world.loseRedis());
    this.#sim.start(() => this.#sweeps());
    const midnightMs = 16 * MINUTE_MS;
    this.#at(midnightMs + this.#sim.between(0, MINUTE_MS), () => this.#cleanUp());
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
    const replica = new Replica(this.#sim, this.#world, this.#money, { lostAnswers, hopeless });
    this.#replicas.push(replica);
    this.#sim.start(() => replica.work());
  }

  /** The worker looks every minute; after the first hour every second hour is enough. */
  async #sweeps(): Promise<void> {
    for (;;) {
      const isEarly = this.#sim.nowMs < START_MS + HOUR_MS;
      await this.#sim.sleep(isEarly ? MINUTE_MS : 2 * HOUR_MS);
      if (!isEarly) this.#world.lossDetectedAtMs ??= this.#sim.nowMs - 30_000;
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
    this.#world.rows.set(row.sessionId, row);
    return row;
  }

  #book(booking: Pick<Booking, 'type' | 'payer' | 'requestId' | 'about' | 'description'>): void {
    const { payer, type } = booking;
    this.#world.bookings.push({
      ...booking,
      ownerId: payer === 'person' ? 'person' : 'store',
      email: payer === 'shopper' ? PAYING_SHOPPER : null,
      amount: type === 'refund' ? 1 : -1,
      createdAt: new Date(),
      by: 'platform',
    });
  }

  async #order({ payment, fate }: Order, index: number): Promise<void> {
    const world = this.#world;
    const requestId = payment === 'person' ? null : `request-${index}`;
    const description =
      payment === 'shopper' ? 'B2B shopper generation (shopper=payer@shop.test)' : 'generation';
    const at = world.bookings.length;
    this.#book({ type: 'deduction', payer: payment, requestId, about: null, description });
    await this.#sim.sleep(this.#sim.between(5, 300));
    const row = this.#insert(payment, { requestId }, false);
    world.bookings[at] = { ...(world.bookings[at] as Booking), about: row.sessionId };
    this.#rows[index] = row;
    await this.#sim.sleep(this.#sim.between(5, 100));
    if (fate === 'lost') return;
    world.tasks.add(row.sessionId);
    if (fate === 'push_throws') this.#sim.start(() => this.#refundFailedPush(row, payment));
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
    this.#world.refundJobs.set(row.sessionId, { intent, token: null, dueMs: this.#sim.nowMs });
  }

  /** The platform believes that its push failed: it refunds, and may not come to fail the row. */
  async #refundFailedPush(row: Row, payer: Payer): Promise<void> {
    await this.#sim.sleep(PUSH_THROWS_AFTER_MS + this.#sim.between(0, 2_000));
    const isBooked = this.#refundByPlatform(row, payer, 'Generation failed - refund');
    await this.#sim.sleep(this.#sim.between(5, 500));
    if (!isBooked || this.#sim.random() < 0.5) return;
    Object.assign(row, { status: 'failed', errorMessage: 'Failed to queue generation task' });
  }

  #refundByPlatform(row: Row, payer: Payer, description: string): boolean {
    return this.#world.refund({
      ...{ payer, ownerId: row.ownerId, requestId: row.requestId, description },
      ...{
        email: payer === 'shopper' ? PAYING_SHOPPER : null,
        amount: 1,
        by: 'platform',
        about: row.sessionId,
      },
    });
  }

  /**
   * Left out is what the platform pays by itself without a deduction: sessions that their owner
   * planted, and those that it refunded already for a failed push without failing the row.
   */
  async #cleanUp(): Promise<void> {
    const before = this.#sim.nowMs - 10 * MINUTE_MS;
    const stuck = this.#rows.filter(
      (row) =>
        row?.channel === 'b2c' &&
        row.status !== 'completed' &&
        row.status !== 'failed' &&
        row.createdAt.getTime() < before &&
        !this.#world.bookings.some(
          ({ about, type }) => about === row.sessionId && type === 'refund',
        ),
    );
    for (const row of stuck) {
      await this.#sim.sleep(this.#sim.between(10, 20_000));
      this.#refundByPlatform(row, 'person', `Stuck job recovery - session ${row.sessionId}`);
      await this.#sim.sleep(this.#sim.between(10, 2_000));
      const completedAt = new Date();
      Object.assign(row, { status: 'failed', completedAt, errorMessage: 'Generation timed out' });
    }
  }

  async #edit(kind: Edit['kind'], order: number): Promise<void> {
    const row = this.#rows[order];
    const payment = this.#plan.orders[order]?.payment;
    if (row === undefined || payment === undefined) return;
    this.#edited.add(row.sessionId);
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
        this.#world.pictures.delete(row.sessionId);
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
        this.#world.lossDetectedAtMs ??= this.#sim.nowMs - 30_000;
        return;
      }
      case 'plant_second':
        this.#insert(payment, { ...old, requestId: row.requestId }, true);
    }
  }

  /** What must not be. */
  faults(): string[] {
    const { bookings, records, refundJobs } = this.#world;
    const faults: string[] = [];
    const refunds = bookings.filter(({ type }) => type === 'refund');
    for (const payer of ['person', 'store', 'shopper'] as const) {
      const sum = (type: string) =>
        bookings
          .filter((row) => row.payer === payer && row.type === type)
          .reduce((total, { amount }) => total + Math.abs(amount), 0);
      if (sum('refund') > sum('deduction')) {
        faults.push(`${payer}: ${sum('refund')} paid out, ${sum('deduction')} taken`);
      }
    }
    for (const { payer, email } of refunds) {
      if (payer === 'shopper' && email !== PAYING_SHOPPER) faults.push(`paid to another shopper`);
    }
    for (const [about, own] of Map.groupBy(refunds, (row) => row.about)) {
      if (own.length > 1) faults.push(`${about} is refunded ${own.length} times`);
    }
    for (const row of this.#rows) {
      if (row === undefined) continue;
      // A store's payment is back when its request id's is, for whichever session of that id.
      const own = refunds.filter(
        ({ about, requestId }) =>
          about === row.sessionId || (requestId !== null && requestId === row.requestId),
      );
      if (this.#world.delivered.has(row.sessionId)) {
        const isPaidBack = own.some(({ by }) => by === 'worker');
        if (isPaidBack) faults.push(`${row.sessionId} is delivered and refunded`);
      } else if (own.length === 0 && !records.has(row.sessionId)) {
        faults.push(`${row.sessionId} (${row.status}): its credit is lost`);
      }
    }
    if (refundJobs.size > 0) faults.push(`${refundJobs.size} refunds never end`);
    return faults;
  }
}
