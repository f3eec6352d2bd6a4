/** Counts calls to the image models, what they cost, and what stops them. */
import { ERROR_CODES } from '../error-catalogue.ts';
import type { Caller, Counting } from './counting.ts';
import type { Meters } from './meters.ts';

const PROVIDER_SECONDS = [2, 5, 8, 12, 16, 20, 30, 45, 60, 90, 120, 180];

/** Paid calls: how many, how long, at what cost. */
export function providerCounting({ counter, duration }: Meters, callers: readonly Caller[]) {
  const calls = counter(
    'provider_calls_total',
    'Requests sent to the image model. It bills those that it answers with a picture.',
    callers,
  );
  const repeated = counter(
    'provider_repeated_calls_total',
    'Requests repeated after one of unknown outcome: the task may be billed twice.',
    callers,
  );
  const took = duration(
    'provider_call_duration_seconds',
    'How long the image model took for a picture.',
    { buckets: PROVIDER_SECONDS, labels: ['provider', 'model'] },
  );
  const cost = counter(
    'provider_cost_usd_total',
    'What the pictures cost, in US dollars.',
    callers,
  );
  const unpriced = counter(
    'provider_unpriced_calls_total',
    'Pictures whose cost is not known: no usage came, or the model is not in the catalogue.',
    callers,
  );
  const tokens = counter(
    'provider_tokens_total',
    'Tokens used, as the image model counts them.',
    callers.flatMap((caller) => [
      { ...caller, direction: 'input' },
      { ...caller, direction: 'output' },
    ]),
  );
  return {
    provider_call_started({ repeated: isRepeated, provider, model }) {
      calls({ provider, model });
      if (isRepeated) repeated({ provider, model });
    },
    provider_call_succeeded({ durationMs, usage, provider, model }) {
      const caller = { provider, model };
      took(durationMs, caller);
      if (usage.costUsd === null) unpriced(caller);
      else cost(caller, usage.costUsd);
      tokens({ ...caller, direction: 'input' }, usage.inputTokens ?? 0);
      tokens({ ...caller, direction: 'output' }, usage.outputTokens ?? 0);
    },
  } satisfies Partial<Counting>;
}

/** What stops calls to the providers. */
export function gateCounting({ counter }: Meters, callers: readonly Caller[]) {
  const providers = [...new Set(callers.map(({ provider }) => provider))];
  const opened = counter(
    'breaker_openings_total',
    'How often paid calls were stopped because none could succeed.',
    providers.flatMap((provider) =>
      ERROR_CODES.filter((code) => code.startsWith('PROVIDER_')).map((code) => ({
        provider,
        code,
      })),
    ),
  );
  const closed = counter(
    'breaker_closings_total',
    'How often paid calls were let out again.',
    providers.map((provider) => ({ provider })),
  );
  const budget = counter(
    'budget_spent_total',
    'How often DAILY_BUDGET_USD was found to be spent; each replica counts a day once.',
  );
  return {
    breaker_opened: ({ provider, code }) => opened({ provider, code }),
    breaker_closed: ({ provider }) => closed({ provider }),
    budget_spent: () => budget(),
  } satisfies Partial<Counting>;
}
