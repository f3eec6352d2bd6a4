/**
 * Asks Supabase in the background whether it answers and can be used, for the storage breaker,
 * `/health`, the metrics and the log.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SupabaseClient } from '@supabase/supabase-js';
import { outageOf } from '../adapters/supabase/outage.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { StorageBreaker } from '../tryon/storage-breaker.ts';

const SERVICES = ['database', 'storage'] as const;
type Service = (typeof SERVICES)[number];

/** One failed request may be a hiccup of the network. */
const FAILURES_OF_AN_OUTAGE = 2;
/** The interval while the storage breaker holds the intake. */
const UNUSABLE_CHECK_MS = 5000;

interface State {
  failures: number;
  /** What is wrong and since when, ISO 8601; null while it answers. */
  problem: { readonly text: string; readonly since: string } | null;
}

interface SupabaseWatch extends Disposable {
  /** Why no picture can be stored or delivered now, in words. */
  readonly problems: readonly string[];
  /** 1 while a service answers, 0 while it does not; null before the first answer. */
  readonly up: Readonly<Record<Service, number>> | null;
}

interface Watched {
  readonly supabase: SupabaseClient;
  readonly storage: Pick<StorageBreaker, 'confirm' | 'isUsable'>;
  readonly logger: Logger;
}

/** Asks every `everyMs`, more often while Supabase cannot be used; disposing of it ends the loop. */
export function watchSupabase(watched: Watched, everyMs: number): SupabaseWatch {
  const { storage, logger } = watched;
  const stop = new AbortController();
  const states = new Map<Service, State>();
  const ask = async () => {
    const found = await problemsOf(watched);
    for (const service of SERVICES) {
      const before = states.get(service) ?? { failures: 0, problem: null };
      const after = next(before, found[service]);
      states.set(service, after);
      if (before.problem === null && after.problem !== null)
        logger.error({ service, problem: after.problem.text }, 'supabase_unavailable');
      if (before.problem !== null && after.problem === null)
        logger.info({ service, since: before.problem.since }, 'supabase_available');
    }
  };
  const loop = async () => {
    while (!stop.signal.aborted) {
      await ask();
      const waitMs = storage.isUsable ? everyMs : Math.min(everyMs, UNUSABLE_CHECK_MS);
      await sleep(waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  void loop();
  return {
    get problems() {
      return [...states].flatMap(([service, { problem }]) =>
        problem === null ? [] : [`Supabase ${service} ${problem.text}, since ${problem.since}`],
      );
    },
    get up() {
      if (states.size === 0) return null;
      const isUp = (service: Service) => states.get(service)?.problem === null;
      return { database: Number(isUp('database')), storage: Number(isUp('storage')) };
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

/** What is wrong with each service, such as "answers 503"; null where nothing is. Never rejects. */
async function problemsOf({ supabase, storage }: Watched): Promise<Record<Service, string | null>> {
  const [rows, bucket] = await Promise.all([
    supabase.from('generation_sessions').select('id').limit(0),
    storage.confirm().then(
      (isUsable) => (isUsable ? null : 'cannot be used as it is configured'),
      ({ cause }: Error) => outageOf(cause as Error) ?? refusalOf(cause as RefusedBy),
    ),
  ]);
  const { error, status } = rows;
  return { database: error && (outageOf(error, status) ?? refusalOf(error)), storage: bucket };
}

interface RefusedBy {
  readonly code?: string | undefined;
  readonly statusCode?: string | undefined;
}

/** Only the code: a message may quote the request. */
function refusalOf({ code, statusCode }: RefusedBy): string {
  return `refuses the worker (${code || statusCode || 'no code'})`;
}

function next({ failures, problem }: State, found: string | null): State {
  if (found === null) return { failures: 0, problem: null };
  const isOutage = failures + 1 >= FAILURES_OF_AN_OUTAGE;
  const since = problem?.since ?? new Date().toISOString();
  return { failures: failures + 1, problem: isOutage ? { text: found, since } : null };
}
