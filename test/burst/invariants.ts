/**
 * What must hold after any day, however bad: read from the database, the storage, Redis and the
 * image model's own list of calls, never from what the workers say.
 */
import type { Redis } from 'ioredis';
import { balanceOf, sessionOf, TASK_LIST, type TryOn } from '../../local/platform.ts';
import { BUCKET } from '../../local/stack.ts';
import { RECONCILIATION_HASH } from '../../src/adapters/redis/reconciliation.ts';
import { DEAD_LETTER_LIST, INTAKE_LIST } from '../../src/adapters/redis/task-list.ts';
import { picturePath, type Shop } from '../support/shop.ts';
import { isPictureOf, markIn } from './marked-pictures.ts';
import type { Customers, Order } from './orders.ts';

/** What was found, in the order's own terms. Empty when every invariant holds. */
export interface Verdict {
  readonly violations: readonly string[];
  readonly completed: number;
  readonly failed: number;
  /** Failed although nothing was wrong with the order: the day was too bad for it. */
  readonly failedGood: number;
  readonly refunded: number;
  readonly reconciled: number;
  /** Sessions for which the image model was asked twice after an answer that no one got. */
  readonly extraCalls: number;
  /** From the failure to the refund's row in the ledger. People's are booked one after the other. */
  readonly refundLagsMs: { readonly b2b: readonly number[]; readonly b2c: readonly number[] };
}

/** An answer that was lost is asked for once more, never twice. */
const MOST_PICTURES = 2;

/** Checks every order of the burst, every account, the lists, and the bystander's row. */
export async function verify(
  shop: Shop,
  customers: Customers,
  before: Bystander,
): Promise<Verdict> {
  const pictures = picturesByMark(shop);
  const reconciled = await reconciledSessions(shop.platform.redis);
  const refunds = await refundsBySession(shop);
  const violations: string[] = [];
  const counts = { completed: 0, failed: 0, failedGood: 0, extraCalls: 0 };
  const refundLagsMs = { b2b: [] as number[], b2c: [] as number[] };
  for (const order of customers.orders) {
    const { tryOn, mark, kind } = order;
    const blame = (what: string) =>
      violations.push(`${mark} (${kind}, ${tryOn.customer.kind}, ${tryOn.sessionId}): ${what}`);
    const row = await sessionOf(shop.platform, tryOn);
    const refunded = refunds.get(tryOn.sessionId) ?? [];
    const made = pictures.get(mark) ?? 0;
    if (made > 1) counts.extraCalls += 1;
    if (made > MOST_PICTURES) blame(`${made} pictures were made`);
    if (made > 0 && kind !== 'good') blame('a picture was made of what no one can serve');
    if (row?.status === 'completed') {
      counts.completed += 1;
      if (kind !== 'good') blame('it is completed');
      if (refunded.length > 0) blame('it is completed and refunded');
      if (reconciled.has(tryOn.sessionId)) blame('it is completed and waits for reconciliation');
      if (made === 0) blame('it is completed without a picture having been made');
      for (const fault of await faultsOfDelivery(shop, order, row.generated_image_url))
        blame(fault);
    } else if (row?.status === 'failed') {
      counts.failed += 1;
      if (kind === 'good') counts.failedGood += 1;
      if (row.generated_image_url !== null) blame('it is failed and has a link');
      for (const fault of faultsOfRefund(tryOn, refunded, reconciled)) blame(fault);
      const booked = refunded[0]?.createdAt.getTime();
      if (booked !== undefined && row.completed_at !== null) {
        refundLagsMs[tryOn.customer.kind === 'person' ? 'b2c' : 'b2b'].push(
          booked - Date.parse(row.completed_at),
        );
      }
    } else {
      blame(`its row is ${row?.status ?? 'gone'}`);
    }
  }
  violations.push(
    ...(await faultsOfAccounts(shop, customers, refunds)),
    ...(await faultsOfStorage(shop, customers)),
    ...(await faultsOfLists(shop.platform.redis)),
    ...(await faultsOfBystander(shop, customers, before)),
  );
  return {
    ...counts,
    violations,
    refundLagsMs,
    refunded: refunds.size,
    reconciled: reconciled.size,
  };
}

/** Pictures made, or that may have been made and paid: calls that arrived whole and were not refused. */
function picturesByMark({ stack }: Shop): Map<string, number> {
  const pictures = new Map<string, number>();
  for (const { form, outcome, status } of stack.openai.calls) {
    const mark = markIn(form?.prompt ?? '');
    if (mark === null || mark.includes('blocked')) continue;
    if (outcome === 'answered' && status !== 200) continue;
    pictures.set(mark, (pictures.get(mark) ?? 0) + 1);
  }
  return pictures;
}

interface Refund {
  readonly amount: number;
  readonly ownerId: string;
  readonly description: string;
  readonly createdAt: Date;
}

