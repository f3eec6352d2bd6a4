import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LedgerEntry } from '../ports/ledger.ts';
import { refundDescription } from './entries.ts';
import { type Claim, personRefundDue, storeRefundDue } from './refund-due.ts';

const SESSION = '01938f2a-7c4e-7b1a-9f3e-2d4c6b8a0e12';
const OTHER = '01938f2a-7c4e-7b1a-9f3e-2d4c6b8a0e13';

function entry(type: LedgerEntry['type'], secondsAgo: number, change: Partial<LedgerEntry> = {}) {
  const amount = type === 'refund' ? 1 : -1;
  const createdAt = new Date(Date.now() - secondsAgo * 1000);
  return { type, amount, description: '', createdAt, ...change };
}

function claim(change: Partial<Claim>): Claim {
  const createdAt = new Date(Date.now() - 100_000);
  return {
    sessionId: SESSION,
    createdAt,
    entries: [],
    others: [],
    delivered: new Set(),
    ...change,
  };
}

const refundOf = (sessionId: string) =>
  entry('refund', 50, { description: refundDescription(sessionId) });

describe('a store', () => {
  const deduction = entry('deduction', 101, { amount: -3, description: 'B2B generation' });

  it('gets back what was deducted', () => {
    const due = storeRefundDue(claim({ entries: [deduction] }));
    assert.deepEqual(due, { kind: 'pay', payer: 'store', credits: 3, email: null });
  });

  it('passes it on to the shopper whom the deduction names', () => {
    const description = 'B2B shopper generation (shopper=a(b)@shop.test)';
    const due = storeRefundDue(claim({ entries: [{ ...deduction, description }] }));
    assert.deepEqual(due, {
      ...{ kind: 'pay', payer: 'shopper', credits: 3 },
      email: 'a(b)@shop.test',
    });
  });

  it('is paid back once for a request id', () => {
    const nothingDue = { kind: 'nothing_due', because: 'already_refunded' };
    const own = claim({ entries: [deduction, refundOf(SESSION)] });
    assert.deepEqual(storeRefundDue(own), nothingDue);
    const nameless = claim({ entries: [deduction, entry('refund', 50)] });
    assert.deepEqual(storeRefundDue(nameless), nothingDue);
    const due = storeRefundDue(claim({ entries: [deduction, refundOf(OTHER)] }));
    assert.deepEqual(due, {
      ...{ kind: 'by_hand', because: 'refund_belongs_to_another_session' },
      credits: 3,
    });
  });

  it('waits for sessions of its request id, and pays none that was delivered', () => {
    const open = { sessionId: OTHER, isCompleted: false };
    const waiting = storeRefundDue(claim({ entries: [deduction], others: [open] }));
    assert.equal(waiting.kind, 'wait');
    const done = storeRefundDue(
      claim({ entries: [deduction], others: [{ ...open, isCompleted: true }] }),
    );
    assert.equal(done.kind === 'by_hand' && done.because, 'paid_for_another_session');
  });

  it('that paid by card, or not at all, waits for a person', () => {
    const charged = storeRefundDue(claim({ entries: [entry('overage', 101)] }));
    assert.deepEqual(charged, { kind: 'by_hand', because: 'paid_by_overage_charge', credits: 1 });
    assert.deepEqual(storeRefundDue(claim({})), {
      ...{ kind: 'by_hand', because: 'no_payment_found' },
      credits: 0,
    });
  });
});

describe('a person', () => {
  const deduction = entry('deduction', 101);

  it('gets one credit back, whatever was deducted', () => {
    const due = personRefundDue(claim({ entries: [entry('deduction', 101, { amount: -5 })] }));
    assert.deepEqual(due, { kind: 'pay', payer: 'person', credits: 1, email: null });
  });

  it('gets nothing that deductions do not cover', () => {
    const uncovered = [
      claim({}),
      claim({ entries: [deduction, refundOf(OTHER)] }),
      claim({ entries: [deduction], delivered: new Set([OTHER]) }),
      claim({ entries: [deduction], others: [{ sessionId: OTHER, isCompleted: false }] }),
    ];
    for (const each of uncovered) {
      const due = personRefundDue(each);
      assert.equal(due.kind === 'by_hand' && due.because, 'not_covered_by_payments');
    }
  });

  it('waits until the platform cannot refund the latest order any more', () => {
    const due = personRefundDue(claim({ entries: [deduction, entry('deduction', 5)] }));
    assert.ok(due.kind === 'wait' && due.ms > 10_000 && due.ms <= 15_000);
  });

  it('is decided again within seconds, whatever date a row of their own has', () => {
    const inAYear = entry('deduction', -31_536_000);
    const due = personRefundDue(claim({ entries: [deduction, inAYear] }));
    assert.deepEqual(due, { kind: 'wait', ms: 20_000 });
  });

  it("has the platform's refund of that minute, or is left to a person", () => {
    const nameless = entry('refund', 95);
    const own = personRefundDue(claim({ entries: [deduction, nameless] }));
    assert.deepEqual(own, { kind: 'nothing_due', because: 'already_refunded' });
    const both = claim({ entries: [deduction, entry('deduction', 99), nameless] });
    const due = personRefundDue(both);
    assert.equal(due.kind === 'by_hand' && due.because, 'may_be_refunded_already');
  });

  it('is not paid back what was delivered', () => {
    const due = personRefundDue(claim({ entries: [deduction], delivered: new Set([SESSION]) }));
    assert.deepEqual(due, { kind: 'nothing_due', because: 'delivered_before' });
  });
});
