/**
 * Which provider gets a task's call: the first of the order that can take the request, whose calls
 * for this task have not failed, and whose gate lets the call out before the deadline.
 */
import { TaskError } from '../errors.ts';
import type { ImageProvider, ProviderLimits } from '../ports/image-provider.ts';
import type { Journal } from '../ports/jobs.ts';
import type { Permit, ProviderGate } from '../ports/provider-gate.ts';
import type { Task } from '../ports/session.ts';

/** A provider and the gate in front of its paid calls. */
export interface GatedProvider {
  readonly provider: ImageProvider;
  readonly gate: ProviderGate;
}

/** Whether a provider takes so many garments with such a prompt (blank: it may be left out). */
function accepts(limits: ProviderLimits, garments: number, prompt: string): boolean {
  const { least, most } = limits.garments;
  const takesPrompt = limits.prompt !== 'refused' || prompt === '';
  return (
    garments >= least && garments <= most && takesPrompt && prompt.length <= limits.promptCharacters
  );
}

/**
 * The providers that can take the task, the preferred first; those whose calls for it have failed go
 * last. Throws INVALID_IMAGE (too_many) or GENERATION_FAILED where none can take it.
 */
export function providersFor(
  { imageUrls, prompt }: Pick<Task, 'imageUrls' | 'prompt'>,
  { failedProviders = [] }: Journal,
  order: readonly GatedProvider[],
): readonly GatedProvider[] {
  const garments = imageUrls.length - 1;
  const able = order.filter(({ provider }) => accepts(provider.limits, garments, prompt));
  if (able.length === 0) {
    const most = Math.max(...order.map(({ provider }) => provider.limits.garments.most));
    throw garments > most
      ? new TaskError('INVALID_IMAGE', { detail: 'too_many' })
      : new TaskError('GENERATION_FAILED', { detail: 'no_provider_takes_it' });
  }
  const hasFailed = ({ provider }: GatedProvider) => failedProviders.includes(provider.name);
  return [...able.filter((one) => !hasFailed(one)), ...able.filter(hasFailed)];
}

/** Throws unless one of the gates lets calls out now. */
export async function checkGates(providers: readonly GatedProvider[]): Promise<void> {
  await firstThat(providers, ({ gate }) => gate.assertMayPay());
}

/** Enters the first gate that lets the call out before `deadlineMs`; throws the refusal of the gate that opens first. */
export function enterFirst(
  providers: readonly GatedProvider[],
  deadlineMs: number,
  signal: AbortSignal,
): Promise<{ readonly provider: ImageProvider; readonly permit: Permit }> {
  return firstThat(providers, async ({ provider, gate }) => ({
    provider,
    permit: await gate.enter(deadlineMs, signal),
  }));
}

/** The first result; where all refuse, the refusal that ends soonest. Other errors are thrown at once. */
async function firstThat<T>(
  providers: readonly GatedProvider[],
  action: (provider: GatedProvider) => Promise<T>,
): Promise<T> {
  const refusals: TaskError[] = [];
  for (const provider of providers) {
    try {
      return await action(provider);
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      refusals.push(error);
    }
  }
  const waitMs = ({ kind, retryAfterMs = 0 }: TaskError) =>
    kind === 'final' ? Number.POSITIVE_INFINITY : retryAfterMs;
  throw refusals.reduce((soonest, other) => (waitMs(other) < waitMs(soonest) ? other : soonest));
}
