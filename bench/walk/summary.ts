/** The two columns of `bench:walk --against` and their ratio. */
import { fixed, quantile } from '../timing.ts';
import type { Run } from './run.ts';

type Figure = (runs: readonly Run[]) => number | null;

const FIGURES: readonly (readonly [what: string, figure: Figure, decimals: number])[] = [
  ['tasks/s, all pushed at once', (runs) => median(runs, 'tasksPerSecond'), 1],
  ['LPUSH → completed alone, p50, ms', (runs) => wait(runs, 0.5), 0],
  ['LPUSH → completed alone, p95, ms', (runs) => wait(runs, 0.95), 0],
  ['CPU a task, ms', (runs) => median(runs, 'cpuMsPerTask'), 0],
  ['CPU of the local stack a task, ms', (runs) => median(runs, 'stackCpuMsPerTask'), 0],
  ['PSS, peak, MB', (runs) => highest(runs, 'peakPssMb'), 0],
  ['PSS at rest, MB', (runs) => median(runs, 'restingPssMb'), 0],
  ['requests to Supabase a task', (runs) => median(runs, 'requestsPerTask'), 1],
  ['start to answering, ms', (runs) => median(runs, 'startMs'), 0],
];

/** Rows of name, this worker, the other one, this / other. */
export function summary(ours: readonly Run[], others: readonly Run[]): string[][] {
  return FIGURES.map(([what, figure, decimals]) => {
    const values = [figure(ours), figure(others)] as const;
    const show = (value: number | null) =>
      value === null ? 'not measured' : fixed(value, decimals);
    const [own, other] = values;
    const ratio = own === null || other === null || other === 0 ? '-' : fixed(own / other, 2);
    return [what, show(own), show(other), ratio];
  });
}

type Scalar = Exclude<keyof Run, 'waitsMs'>;

function valuesOf(runs: readonly Run[], key: Scalar): number[] {
  return runs.map((run) => run[key]).filter((value) => value !== null);
}

/** The mean of the middle two when the number of runs is even. */
function median(runs: readonly Run[], key: Scalar): number | null {
  const sorted = valuesOf(runs, key).toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return sorted.length === 0 ? null : middle.reduce((sum, value) => sum + value) / middle.length;
}

function highest(runs: readonly Run[], key: Scalar): number | null {
  const values = valuesOf(runs, key);
  return values.length === 0 ? null : Math.max(...values);
}

function wait(runs: readonly Run[], share: number): number {
  return quantile(
    runs.flatMap(({ waitsMs }) => waitsMs),
    share,
  );
}
