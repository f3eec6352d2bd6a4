/** A refund fails the session, pays back once what was taken, and may be run again at any point. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IDS, oneSession } from '../../test/support/tryon/one-session.ts';
import { TaskError } from '../errors.ts';
import type { RefundIntent } from '../ports/refunds.ts';
import { failAndRefund } from './refund.ts';
import { refundIntent } from './refund-intent.ts';

const INTENT = refundIntent(IDS, IDS.requestId, new TaskError('MODERATION_BLOCKED'));

function jobOf(intent: RefundIntent = INTENT) {
  return { intent, beginBooking: async () => undefined };
}

it('a failed session is paid back and says so', async () => {
  const one = oneSession();
  assert.equal(await failAndRefund(jobOf(), one.deps), 0);
  assert.equal(one.row?.status, 'failed');
  assert.match(one.row?.errorMessage ?? '', /Your credit has been returned\.$/);
  assert.deepEqual(one.eventNames, ['generation_failed', 'credit_refunded']);
  assert.deepEqual(one.analytics, ['credit_refunded', 'generation_moderation_blocked']);
});

it('a row that was just failed is not read again', async () => {
  const one = oneSession();
  const { sessions, ...deps } = one.deps;
  const find = async () => null;
  assert.equal(await failAndRefund(jobOf(), { ...deps, sessions: { ...sessions, find } }), 0);
  assert.deepEqual(one.eventNames, ['generation_failed', 'credit_refunded']);
});

it('a refund that runs again books nothing more', async () => {
  const one = oneSession();
  await failAndRefund(jobOf(), one.deps);
  assert.equal(await failAndRefund(jobOf(), one.deps), 0);
  assert.equal(one.entries.filter(({ type }) => type === 'refund').length, 1);
});

it('a session that someone else completed is not refunded', async () => {
  const one = oneSession({ status: 'completed', completedAt: new Date() });
  assert.equal(await failAndRefund(jobOf(), one.deps), 0);
  assert.deepEqual(one.eventNames, ['refund_skipped']);
  assert.equal(one.entries.length, 1);
});

it('a session that someone else failed is not refunded', async () => {
  const one = oneSession({ status: 'failed', completedAt: new Date(0), errorMessage: 'theirs' });
  assert.equal(await failAndRefund(jobOf(), one.deps), 0);
  assert.deepEqual(one.eventNames, ['refund_skipped']);
  assert.equal(one.entries.length, 1);
});

it('a booking that may still be in flight is waited for', async () => {
  const one = oneSession();
  // It waits 10 s for a connection and runs for 8 s at the most.
  const bookingBegunAt = new Date(Date.now() - 18_000).toISOString();
  const waitMs = await failAndRefund(jobOf({ ...INTENT, bookingBegunAt }), one.deps);
  assert.ok(waitMs > 0 && waitMs <= 2_000, String(waitMs));
  assert.equal(one.entries.length, 1);
});

it('a payment that no rule covers is left to a person', async () => {
  const one = oneSession();
  one.entries.pop();
  assert.equal(await failAndRefund(jobOf(), one.deps), 0);
  assert.deepEqual(
    one.reconciled.map(({ reason }) => reason),
    ['no_payment_found'],
  );
  assert.match(one.row?.errorMessage ?? '', /is being looked into\.$/);
});

it('a refund that could not be booked is tried again', async () => {
  const one = oneSession();
  const { ledger, ...deps } = one.deps;
  const refund = () => Promise.reject(new TaskError('STORAGE_UNAVAILABLE'));
  const refunding = failAndRefund(jobOf(), { ...deps, ledger: { ...ledger, refund } });
  await assert.rejects(refunding, { code: 'STORAGE_UNAVAILABLE' });
  assert.match(one.row?.errorMessage ?? '', /will be returned\.$/);
  assert.equal(await failAndRefund(jobOf(), one.deps), 0);
  assert.equal(one.entries.at(-1)?.type, 'refund');
});
