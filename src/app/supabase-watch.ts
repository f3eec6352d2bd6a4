/**
 * Keeps an eye on Supabase in the background, for `/health`, the metrics and the log.
 */
import type { SupabaseAvailability } from '../adapters/supabase/availability.ts';
import { repeat } from '../repeat.ts';
import type { Logger } from '../telemetry/logger.ts';

const SERVICES = ['database', 'storage'] as const;
type Service = (typeof SERVICES)[number];

/** One failed question may be a hiccup of the line. */
const FAILURES_OF_AN_OUTAGE = 2;

interface State {
  failures: number;
  /** What is wrong and since when, ISO 8601; null while it answers. */
  problem: { readonly text: string; readonly since: string } | null;
}

export interface SupabaseWatch extends Disposable {
  /** Why no picture can be stored or delivered now, in words. */
  readonly problems: readonly string[];
  /** 1 while a service answers, 0 while it does not; null before the first answer. */
  readonly up: Readonly<Record<Service, number>> | null;
}

/** Asks every `everyMs`; disposing of it ends the asking. */
export function watchSupabase(
  availability: SupabaseAvailability,
  everyMs: number,
  logger: Logger,
): SupabaseWatch {
  const stop = new AbortController();
  const states = new Map<Service, State>();
  const ask = async () => {
    const found = await availability.check();
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
  void repeat(ask, everyMs, stop.signal, (error) => logger.error({ error }, 'supabase_not_asked'));
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

function next({ failures, problem }: State, found: string | null): State {
  if (found === null) return { failures: 0, problem: null };
  const isOutage = failures + 1 >= FAILURES_OF_AN_OUTAGE;
  const since = problem?.since ?? new Date().toISOString();
  return { failures: failures + 1, problem: isOutage ? { text: found, since } : null };
}
