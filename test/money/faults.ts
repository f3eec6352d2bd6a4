/** What must not be at the end of a day: money minted, lost, or paid to someone else. */
import { type Booking, PAYING_SHOPPER, type Row, type World } from './world.ts';

export function faultsOf(world: World, rows: readonly Row[]): string[] {
  const refunds = world.bookings.filter(({ type }) => type === 'refund');
  const { size } = world.refundJobs;
  return [
    ...overpayments(world.bookings),
    ...refunds.flatMap(({ payer, email }) =>
      payer === 'shopper' && email !== PAYING_SHOPPER ? ['paid to another shopper'] : [],
    ),
    ...[...Map.groupBy(refunds, ({ about }) => about)].flatMap(([about, own]) =>
      own.length > 1 ? [`${about} is refunded ${own.length} times`] : [],
    ),
    ...rows.flatMap((row) => faultOf(row, world, refunds) ?? []),
    ...(size > 0 ? [`${size} refunds never end`] : []),
  ];
}

function overpayments(bookings: readonly Booking[]): string[] {
  return (['person', 'store', 'shopper'] as const).flatMap((payer) => {
    const sum = (type: string) =>
      bookings
        .filter((row) => row.payer === payer && row.type === type)
        .reduce((total, { amount }) => total + Math.abs(amount), 0);
    const [paidOut, taken] = [sum('refund'), sum('deduction')];
    return paidOut > taken ? [`${payer}: ${paidOut} paid out, ${taken} taken`] : [];
  });
}

function faultOf(row: Row, world: World, refunds: readonly Booking[]): string | null {
  // A store's payment is back when its request id's is, for whichever session of that id.
  const own = refunds.filter(
    ({ about, requestId }) =>
      about === row.sessionId || (requestId !== null && requestId === row.requestId),
  );
  if (world.delivered.has(row.sessionId)) {
    const isPaidBack = own.some(({ by }) => by === 'worker');
    return isPaidBack ? `${row.sessionId} is delivered and refunded` : null;
  }
  const isLost = own.length === 0 && !world.records.has(row.sessionId);
  return isLost ? `${row.sessionId} (${row.status}): its credit is lost` : null;
}
