/**
 * `npm run bench:walk -- --against 'DIR::command'`: another worker of the same wire, compared with
 * this one; with `--vendor-ms` alone, this one.
 */
import { openShop, type Shop } from '../../test/support/shop.ts';
import { IN_TURNS, machineName, printTable } from '../timing.ts';
import { type Contender, THIS_WORKER } from './contender.ts';
import { photoOf } from './orders.ts';
import { measureRun, type Run } from './run.ts';
import { summary } from './summary.ts';

export interface Amount {
  readonly tasks: number;
  readonly alone: number;
  /** How long the image model takes. */
  readonly vendorMs: number;
  /** How much longer Supabase takes for every answer, photos included. */
  readonly delayMs: number;
  /** Of each photo. */
  readonly megapixels: number;
  /** Whether the photos show a person, so that their check has its full cost. */
  readonly person: boolean;
}

/** What both workers get in addition to the local stack's addresses and keys, HOST and PORT. */
function settings(): Record<string, string> {
  return {
    WORKER_CONCURRENCY: process.env.WORKER_CONCURRENCY ?? '50',
    OPENAI_RATE_LIMIT_PER_MINUTE: '1000000',
    LOG_LEVEL: 'info',
  };
}

async function openShopWith({ vendorMs, delayMs }: Amount): Promise<Shop> {
  const shop = await openShop({ openai: { plain: true, latencyMs: vendorMs } });
  const { faults } = shop.stack.supabase;
  if (delayMs > 0) faults.add({ kind: 'delay', ms: delayMs, times: Number.POSITIVE_INFINITY });
  return shop;
}

/** Drives both alternately on one local stack and prints their figures. */
export async function compareWith(other: Contender, amount: Amount): Promise<void> {
  await using shop = await openShopWith(amount);
  const load = { ...amount, photo: await photoOf(amount.megapixels, amount.person) };
  const env = { ...shop.stack.env, ...settings() };
  const runs: Record<(typeof IN_TURNS)[number], Run[]> = { this: [], other: [] };
  for (const [index, who] of IN_TURNS.entries()) {
    const name = who === 'this' ? 'this worker' : 'the other one';
    console.error(`run ${index + 1} of ${IN_TURNS.length}: ${name}`);
    const contender = who === 'this' ? THIS_WORKER : other;
    runs[who].push(await measureRun(shop, contender, env, load));
  }
  console.log(`${describe(env, amount)}, two runs each\n`);
  printTable(['', 'this worker', 'the other', 'this / other'], summary(runs.this, runs.other));
}

/** Drives this worker alone, once, and prints its figures. */
export async function measureThis(amount: Amount): Promise<void> {
  await using shop = await openShopWith(amount);
  const load = { ...amount, photo: await photoOf(amount.megapixels, amount.person) };
  const env = { ...shop.stack.env, ...settings() };
  const run = await measureRun(shop, THIS_WORKER, env, load);
  console.log(`${describe(env, amount)}\n`);
  printTable(
    ['', 'this worker'],
    summary([run], []).map((row) => row.slice(0, 2)),
  );
}

function describe(env: Readonly<Record<string, string>>, amount: Amount): string {
  const { tasks, alone, vendorMs, delayMs, megapixels, person } = amount;
  return (
    `${machineName()}; WORKER_CONCURRENCY=${env.WORKER_CONCURRENCY}, vendor ${vendorMs} ms, ` +
    `Supabase ${delayMs} ms away, ${tasks} tasks of two ${megapixels} MP photos${person ? ' of a person' : ''} at once and ${alone} alone`
  );
}
