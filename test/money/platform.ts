/** What the platform pays back by itself: for a failed push, and in its daily clean-up. */
import type { Payer } from '../../src/ports/ledger.ts';
import type { Simulation } from './simulation.ts';
import { PAYING_SHOPPER, type Row, type World } from './world.ts';

const MINUTE_MS = 60_000;
/** The platform's push was seen to throw so late although the task was on the list. */
const PUSH_THROWS_AFTER_MS = 5_586;

/** The platform believes that its push failed: it refunds, and may not come to fail the row. */
export async function refundFailedPush(
  sim: Simulation,
  world: World,
  row: Row,
  payer: Payer,
): Promise<void> {
  await sim.sleep(PUSH_THROWS_AFTER_MS + sim.between(0, 2_000));
  const isBooked = refund(world, row, payer, 'Generation failed - refund');
  await sim.sleep(sim.between(5, 500));
  if (!isBooked || sim.random() < 0.5) return;
  Object.assign(row, { status: 'failed', errorMessage: 'Failed to queue generation task' });
}

/**
 * Fails and refunds the persons' sessions that are older than ten minutes. Left out is what the
 * platform pays by itself without a deduction: sessions that their owner planted, and those that it
 * refunded already for a failed push without failing the row.
 */
export async function cleanUp(sim: Simulation, world: World, rows: readonly Row[]): Promise<void> {
  const before = sim.nowMs - 10 * MINUTE_MS;
  const stuck = rows.filter(
    (row) =>
      row.channel === 'b2c' &&
      row.status !== 'completed' &&
      row.status !== 'failed' &&
      row.createdAt.getTime() < before &&
      !world.bookings.some(({ about, type }) => about === row.sessionId && type === 'refund'),
  );
  for (const row of stuck) {
    await sim.sleep(sim.between(10, 20_000));
    refund(world, row, 'person', `Stuck job recovery - session ${row.sessionId}`);
    await sim.sleep(sim.between(10, 2_000));
    const completedAt = new Date();
    Object.assign(row, { status: 'failed', completedAt, errorMessage: 'Generation timed out' });
  }
}

function refund(world: World, row: Row, payer: Payer, description: string): boolean {
  const { ownerId, requestId, sessionId: about } = row;
  const email = payer === 'shopper' ? PAYING_SHOPPER : null;
  const amount = 1;
  return world.refund({
    payer,
    ownerId,
    requestId,
    email,
    amount,
    about,
    description,
    by: 'platform',
  });
}
