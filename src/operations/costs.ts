/**
 * What the pictures cost and what became of the try-ons, by provider, store, day, or store and day.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type CostRow,
  type CostWindow,
  pictureCosts,
  sessionCosts,
} from '../adapters/supabase/cost-rows.ts';
import { failureOfPublicText } from '../errors.ts';
import { readFailureText } from '../failure-text.ts';
import { FIRST_PROVIDER } from '../ports/image-provider.ts';

export const COST_GROUPINGS = ['provider', 'store', 'day', 'store-day'] as const;
export type CostGrouping = (typeof COST_GROUPINGS)[number];

/** Sums of one group. Sessions that have not ended are try-ons only. */
export interface CostGroup {
  readonly key: string;
  tryOns: number;
  completed: number;
  failed: number;
  /** Failed because the image model refused the photos or the prompt. */
  moderationBlocks: number;
  /** Of the pictures whose cost is known. */
  costUsd: number;
  /** Pictures whose cost is not known. */
  unpriced: number;
}

export interface CostReport {
  readonly by: CostGrouping;
  readonly since: string;
  readonly until: string;
  readonly groups: readonly CostGroup[];
  readonly total: CostGroup;
}

/** All people together: a business has no use for their ids. */
const PEOPLE = 'people (b2c)';

/** Sums up the window. Throws STORAGE_UNAVAILABLE, with the detail too_many_rows beyond `mostRows`. */
export async function costReport(
  supabase: SupabaseClient,
  { by, ...window }: CostWindow & { readonly by: CostGrouping },
): Promise<CostReport> {
  const sums = new Sums();
  if (by === 'provider') {
    for await (const { provider, costUsd } of pictureCosts(supabase, window)) {
      sums.add(provider ?? FIRST_PROVIDER, { status: 'completed', errorMessage: null, costUsd });
    }
  } else {
    for await (const row of sessionCosts(supabase, window)) sums.add(keyOf(row, by), row);
  }
  const { since, until } = window;
  const groups = sums.groups();
  return {
    by,
    since: since.toISOString(),
    until: until.toISOString(),
    groups: groups.sort((a, b) => a.key.localeCompare(b.key)),
    total: sums.total,
  };
}

function keyOf(
  { channel, ownerId, createdAt }: CostRow,
  by: Exclude<CostGrouping, 'provider'>,
): string {
  const day = new Date(createdAt).toISOString().slice(0, 10);
  const store = channel === 'b2b' ? ownerId : PEOPLE;
  return { day, store, 'store-day': `${day} ${store}` }[by];
}

function emptyGroup(key: string): CostGroup {
  return { key, tryOns: 0, completed: 0, failed: 0, moderationBlocks: 0, costUsd: 0, unpriced: 0 };
}

type Outcome = Pick<CostRow, 'status' | 'errorMessage' | 'costUsd'>;

class Sums {
  readonly total = emptyGroup('total');
  readonly #groups = new Map<string, CostGroup>();

  add(key: string, outcome: Outcome): void {
    const group = this.#groups.get(key) ?? emptyGroup(key);
    this.#groups.set(key, group);
    count(group, outcome);
    count(this.total, outcome);
  }

  groups(): CostGroup[] {
    return [...this.#groups.values()];
  }
}

function count(group: CostGroup, { status, errorMessage, costUsd }: Outcome): void {
  group.tryOns += 1;
  if (status === 'completed') group.completed += 1;
  if (status === 'completed' && costUsd === null) group.unpriced += 1;
  if (status === 'failed') group.failed += 1;
  if (status === 'failed' && isModerationBlock(errorMessage)) group.moderationBlocks += 1;
  group.costUsd += costUsd ?? 0;
}

function isModerationBlock(errorMessage: string | null): boolean {
  const text = errorMessage === null ? null : readFailureText(errorMessage);
  return text !== null && failureOfPublicText(text.publicText)?.code === 'MODERATION_BLOCKED';
}

/** Completed among those that ended, 0..1; null where none has. */
export function successShare({ completed, failed }: CostGroup): number | null {
  return completed + failed === 0 ? null : completed / (completed + failed);
}

/** Mean cost of the pictures whose cost is known, in US dollars; null where there is none. */
export function costPerPicture({ completed, unpriced, costUsd }: CostGroup): number | null {
  return completed === unpriced ? null : costUsd / (completed - unpriced);
}

/** The report for a spreadsheet, which sums by itself. */
export function costsAsCsv({ by, groups }: CostReport): string {
  const head = by === 'store-day' ? 'day,store' : by;
  const columns = 'try_ons,completed,failed,moderation_blocks,cost_usd,unpriced_pictures';
  const lines = groups.map((group) => {
    const { key, tryOns, completed, failed, moderationBlocks, costUsd, unpriced } = group;
    const keys = by === 'store-day' ? [key.slice(0, 10), key.slice(11)] : [key];
    const numbers = [tryOns, completed, failed, moderationBlocks, costUsd.toFixed(6), unpriced];
    return [...keys.map(quoted), ...numbers].join(',');
  });
  return `${[`${head},${columns}`, ...lines].join('\n')}\n`;
}

/** A provider's name is an operator's own; quoted so that no spreadsheet evaluates it as a formula. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
