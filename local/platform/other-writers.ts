/**
 * What else of the platform touches sessions while the worker works: its cron, the uninstalling of
 * a store, the deletion of a person. All of them as careless as they are in production.
 */
import { dataOf, type Platform } from './connection.ts';

const STUCK_AFTER_MS = 10 * 60 * 1000;

export interface StuckJob {
  readonly id: string;
  readonly user_id: string;
  readonly credits_used: number;
}

/**
 * The cron's recovery of people's sessions: everything unfinished that is older than 10 minutes is
 * refunded first and failed afterwards, whatever has become of it. `afterRefund` runs in between.
 * Returns the sessions that it took for stuck.
 */
export async function recoverStuckJobs(
  platform: Platform,
  options: { olderThanMs?: number; afterRefund?: (job: StuckJob) => Promise<void> } = {},
): Promise<StuckJob[]> {
  const before = new Date(Date.now() - (options.olderThanMs ?? STUCK_AFTER_MS));
  const stuck: StuckJob[] =
    dataOf(
      await platform.supabase
        .from('generation_sessions')
        .select('id,user_id,credits_used')
        .in('status', ['processing', 'pending', 'queued'])
        .lt('created_at', before.toISOString()),
    ) ?? [];
  for (const job of stuck) {
    await refundStuckJob(platform, job);
    await options.afterRefund?.(job);
    await failStuckJob(platform, job);
  }
  return stuck;
}

async function refundStuckJob({ supabase }: Platform, job: StuckJob): Promise<void> {
  const refund = {
    p_user_id: job.user_id,
    p_amount: job.credits_used,
    p_description: `Stuck job recovery - session ${job.id}`,
  };
  dataOf(await supabase.rpc('refund_credits', refund));
}

async function failStuckJob({ supabase }: Platform, job: StuckJob): Promise<void> {
  const failed = {
    status: 'failed',
    error_message: 'Generation timed out',
    completed_at: new Date().toISOString(),
  };
  dataOf(await supabase.from('generation_sessions').update(failed).eq('id', job.id));
  const event = {
    event_type: 'stuck_job_recovered',
    user_id: job.user_id,
    metadata: { session_id: job.id },
  };
  dataOf(await supabase.from('analytics_events').insert(event));
}

/** A store is uninstalled: its waiting sessions are failed, without refund; those under way are left. */
export async function cleanupStore({ supabase }: Platform, storeId: string): Promise<void> {
  const failed = { status: 'failed', error_message: 'Store uninstalled' };
  const sessions = supabase.from('store_generation_sessions').update(failed);
  dataOf(await sessions.eq('store_id', storeId).eq('status', 'queued'));
  dataOf(await supabase.from('stores').update({ status: 'uninstalled' }).eq('id', storeId));
}

/** A person's account is deleted, and with it everything that belongs to it. */
export async function deletePerson(platform: Platform, userId: string): Promise<void> {
  await platform.database.query('delete from auth.users where id = $1', [userId]);
}

/** A store is deleted, and with it everything that belongs to it. */
export async function deleteStore(platform: Platform, storeId: string): Promise<void> {
  await platform.database.query('delete from stores where id = $1', [storeId]);
}
