/**
 * `janitor` and `erase`: deleting photos and pictures that have expired, or one owner's.
 */
import type { Command } from 'commander';
import { deadLetters, dropLetter } from '../adapters/redis/dead-letters.ts';
import { removeJobsOf } from '../adapters/redis/jobs/job-views.ts';
import { RETENTION_LOCK, RETENTION_LOCK_MS, RedisLock } from '../adapters/redis/lock.ts';
import { TaskError } from '../errors.ts';
import type { Owner } from '../ports/retention.ts';
import { eraseOwner } from '../retention/erase.ts';
import { type SweepReport, sweep } from '../retention/janitor.ts';
import { redact } from '../telemetry/redaction.ts';
import { refundIntent } from '../tryon/refund-intent.ts';
import { type Answer, ProblemError, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { counted, pairs } from './table.ts';
import { uuidOf } from './uuid.ts';

const HOUR_MS = 3_600_000;

interface Options {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface EraseOptions extends Options {
  readonly user?: string;
  readonly store?: string;
}

export function addRetention(program: Command, run: Run): void {
  program
    .command('janitor')
    .description('Delete photos and pictures past RETENTION_HOURS and mark their rows')
    .option('--dry-run', 'only count')
    .option('--yes', 'do not ask')
    .action(run(tidy));
  program
    .command('erase')
    .description("Delete one owner's photos and pictures now, with a proof")
    .option('--user <id>', 'the person whose pictures go')
    .option('--store <id>', 'the store whose pictures go')
    .option('--dry-run', 'only say which')
    .option('--yes', 'do not ask')
    .action(run(erase));
}

async function tidy(context: CliContext, { dryRun = false, yes }: Options): Promise<Answer> {
  const { retentionHours } = context.config;
  if (retentionHours === 0) throw new UsageError('RETENTION_HOURS is 0: nothing is to be deleted.');
  await context.requireStorage();
  if (!dryRun) {
    await context.confirm(`Delete all photos and pictures older than ${retentionHours} h?`, yes);
  }
  const before = new Date(Date.now() - retentionHours * HOUR_MS);
  const lock = new RedisLock(await context.redis(), RETENTION_LOCK, RETENTION_LOCK_MS);
  const report = await lock.during((signal) => sweep({ before, dryRun, signal }, context.stores()));
  if (report === null) throw new ProblemError('A worker is deleting at this moment; try later.');
  const errors = report.errors.map(({ message }) => redact(message));
  const data = { ...report, errors };
  return { data, text: describeSweep(report, errors), isFine: errors.length === 0 };
}

function describeSweep({ dryRun, before, removed, rowsMarked }: SweepReport, errors: string[]) {
  const title = dryRun
    ? `Nothing was changed. What was stored before ${before} and would be deleted:`
    : `Deleted what was stored before ${before}`;
  const counts = pairs({
    "people's results": removed.person_results,
    "people's uploads": removed.person_uploads,
    "stores' results": removed.store_results,
    "stores' uploads": removed.store_uploads,
    "people's rows marked": rowsMarked.b2c,
    "stores' rows marked": rowsMarked.b2b,
  });
  const failures = errors.map((error) => `A folder failed: ${error}`);
  return [title, counts, ...failures].join('\n');
}

async function erase(context: CliContext, options: EraseOptions): Promise<Answer> {
  const { dryRun = false, yes } = options;
  const owner = ownerOf(options);
  const who = `${owner.channel === 'b2c' ? 'person' : 'store'} ${owner.ownerId}`;
  await context.requireStorage();
  if (!dryRun) await context.confirm(`Delete all photos and pictures of ${who}?`, yes);
  const jobs = await removeJobs(owner, dryRun, context);
  const proof = await eraseOwner(owner, dryRun, context.stores());
  const letters = await dropLettersOf(owner, dryRun, context);
  const { removed, stillThere, unfinished, rowsMarked } = proof;
  const lines = [
    `${dryRun ? 'To be deleted' : 'Deleted'}: ${counted(removed.length, 'object')} of ${who}`,
    ...removed.map((path) => `  ${path}`),
    `${dryRun ? 'Rows to be marked' : 'Rows marked'}: ${rowsMarked}`,
    `${dryRun ? 'Dead letters to be removed' : 'Dead letters removed'}: ${letters}`,
    `${dryRun ? 'Jobs to be removed' : 'Jobs removed, to be refunded'}: ${jobs}`,
    ...(dryRun ? [] : [`Looked up again: ${counted(stillThere.length, 'object')} left`]),
    LEFT,
    ...unfinished.map((id) => `Session ${id} is still under way: erase again when it has ended.`),
  ];
  const isFine = dryRun || (stillThere.length === 0 && unfinished.length === 0);
  const data = { ...proof, lettersDropped: letters, jobsRemoved: jobs };
  return { data, text: lines.join('\n'), isFine };
}

/**
 * Jobs hold links and a prompt. Those that wait are removed, and their sessions failed and refunded
 * by the worker; those that run stay until they have ended. Returns how many were removed.
 */
async function removeJobs(
  { ownerId }: Owner,
  dryRun: boolean,
  context: CliContext,
): Promise<number> {
  const tasks = await removeJobsOf(await context.redis(), ownerId, dryRun);
  if (!dryRun) {
    const { refunds } = await context.queues();
    const erased = new TaskError('ABANDONED', { detail: 'erased' });
    for (const task of tasks) await refunds.add(refundIntent(task, task.requestId, erased));
  }
  return tasks.length;
}

const LEFT =
  "Left: the platform's rows, ledger and events (ids, prompts, e-mail addresses) and the reconciliation records; jobs that have ended and refunds hold ids only.";

/** The dead letters that name the owner hold links and a prompt. Returns how many there are. */
async function dropLettersOf(
  { ownerId }: Owner,
  dryRun: boolean,
  context: CliContext,
): Promise<number> {
  const redis = await context.redis();
  const letters = (await deadLetters(redis)).filter(({ raw }) =>
    raw.toLowerCase().includes(ownerId),
  );
  if (!dryRun) for (const letter of letters) await dropLetter(redis, letter);
  return letters.length;
}

function ownerOf({ user, store }: EraseOptions): Owner {
  if ((user === undefined) === (store === undefined)) {
    throw new UsageError('Give either --user or --store.');
  }
  return user === undefined
    ? { channel: 'b2b', ownerId: uuidOf(store ?? '') }
    : { channel: 'b2c', ownerId: uuidOf(user) };
}