async function refundsBySession({ stack }: Shop): Promise<Map<string, Refund[]>> {
  const { rows } = await stack.database.query(
    `select user_id as owner, amount, description, created_at from credit_transactions where type = 'refund'
     union all
     select store_id, amount, description, created_at from store_credit_transactions where type = 'refund'`,
  );
  const refunds = rows.map(({ owner, amount, description, created_at }) => ({
    ownerId: String(owner),
    amount: Number(amount),
    description: String(description),
    createdAt: created_at as Date,
  }));
  return Map.groupBy(
    refunds,
    ({ description }) => /session ([0-9a-f-]{36})/.exec(description)?.[1] ?? 'none',
  );
}

async function reconciledSessions(redis: Redis): Promise<Set<string>> {
  return new Set(await redis.hkeys(RECONCILIATION_HASH));
}

/** One object at the session's own path, with the session's own picture, behind a link that works. */
async function faultsOfDelivery(
  { stack }: Shop,
  { tryOn, mark }: Order,
  link: string | null,
): Promise<string[]> {
  if (link === null) return ['it is completed and has no link'];
  const path = picturePath(tryOn);
  if (!new URL(link).pathname.endsWith(`/${BUCKET}/${path}`)) return ['its link leads elsewhere'];
  const answer = await fetch(link);
  if (!answer.ok) return [`its link answers ${answer.status}`];
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (!(await isPictureOf(mark, bytes))) return ['its picture is not its own'];
  const { rows } = await stack.database.query(
    'select count(*)::int as count from storage.objects where name like $1',
    [`%generated/%${tryOn.sessionId}%`],
  );
  return rows[0]?.count === 1 ? [] : [`it has ${rows[0]?.count} objects`];
}

/** Given back once, to who paid; a charge on a card waits for a person instead. */
function faultsOfRefund(
  { customer, sessionId, ownerId, task }: TryOn,
  refunds: readonly Refund[],
  reconciled: ReadonlySet<string>,
): string[] {
  if (customer.kind === 'overage') {
    const faults = refunds.length > 0 ? ['a charge was refunded in credits'] : [];
    return reconciled.has(sessionId) ? faults : [...faults, 'its charge is on no record'];
  }
  const [refund, ...more] = refunds;
  if (refund === undefined) return ['it is failed and not refunded'];
  const faults: string[] = more.length > 0 ? [`it is refunded ${refunds.length} times`] : [];
  if (refund.ownerId !== ownerId) faults.push('another owner has its refund');
  if (refund.amount !== 1)
    faults.push(`${refund.amount} credits were given back for ${task.taskId}`);
  if (reconciled.has(sessionId)) faults.push('it is refunded and waits for reconciliation');
  return faults;
}

/** No one has a credit more or less than the sessions say. */
async function faultsOfAccounts(
  { platform }: Shop,
  { accounts, orders }: Customers,
  refunds: ReadonlyMap<string, unknown>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const { customer, creditsAtFirst } of accounts) {
    if (customer.kind === 'overage') continue;
    const own = orders.filter(({ tryOn }) => tryOn.customer === customer);
    const returned = own.filter(({ tryOn }) => refunds.has(tryOn.sessionId)).length;
    const due = creditsAtFirst - own.length + returned;
    const balance = await balanceOf(platform, customer);
    if (balance !== due) faults.push(`a ${customer.kind} has ${balance} credits instead of ${due}`);
  }
  return faults;
}

/** No picture without its completed session. */
async function faultsOfStorage({ stack }: Shop, { orders }: Customers): Promise<string[]> {
  const { rows } = await stack.database.query(
    `select name from storage.objects where name like '%generated/%'
     and substring(name from '([0-9a-f-]{36})\\.jpg$')::uuid not in (
       select id from generation_sessions where status = 'completed'
       union select id from store_generation_sessions where status = 'completed')`,
  );
  const known = new Set(orders.map(({ tryOn }) => picturePath(tryOn)));
  return rows.map(({ name }) =>
    known.has(String(name))
      ? `a failed session’s picture is left: ${name}`
      : `a stray object: ${name}`,
  );
}

/** Nothing is left half done, and what is no task is with the dead letters. */
async function faultsOfLists(redis: Redis): Promise<string[]> {
  const [tasks, intake] = await Promise.all([redis.llen(TASK_LIST), redis.llen(INTAKE_LIST)]);
  const faults: string[] = [];
  if (tasks + intake > 0) faults.push(`${tasks} tasks and ${intake} half handed over are left`);
  for (const letter of await redis.lrange(DEAD_LETTER_LIST, 0, -1)) {
    if (!JSON.parse(letter).reason) faults.push('a dead letter without a reason');
  }
  return faults;
}

/** The bystander's row and balance, as text. */
export type Bystander = string;

export async function readBystander(shop: Shop, { bystander }: Customers): Promise<Bystander> {
  const row = await sessionOf(shop.platform, bystander);
  return JSON.stringify({ row, balance: await balanceOf(shop.platform, bystander.customer) });
}

async function faultsOfBystander(
  shop: Shop,
  customers: Customers,
  before: Bystander,
): Promise<string[]> {
  const now = await readBystander(shop, customers);
  return now === before ? [] : [`a bystander was touched: ${before} became ${now}`];
}
