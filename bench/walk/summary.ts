/** The two columns of `bench:walk --against` and their ratio. */
import { fixed, quantile } from '../timing.ts';
import type { Turn } from './turn.ts';

type Figure = (turns: readonly Turn[]) => number | null;

const FIGURES: readonly (readonly [what: string, figure: Figure, decimals: number])[] = [
  ['tasks/s, all pushed at once', (turns) => median(turns, 'tasksPerSecond'), 1],
  ['LPUSH → completed alone, p50, ms', (turns) => wait(turns, 0.5), 0],
  ['LPUSH → completed alone, p95, ms', (turns) => wait(turns, 0.95), 0],
  ['CPU a task, ms', (turns) => median(turns, 'cpuMsPerTask'), 0],
  ['CPU of the local stack a task, ms', (turns) => median(turns, 'stackCpuMsPerTask'), 0],
  ['PSS, peak, MB', (turns) => highest(turns, 'peakPssMb'), 0],
  ['PSS at rest, MB', (turns) => median(turns, 'restingPssMb'), 0],
  ['requests to Supabase a task', (turns) => median(turns, 'requestsPerTask'), 1],
  ['start to answering, ms', (turns) => median(turns, 'startMs'), 0],
];

/** Rows of name, this worker, the other one, this / other. */
export function summary(ours: readonly Turn[], others: readonly Turn[]): string[][] {
  return FIGURES.map(([what, figure, decimals]) => {
    const values = [figure(ours), figure(others)] as const;
    const show = (value: number | null) =>
      value === null ? 'not measured' : fixed(value, decimals);
    const [own, other] = values;
    const ratio = own === null || other === null || other === 0 ? '-' : fixed(own / other, 2);
    return [what, show(own), show(other), ratio];
  });
}

type Scalar = Exclude<keyof Turn, 'waitsMs'>;

function valuesOf(turns: readonly Turn[], key: Scalar): number[] {
  return turns.map((turn) => turn[key]).filter((value) => value !== null);
}

/** The mean of the middle two when the number of turns is even. */
function median(turns: readonly Turn[], key: Scalar): number | null {
  const sorted = valuesOf(turns, key).toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return sorted.length === 0 ? null : middle.reduce((sum, value) => sum + value) / middle.length;
}

function highest(turns: readonly Turn[], key: Scalar): number | null {
  const values = valuesOf(turns, key);
  return values.length === 0 ? null : Math.max(...values);
}

function wait(turns: readonly Turn[], share: number): number {
  return quantile(
    turns.flatMap(({ waitsMs }) => waitsMs),
    share,
  );
}
