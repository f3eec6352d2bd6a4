/** After a loss of Redis's data, refunds are taken up again where the row and the ledger lack one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IDS, oneSession } from '../../test/support/tryon/one-session.ts';
import { publicText } from '../errors.ts';
import { failureText } from '../failure-text.ts';
import { refundDescription } from '../ledger/entries.ts';
import { LATE_BOOKING_MS } from '../ports/booking-times.ts';
import { recoverLostRefunds } from './lost-refunds.ts';

const MINUTE_MS = 60_000;
const TEXT = publicText('GENERATION_FAILED', null);

/** A session that a worker failed `endedMs` ago, in a Redis that lost its data `lossMs` ago. */
function afterLoss(errorMessage: string, lossMs: number | null = MINUTE_MS, endedMs = MINUTE_MS) {
  const completedAt = new Date(Date.now() - endedMs);
  const one = oneSession({ status: 'failed', completedAt, errorMessage });
  const recovered: number[] = [];
  const dataLoss = {
    lossDetectedAt: async () => (lossMs === null ? null : Date.now() - lossMs),
    markRecovered: async (at: number) => {
      recovered.push(at);
    },
  };
  const run = () => recoverLostRefunds({ ...one.deps, dataLoss }, new AbortController().signal);
  return { one, run, recovered, completedAt };
}

it('a refund that was outstanding is taken up with its own time', async () => {
  const { one, run, recovered, completedAt } = afterLoss(failureText(TEXT, 'pending'));
  assert.equal(await run(), 1);
  const [intent] = one.intents;
  assert.deepEqual(
    [intent?.sessionId, intent?.code, intent?.completedAt],
    [IDS.sessionId, 'GENERATION_FAILED', completedAt.toISOString()],
  );
  assert.equal(recovered.length, 1);
});

for (const [name, text] of [
  ['a refund that the row says is booked', failureText(TEXT, 'returned')],
  ['a row of which nothing is due', failureText(TEXT, 'none')],
  ['a row that the platform failed', 'Store uninstalled'],
] as const) {
  it(`${name} is not taken up`, async () => {
    const { one, run } = afterLoss(text);
    assert.equal(await run(), 0);
    assert.deepEqual(one.intents, []);
  });
}

it('a refund that the ledger has is not taken up', async () => {
  const { one, run } = afterLoss(failureText(TEXT, 'pending'));
  const description = refundDescription(IDS.sessionId);
  one.entries.push({ type: 'refund', amount: 1, description, createdAt: new Date() });
  assert.equal(await run(), 0);
});

for (const [name, lossMs] of [
  ['without a loss', null],
  ['while bookings may still be under way', 2 * LATE_BOOKING_MS - 1],
] as const) {
  it(`nothing is taken up ${name}`, async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { run, recovered } = afterLoss(failureText(TEXT, 'pending'), lossMs);
    assert.equal(await run(), 0);
    assert.deepEqual(recovered, []);
  });
}

it('a session is taken up from its end on, once bookings have ended', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const recovered = (endedMs: number) =>
    afterLoss(failureText(TEXT, 'pending'), 2 * LATE_BOOKING_MS, endedMs).run();
  assert.deepEqual([await recovered(0), await recovered(-1)], [1, 0]);
});
