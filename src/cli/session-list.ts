/**
 * `sessions list`: the newest sessions, of one store or of everyone, failed or not.
 */
import type { Command } from 'commander';
import { listRecords } from '../adapters/supabase/session-records.ts';
import type { Answer } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { limitOf } from './limit.ts';
import { ago, table } from './table.ts';
import { momentOf } from './time-window.ts';
import { uuidOf } from './uuid.ts';

interface Options {
  readonly failed?: boolean;
  readonly since: string;
  readonly store?: string;
  readonly limit: string;
}

/** Adds the command to the group `sessions`. */
export function addSessionList(sessions: Command, run: Run): void {
  sessions
    .command('list')
    .description('The newest sessions of both channels')
    .option('--failed', 'only failed ones')
    .option('--since <time>', 'ISO time, or so many hours back, e.g. 24h', '24h')
    .option('--store <id>', 'only those of this store')
    .option('--limit <count>', 'the most rows', '50')
    .action(run(list));
}

async function list({ supabase }: CliContext, options: Options): Promise<Answer> {
  const rows = await listRecords(supabase, {
    since: momentOf(options.since, new Date()),
    storeId: options.store === undefined ? null : uuidOf(options.store),
    onlyFailed: options.failed ?? false,
    limit: limitOf(options.limit, 1000),
  });
  const cells = rows.map((row) => [
    row.id,
    row.status,
    row.channel,
    row.store_id ?? row.user_id,
    ago(row.created_at),
    row.error_message,
  ]);
  const headings = ['session', 'status', 'channel', 'owner', 'ordered', 'what the shopper reads'];
  const text = table(headings, cells, 'There is no such session in this time.');
  return { data: { sessions: rows }, text, isFine: true };
}
