/**
 * The money under random days: workers, the platform, edited rows, crashes, lost answers and a lost
 * Redis, in virtual time. No more is paid out than was taken, and no credit is lost. Each protection
 * is taken out of the worker's source once, and must be missed.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { liveThrough } from './day.ts';
import { type Missed, MUTANTS } from './mutants.ts';
import type { Edit, Kill, Order, Plan } from './plan.ts';
import { loadMoney, type Money, type Mutant } from './source.ts';

const MINUTE_MS = 60_000;
/** Days until a missing protection must have shown. */
const MOST_DAYS = 300;

const PAYMENTS = ['person', 'store', 'shopper'] as const;
const FATES = ['delivered', 'failed', 'lost', 'push_throws', 'former'] as const;
const EDITS = [
  'raise_credits',
  'name_other_shopper',
  'set_back',
  'plant_unpaid',
  'plant_failed',
  'plant_second',
] as const;

type Scene = Omit<Missed, keyof Mutant | 'fault'>;

function plans({
  payments = PAYMENTS,
  fates = FATES,
  edits = EDITS,
  killsWhileBooking,
  startsLate,
  takesADay,
}: Scene) {
  const order = fc.record<Order>({
    payment: fc.constantFrom(...payments),
    atMs: fc.oneof(fc.nat(20_000), fc.nat(10 * MINUTE_MS)),
    fate: fc.constantFrom(...fates),
  });
  const edit = fc.record<Edit>({
    kind: fc.constantFrom(...EDITS, ...edits),
    order: fc.nat(6),
    afterMs: fc.oneof(fc.nat(3_000), fc.nat(30_000), fc.nat(20 * MINUTE_MS)),
  });
  const whileBooking = fc.integer({ min: 20_000, max: 29_000 });
  const kill = fc.record<Kill>({
    order: fc.nat(6),
    afterMs: killsWhileBooking
      ? whileBooking
      : fc.oneof(fc.nat(5_000), whileBooking, fc.nat(15 * MINUTE_MS)),
  });
  return fc.record<Plan>({
    seed: fc.nat(),
    orders: fc.array(order, { minLength: 1, maxLength: 7 }),
    edits: fc
      .array(edit, { maxLength: 6 })
      .map((all) => all.filter(({ kind }) => edits.includes(kind))),
    kills: fc.array(kill, { maxLength: 5 }),
    redisLostAtMs: fc.option(fc.nat(15 * MINUTE_MS), { freq: 2 }),
    lostAnswers: fc.constantFrom(5, 20, Number.POSITIVE_INFINITY),
    isHopeless: fc.constant(takesADay === true),
    workersStartAtMs: startsLate
      ? fc.integer({ min: 15 * MINUTE_MS, max: 17 * MINUTE_MS })
      : fc.constantFrom(0, 0, 15.9 * MINUTE_MS),
    hours: fc.constant(takesADay ? 30 : 2),
  });
}

function liveThroughAll(scene: Scene, money: Money, runs: { numRuns: number; seed?: number }) {
  const everyDay = fc.asyncProperty(plans(scene), async (plan) => {
    assert.equal((await liveThrough(plan, money)).join('; '), '');
  });
  return fc.check(everyDay, { ...runs, endOnFailure: true });
}

for (const takesADay of [false, true]) {
  it(`no credit is minted or lost in ${takesADay ? 'days without end' : 'two hours'}`, async () => {
    const runs = { numRuns: takesADay ? 10 : 150 };
    const result = await liveThroughAll({ takesADay }, await loadMoney(null), runs);
    const report = `${fc.defaultReportMessage(result)}\n${result.errorInstance}`;
    assert.equal(result.failed, false, report);
  });
}

for (const missed of MUTANTS) {
  it(`it shows when ${missed.name}`, async () => {
    const runs = { numRuns: MOST_DAYS, seed: 1 };
    const result = await liveThroughAll(missed, await loadMoney(missed), runs);
    assert.equal(result.failed, true, `${MOST_DAYS} days did not show it`);
    assert.match(String(result.errorInstance), missed.fault);
  });
}
