/** Timing and printing for the benches. */
import { availableParallelism, cpus } from 'node:os';
import { table } from '../scripts/markdown-table.ts';

/** The value below which `share` (0..1) of the values lie; NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? Number.NaN;
}

/** Two workers that are compared: in this order, a machine that gets faster or slower favours neither. */
export const IN_TURNS = ['this', 'other', 'other', 'this'] as const;

/** How long `work` takes, in milliseconds. */
export async function timeMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * How long several pieces of work take when nothing disturbs them: the fastest tenth of their
 * times, run in turns so that a slow moment of the machine hits all of them.
 */
export async function fastTimesInTurns<Name extends string>(
  pieces: Readonly<Record<Name, () => unknown>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(pieces) as Name[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  const warmUp = Math.ceil(rounds / 5);
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of names) {
      const time = await timeMs(pieces[name]);
      if (round >= 0) times.get(name)?.push(time);
    }
  }
  const fast = names.map((name) => [name, quantile(times.get(name) ?? [], 0.1)]);
  return Object.fromEntries(fast) as Record<Name, number>;
}

/** Such as `2 x AMD EPYC, Node v24.21.0, linux x64`. */
export function machineName(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const { platform, arch, version } = process;
  return `${availableParallelism()} x ${model}, Node ${version}, ${platform} ${arch}`;
}

/** Rows of a Markdown table. */
export function printTable(head: readonly string[], rows: readonly (readonly unknown[])[]): void {
  console.log(`${table(head, rows)}\n`);
}

export function fixed(value: number, decimals = 1): string {
  return value.toFixed(decimals);
}
