/** After a loss of Redis's data, refunds are taken up again where the row and the ledger lack one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IDS, oneSession } from '../../test/support/one-session.ts';
import { publicText } from '../errors.ts';
import { failureText } from '../failure-text.ts';
import { refundDescription } from '../ledger/entries.ts';
import { recoverLostRefunds } from './lost-refunds.ts';

const MINUTE_MS = 60_000;
const TEXT = publicText('GENERATION_FAILED', null);

/** A session that a worker failed a minute ago, in a Redis that lost its data `lossMs` ago. */
function afterLoss(errorMessage: string, lossMs: number | null = MINUTE_MS) {
  const completedAt = new Date(Date.now() - MINUTE_MS);
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
  ['while bookings may still be under way', 1000],
] as const) {
  it(`nothing is taken up ${name}`, async () => {
    const { run, recovered } = afterLoss(failureText(TEXT, 'pending'), lossMs);
    assert.equal(await run(), 0);
    assert.deepEqual(recovered, []);
  });
}
