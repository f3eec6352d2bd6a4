/**
 * `costs`: what the pictures cost, and what became of the try-ons.
 */
import type { Command } from 'commander';
import { TaskError } from '../errors.ts';
import {
  COST_GROUPINGS,
  type CostGroup,
  type CostGrouping,
  type CostReport,
  costPerPicture,
  costReport,
  costsAsCsv,
  successShare,
} from '../operations/costs.ts';
import { type Answer, ProblemError, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { table } from './table.ts';
import { type WindowOptions, windowOf } from './time-window.ts';

interface Options extends WindowOptions {
  readonly csv?: boolean;
  readonly by: string;
}

const MOST_ROWS = 1_000_000;

export function addCosts(program: Command, run: Run): void {
  program
    .command('costs')
    .description('Cost of pictures, try-ons, success and moderation blocks of a time window')
    .option('--by <what>', COST_GROUPINGS.join(', '), 'day')
    .option('--since <time>', 'ISO time, or so many hours back, e.g. 24h', '168h')
    .option('--until <time>', 'ISO time, or so many hours back; now without it')
    .option('--csv', 'answer in CSV')
    .action(run(costs));
}

async function costs({ supabase }: CliContext, options: Options): Promise<Answer> {
  const window = windowOf(options, new Date());
  const by = COST_GROUPINGS.find((grouping) => grouping === options.by);
  if (by === undefined) throw new UsageError(`--by must be one of ${COST_GROUPINGS.join(', ')}`);
  const data = await reportOf(supabase, by, window);
  const text = options.csv ? costsAsCsv(data).trimEnd() : describe(data);
  return { data, text, isFine: true };
}

async function reportOf(
  supabase: CliContext['supabase'],
  by: CostGrouping,
  window: { readonly since: Date; readonly until: Date },
): Promise<CostReport> {
  try {
    return await costReport(supabase, { by, ...window, mostRows: MOST_ROWS });
  } catch (error) {
    if (!(error instanceof TaskError) || error.detail !== 'too_many_rows') throw error;
    throw new ProblemError(`There are more than ${MOST_ROWS} rows: choose a shorter time.`);
  }
}

function describe({ by, groups, total }: CostReport): string {
  const [headings, cellsOf] = by === 'provider' ? PICTURES : TRY_ONS;
  const rows = groups.length === 0 ? [] : [...groups, total].map(cellsOf);
  return table([by, ...headings], rows, 'No try-on in this time.');
}

const TRY_ONS = [
  ['try-ons', 'completed', 'failed', 'success', 'moderation', 'cost', 'each'],
  (group: CostGroup) => {
    const success = successShare(group);
    return [
      group.key,
      group.tryOns,
      group.completed,
      group.failed,
      success === null ? null : `${(success * 100).toFixed(1)} %`,
      group.moderationBlocks,
      ...moneyOf(group),
    ];
  },
] as const;

/** Of a provider only delivered pictures are known, so a share of success would always be 100 %. */
const PICTURES = [
  ['pictures', 'cost', 'each'],
  (group: CostGroup) => [group.key, group.completed, ...moneyOf(group)],
] as const;

function moneyOf(group: CostGroup): readonly (string | null)[] {
  const each = costPerPicture(group);
  return [
    `$${group.costUsd.toFixed(2)}${group.unpriced === 0 ? '' : ` + ${group.unpriced} unknown`}`,
    each === null ? null : `$${each.toFixed(4)}`,
  ];
}
