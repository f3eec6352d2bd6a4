/** What an attempt works with in unit tests: the ports of one session in memory, and no checks. */
import { Semaphore } from '../../../src/concurrency/semaphore.ts';
import { ByteBudget } from '../../../src/images/byte-budget.ts';
import type { AttemptDeps, AttemptSettings } from '../../../src/tryon/attempt.ts';
import { CallSlots } from '../../../src/tryon/call-slots.ts';
import { Quarantine } from '../../../src/tryon/quarantine.ts';
import type { oneSession } from './one-session.ts';

/** Parts of `T` at any depth; what is there has the type of the real one. */
type Parts<T> = T extends (...args: infer A) => infer R
  ? (...args: A) => Parts<R>
  : T extends Promise<infer R>
    ? Promise<Parts<R>>
    : T extends object
      ? { readonly [K in keyof T]?: Parts<T[K]> }
      : T;

export const SETTINGS: AttemptSettings = {
  personCheck: 'off',
  pictureCheck: 'off',
  checkTimeoutSeconds: 5,
  providerTimeoutSeconds: 10,
  maxProviderCalls: 3,
  taskDeadlineSeconds: 480,
};

/** `parts`, in place of or in addition to what any attempt needs. */
export function attemptDeps(
  one: ReturnType<typeof oneSession>,
  parts: Parts<AttemptDeps>,
): AttemptDeps {
  const always: Parts<AttemptDeps> = {
    ...one.deps,
    budget: { assertMayPay: async () => undefined },
    downloads: new ByteBudget(1e9),
    decodeMemory: new Semaphore(1e9),
    quarantine: new Quarantine(),
    callSlots: new CallSlots(1),
    settings: SETTINGS,
    stopping: new AbortController().signal,
    mayJudgeAges: () => true,
  };
  return { ...always, ...parts } as AttemptDeps;
}
