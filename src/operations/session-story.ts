/**
 * Everything on record about one session. Links, prompts and e-mail addresses stay where they are.
 */
import { deadLetters } from '../adapters/redis/dead-letters.ts';
import { generationJobOf, refundJobs } from '../adapters/redis/jobs/job-views.ts';
import { RedisReconciliation } from '../adapters/redis/reconciliation.ts';
import { RedisTaskList } from '../adapters/redis/task-list.ts';
import { eventsOf, findRecord, type SessionRecord } from '../adapters/supabase/session-records.ts';
import { openStores } from '../adapters/supabase/stores.ts';
import { namedSession } from '../ledger/entries.ts';
import type { LedgerEntry } from '../ports/ledger.ts';
import type { SessionRef } from '../ports/session.ts';
import { redact } from '../telemetry/redaction.ts';
import { MAX_REQUEST_ID } from '../tryon/refund-intent.ts';
import { resultPath } from '../tryon/store.ts';
import type { OperationDeps } from './deps.ts';

/** Where the session stands in Redis and, where it has a row, in Supabase. */
export type SessionStory = Awaited<ReturnType<typeof inRedis>> &
  Partial<Awaited<ReturnType<typeof inSupabase>>> & { readonly row: SessionRecord | null };

/** The session's story; null when nothing is on record about it. */
export async function sessionStory(deps: OperationDeps, id: string): Promise<SessionStory | null> {
  const row = await findRecord(deps.supabase, id);
  const queues = await inRedis(deps, id);
  const known = row ?? queues.job ?? queues.refunds[0] ?? queues.deadLetters[0];
  if (!known) return null;
  return { row, ...(row === null ? null : await inSupabase(deps, row)), ...queues };
}

async function inRedis({ redis }: OperationDeps, id: string) {
  const reconciliation = new RedisReconciliation(redis);
  const [waiting, job, refunds, letters, open, resolved] = await Promise.all([
    new RedisTaskList(redis, redis).waitingSessionIds(),
    generationJobOf(redis, id),
    refundJobs(redis, id),
    deadLetters(redis),
    reconciliation.open(),
    reconciliation.resolved(),
  ]);
  const { task, ...view } = job ?? {};
  const own = ({ sessionId }: { sessionId: string | null }) => sessionId === id;
  return {
    onList: waiting.has(id),
    // Of a job that has ended, the links are gone.
    job: job && { ...view, images: task?.imageUrls.length || null, taskCreatedAt: task?.createdAt },
    refunds,
    deadLetters: letters.filter(own).map(({ raw: _, text: __, ...letter }) => letter),
    reconciliation: open.find(own) ?? resolved.find(own) ?? null,
  };
}

/** The platform takes the credit right before it inserts the session, and refunds a failed push right after. */
const NEAR_MS = 60_000;

/** Whether a row of a person's ledger names the session or, naming none, is of the minutes around its order. */
function mayBeOf({ id, created_at }: SessionRecord, entry: LedgerEntry): boolean {
  const named = namedSession(entry);
  if (named !== null) return named === id;
  return Math.abs(+entry.createdAt - Date.parse(created_at ?? '')) <= NEAR_MS;
}

/** What Supabase knows in addition to the row. */
async function inSupabase({ supabase, config }: OperationDeps, row: SessionRecord) {
  const ref: SessionRef = {
    channel: row.channel,
    ownerId: row.store_id ?? row.user_id ?? '',
    sessionId: row.id,
  };
  const { sessions, ledger, imageStore } = openStores(supabase, config);
  const session = await sessions.find(ref);
  // A longer id does not fit into a request, and no refund is booked under it.
  const isReadable = (session?.requestId?.length ?? 0) <= MAX_REQUEST_ID;
  const rows = session && isReadable ? await ledger.entries(session, session.requestId) : [];
  // A person's ledger is read whole.
  const entries = rows.filter((entry) => row.channel === 'b2b' || mayBeOf(row, entry));
  const path = resultPath(ref);
  return {
    ledger: entries.map((entry) => ({ ...entry, description: redact(entry.description) })),
    picture: { path, stored: (await imageStore.sign(path)) !== null },
    events: await eventsOf(supabase, row.channel, row.id),
  };
}
