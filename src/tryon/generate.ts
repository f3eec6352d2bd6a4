/**
 * The paid step: at most one provider call, made only while a circuit breaker, the rate limit, the
 * deadline and the journal allow it, and journalled before it goes out. A call that its vendor
 * carries out under a ticket is collected, by a later attempt too, and not paid again.
 */
import { asTaskError, TaskError } from '../errors.ts';
import type { Budget } from '../ports/budget.ts';
import type { RecordEvent } from '../ports/events.ts';
import type { ImageProvider, PictureRequest } from '../ports/image-provider.ts';
import type { Job } from '../ports/jobs.ts';
import type { Permit } from '../ports/provider-gate.ts';
import type { Channel } from '../ports/session.ts';
import { beginCall, isUnbilled, lastProvider, openTicket } from './journal.ts';
import { type Limits, StoppingError } from './outcome.ts';
import { promptOf } from './prompt.ts';
import {
  collect,
  findCall,
  type Generated,
  keyOf,
  type ProviderCall,
  submit,
} from './provider-call.ts';
import { enterFirst, type GatedProvider, providersFor } from './provider-route.ts';

export interface CallSettings {
  readonly providerTimeoutSeconds: number;
  /** The paid calls of a task, over all its attempts. */
  readonly maxProviderCalls: number;
}

export interface GenerateDeps {
  /** In the order of preference. */
  readonly providers: Readonly<Record<Channel, readonly GatedProvider[]>>;
  readonly budget: Budget;
  readonly record: RecordEvent;
  readonly settings: CallSettings;
  /** Aborts when the process is asked to stop: what has begun may end, nothing more is paid. */
  readonly stopping: AbortSignal;
}

/** What the caller does in the course of a call. */
interface CallHooks {
  /** Called right before a call is journalled and paid; throws when it must not be. */
  readonly beforePaying?: () => Promise<void>;
  /** See ProviderCall. */
  readonly answered?: ProviderCall['answered'];
}

/** The photos, and who asks. */
type Subject = Pick<PictureRequest, 'images' | 'endUser' | 'onPartial'>;

/**
 * Makes the call; the deadline is checked once more after waiting for a slot of the rate limit.
 * Throws what a provider throws, DEADLINE_EXCEEDED, GENERATION_FAILED (PICTURE_REJECTED after a
 * rejection) when the task's calls are used up, LockLostError, or StoppingError when the process is
 * to stop before the call. The journal's call stays open until its outcome is recorded.
 */
export async function generate(
  job: Job,
  subject: Subject,
  deps: GenerateDeps,
  limits: Limits,
  { beforePaying, answered }: CallHooks = {},
): Promise<Generated> {
  const { task } = job;
  if (job.journal.providerCalls >= deps.settings.maxProviderCalls) {
    const isRejected = (job.journal.failures.PICTURE_REJECTED ?? 0) > 0;
    const code = isRejected ? 'PICTURE_REJECTED' : 'GENERATION_FAILED';
    throw new TaskError(code, { detail: 'calls_used_up' });
  }
  const able = providersFor(task, job.journal, deps.providers[task.channel]);
  const { provider, permit } = await enterGate(able, deps, limits);
  using _ = permit;
  if (Date.now() >= limits.deadlineMs) throw new TaskError('DEADLINE_EXCEEDED');
  const request = { ...subject, prompt: promptOf(task.prompt) };
  const reserved = await deps.budget.reserve(provider.forecastUsd({ ...request, key: '' }) ?? 0);
  try {
    await beforePaying?.();
    await job.record(beginCall(job.journal, provider.name));
  } catch (error) {
    reserved.returned();
    throw error;
  }
  const call = callTo(provider, job, deps, limits, answered);
  try {
    const made = await submit(call, { ...request, key: keyOf(job) });
    permit.succeeded();
    reserved.spent(made.usage.costUsd);
    return made;
  } catch (error) {
    // A call that we aborted ourselves is no evidence against the service.
    if (!limits.signal.aborted) permit.failed(asTaskError(error));
    if (isUnbilled(asTaskError(error))) reserved.returned();
    throw able.length > 1 ? withoutWait(error) : error;
  }
}

/**
 * Collects the picture of the unresolved call of an earlier attempt, by its ticket. Throws what a
 * provider throws: PROVIDER_OUTCOME_UNKNOWN where there is no ticket and the vendor knows no such call.
 */
export async function collectOpenCall(
  job: Job,
  deps: GenerateDeps,
  limits: Limits,
  { answered }: CallHooks,
): Promise<Generated> {
  const { task, journal } = job;
  const provider = deps.providers[task.channel]
    .map((gated) => gated.provider)
    .find(({ name }) => name === lastProvider(journal));
  // Also where the provider is not in IMAGE_PROVIDERS any more.
  if (!provider) throw new TaskError('PROVIDER_OUTCOME_UNKNOWN');
  const ticket = openTicket(journal) ?? (await findCall(provider, job, limits.signal));
  if (ticket === null) throw new TaskError('PROVIDER_OUTCOME_UNKNOWN');
  return collect(callTo(provider, job, deps, limits, answered), ticket);
}

function callTo(
  provider: ImageProvider,
  job: Job,
  deps: GenerateDeps,
  limits: Limits,
  answered: ProviderCall['answered'],
): ProviderCall {
  const startedAtMs = performance.now();
  const mostMs = deps.settings.providerTimeoutSeconds * 1000;
  const timeoutMs = Math.max(0, Math.min(mostMs, limits.lastUseMs - Date.now()));
  const { record } = deps;
  return { provider, job, record, limits, answered, startedAtMs, timeoutMs };
}

/** What one provider asks to wait for does not hold up a task that another can take. */
function withoutWait(error: unknown): unknown {
  if (!(error instanceof TaskError)) return error;
  return new TaskError(error.code, { detail: error.detail, cause: error.cause });
}

/** Waits for a slot of the rate limit, or until the process is asked to stop. */
async function enterGate(
  able: readonly GatedProvider[],
  { stopping }: GenerateDeps,
  { deadlineMs, signal }: Limits,
): Promise<{ readonly provider: ImageProvider; readonly permit: Permit }> {
  try {
    const entered = await enterFirst(able, deadlineMs, AbortSignal.any([signal, stopping]));
    if (!stopping.aborted) return entered;
    entered.permit[Symbol.dispose]();
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
  throw new StoppingError();
}
