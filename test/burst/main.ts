/**
 * `npm run test:crash -- --kills 1000 --seed 7`: the burst at any length, with its table. Exit code 1
 * when an invariant does not hold.
 */
import { parseArgs } from 'node:util';
import { type BurstResult, runBurst } from './burst.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'lock-seconds': { type: 'string', default: '2' },
  },
});

function seconds(valuesMs: readonly number[], share: number): string {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? '-' : `${(value / 1000).toFixed(1)} s`;
}

function medianAndMost(valuesMs: readonly number[]): string {
  return `${seconds(valuesMs, 0.5)} median, ${seconds(valuesMs, 1)} most`;
}

function table(result: BurstResult): [string, string | number][] {
  const { weather } = result;
  return [
    ['kills (SIGKILL)', weather.kills],
    ['Redis crashes', weather.redisCrashes],
    ['Supabase troubles', weather.supabaseFaults],
    ['image model troubles', weather.openaiFaults],
    ['orders', result.orders],
    ['stray messages', result.strays],
    ['completed', result.completed],
    ['failed', `${result.failed}, of them good orders ${result.failedGood}`],
    ['refunded', result.refunded],
    ['reconciliation records', result.reconciled],
    ['asked twice after a lost answer', result.extraCalls],
    ['attempts cut off', result.orphanMs.length],
    ['  until they went on', medianAndMost(result.orphanMs)],
    ['from failure to refund, stores', medianAndMost(result.refundLagsMs.b2b)],
    ['from failure to refund, people', medianAndMost(result.refundLagsMs.b2c)],
    ['violations', result.violations.length],
  ];
}

const options = { kills: Number(values.kills), seed: Number(values.seed) };
if (!Number.isSafeInteger(options.kills) || !Number.isSafeInteger(options.seed)) {
  console.error('--kills and --seed are whole numbers');
  process.exit(2);
}
console.log(`${options.kills} kills, seed ${options.seed}`);
const result = await runBurst({
  ...options,
  env: { JOB_LOCK_SECONDS: values['lock-seconds'] },
  report: (line) => console.log(`· ${line}`),
});
for (const [name, value] of table(result)) console.log(`${name.padEnd(34)}${value}`);
for (const violation of result.violations) console.log(`VIOLATION ${violation}`);
process.exitCode = result.violations.length === 0 ? 0 : 1;
