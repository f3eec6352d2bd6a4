/**
 * `enqueue`: pushes a task as the platform does, for a session that has its row already.
 */
import { randomUUID } from 'node:crypto';
import { text as readText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { TASK_LIST } from '../adapters/redis/task-list.ts';
import { findTaskSource } from '../adapters/supabase/session-records.ts';
import { isTerminal, type Task } from '../ports/session.ts';
import { isRejection, parseTask } from '../tryon/task.ts';
import { type Answer, ProblemError, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { readGivenFile } from './read-file.ts';
import { counted } from './table.ts';
import { uuidOf } from './uuid.ts';

interface Options {
  readonly session?: string;
  readonly file?: string;
  readonly image?: string[];
  readonly prompt?: string;
  readonly requestId?: string;
  readonly force?: boolean;
}

export function addEnqueue(program: Command, run: Run): void {
  program
    .command('enqueue')
    .description('Push a task: for a session row, with flags of its own, or from a JSON file')
    .option('--session <id>', 'the session; what no flag gives is taken from its row')
    .option('--image <url...>', 'person, garment, accessories; instead of those in the row')
    .option('--prompt <text>', 'instead of the one in the row')
    .option('--request-id <id>', 'instead of the one in the row')
    .option('--file <path>', 'the whole message as JSON; - reads it from standard input')
    .option('--force', 'even if the session has ended, so that the task would be skipped')
    .action(run(enqueue));
}

async function enqueue(context: CliContext, options: Options): Promise<Answer> {
  if ((options.session === undefined) === (options.file === undefined)) {
    throw new UsageError('Give either --session or --file.');
  }
  const message =
    options.file === undefined
      ? await messageFor(context, options)
      : await readMessage(options.file);
  const task = parseTask(Buffer.from(message, 'utf8'), context.config.maxImages, new Date());
  if (isRejection(task)) throw new UsageError(`The worker would reject this task: ${task.reason}`);
  if (!options.force) await refuseEnded(context, task);
  const redis = await context.redis();
  const depth = await redis.lpush(TASK_LIST, message);
  const { channel, sessionId, requestId, taskId, imageUrls } = task;
  const data = { channel, sessionId, requestId, taskId, images: imageUrls.length, depth };
  return {
    data,
    text: `Pushed the task of session ${sessionId} with ${counted(imageUrls.length, 'image')}; the list is ${depth} deep.`,
    isFine: true,
  };
}

/** The row's own values, with the flags' in their place. */
async function messageFor(context: CliContext, options: Options): Promise<string> {
  const id = uuidOf(options.session ?? '');
  const row = await findTaskSource(context.supabase, id);
  if (row === null) throw new ProblemError(`No session row has the id ${id}.`);
  const imageUrls = options.image ?? row.imageUrls;
  if (imageUrls.includes('expired')) {
    throw new ProblemError("The session's photos are deleted already: give others with --image.");
  }
  return JSON.stringify({
    task_id: randomUUID(),
    channel: row.channel,
    [row.channel === 'b2b' ? 'store_id' : 'user_id']: row.ownerId,
    session_id: id,
    image_urls: imageUrls,
    prompt: options.prompt ?? row.prompt,
    request_id: options.requestId ?? row.requestId ?? `req_${randomUUID()}`,
    version: 1,
    created_at: new Date().toISOString(),
  });
}

async function readMessage(file: string): Promise<string> {
  return file === '-' ? readText(process.stdin) : String(await readGivenFile(file));
}

async function refuseEnded(context: CliContext, task: Task): Promise<void> {
  const row = await context.stores().sessions.find(task);
  const hint = 'the worker would skip the task. --force pushes it all the same.';
  if (row === null) throw new ProblemError(`The session has no row: ${hint}`);
  if (row.ownerId !== task.ownerId) throw new ProblemError(`The session is another's: ${hint}`);
  if (isTerminal(row)) {
    throw new ProblemError(`The session is ${row.status} already: ${hint}`);
  }
}
