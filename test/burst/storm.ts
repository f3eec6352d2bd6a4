/**
 * The faults of a burst: replicas are killed at named moments and at random ones, Redis crashes, the database,
 * the storage and the image model fail, refuse, hang up or lose their answers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, RequestMatch } from '../../local/faults.ts';
import {
  answerWithoutImage,
  rateLimited,
  serverError,
  serverOverloaded,
} from '../../local/openai/vendor-errors.ts';
import type { LocalStack } from '../../local/stack.ts';
import type { Chance } from './random.ts';
import type { Replica } from './replica.ts';

/** How often each kind of trouble came. */
export interface Weather {
  readonly kills: number;
  readonly redisCrashes: number;
  readonly supabaseFaults: number;
  readonly openaiFaults: number;
}

/** The steps of an attempt as they look on the wire. */
const STEPS: readonly [Moment, ...Moment[]] = [
  { at: 'supabase', method: 'GET', path: /generation_sessions/ },
  { at: 'supabase', method: 'GET', path: /\/object\/sign\// },
  { at: 'supabase', method: 'PATCH', path: /generation_sessions/ },
  { at: 'openai', method: 'POST', path: /edits/ },
  { at: 'supabase', method: 'POST', path: /\/storage\/v1\/object\// },
  { at: 'supabase', method: 'GET', path: /credit_transactions/ },
  { at: 'supabase', method: 'POST', path: /\/rpc\/refund/ },
  { at: 'supabase', method: 'POST', path: /analytics_events/ },
];

type Moment = RequestMatch & { readonly at: 'supabase' | 'openai' };

const LONGEST_WAIT_MS = 1200;
const BREATHING_MS = 250;
const AT_A_STEP = 0.7;
const BOTH_AT_ONCE = 0.1;
const REDIS_CRASH = 0.04;
const SUPABASE_TROUBLE = 0.15;
const OPENAI_TROUBLE = 0.15;
const MOST_REQUESTS_HIT = 12;

/** Kills until `kills` are done; `order` is called before each to keep the workers busy. */
export async function storm(
  stack: LocalStack,
  replicas: readonly [Replica, ...Replica[]],
  { kills, chance, order }: { kills: number; chance: Chance; order: () => Promise<void> },
): Promise<Weather> {
  const weather = { kills: 0, redisCrashes: 0, supabaseFaults: 0, openaiFaults: 0 };
  while (weather.kills < kills) {
    await order();
    await Promise.all(replicas.map((replica) => replica.start()));
    if (chance.happens(SUPABASE_TROUBLE)) {
      stack.supabase.faults.add(supabaseTrouble(chance));
      weather.supabaseFaults += 1;
    }
    if (chance.happens(OPENAI_TROUBLE)) {
      stack.openai.faults.add(openaiTrouble(chance));
      weather.openaiFaults += 1;
    }
    if (chance.happens(REDIS_CRASH)) {
      await stack.redis.kill();
      await sleep(chance.below(LONGEST_WAIT_MS));
      await stack.redis.start();
      weather.redisCrashes += 1;
    }
    await momentToStrike(stack, chance);
    const struck = chance.happens(BOTH_AT_ONCE) ? replicas : [chance.oneOf(replicas)];
    await Promise.all(struck.map((replica) => replica.kill()));
    weather.kills += struck.length;
    // A fault that no one ran into must not wait for the end.
    if (chance.happens(BOTH_AT_ONCE)) clearFaults(stack);
  }
  clearFaults(stack);
  await Promise.all(replicas.map((replica) => replica.start()));
  return weather;
}

function clearFaults({ supabase, openai }: LocalStack): void {
  supabase.faults.clear();
  openai.faults.clear();
}

/** Resolves at a step of some attempt, or after any time; some milliseconds on, so that the step may be done. */
async function momentToStrike(stack: LocalStack, chance: Chance): Promise<void> {
  await sleep(chance.below(BREATHING_MS));
  if (!chance.happens(AT_A_STEP)) return sleep(chance.below(LONGEST_WAIT_MS));
  const { at, ...match } = chance.oneOf(STEPS);
  const atMost = AbortSignal.timeout(LONGEST_WAIT_MS);
  const tooLate = new Promise<void>((resolve) => {
    atMost.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([stack[at].faults.arrived(match), tooLate]);
  await sleep(chance.below(30));
}

function supabaseTrouble(chance: Chance): Fault {
  const times = 1 + chance.below(MOST_REQUESTS_HIT);
  const { method, path } = chance.oneOf(STEPS.filter(isOfSupabase) as [Moment, ...Moment[]]);
  const match = { times, ...(method && { method }), ...(path && { path }) };
  return chance.oneOf<Fault>([
    { ...match, kind: 'status', status: 503, body: { message: 'upstream connect error' } },
    { ...match, kind: 'status-after', status: 502, body: { message: 'bad gateway' } },
    { ...match, kind: 'drop' },
    { ...match, kind: 'drop-after' },
    { ...match, kind: 'delay', ms: chance.below(LONGEST_WAIT_MS) },
  ]);
}

function isOfSupabase({ at }: Moment): boolean {
  return at === 'supabase';
}

function openaiTrouble(chance: Chance): Fault {
  const calls = { method: 'POST', path: /edits/, times: 1 + chance.below(3) };
  return chance.oneOf<Fault>([
    { ...serverError(500), ...{ times: calls.times } },
    { ...serverOverloaded(), ...{ times: calls.times } },
    { ...rateLimited(1), ...{ times: calls.times } },
    answerWithoutImage(),
    { ...calls, kind: 'drop' },
    { ...calls, kind: 'drop-after' },
    { ...calls, kind: 'delay', ms: chance.below(2 * LONGEST_WAIT_MS) },
  ]);
}
