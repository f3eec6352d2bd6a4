/**
 * The paid step: at most one provider call, made only while a circuit breaker, the rate limit, the
 * deadline and the journal allow it, and journalled before it goes out. A call that its vendor
 * carries out under a ticket is collected, by a later attempt too, and not paid again.
 */
import { asTaskError, TaskError } from '../errors.ts';
import type { Budget } from '../ports/budget.ts';
import type { RecordEvent } from '../ports/events.ts';
import type {
  ImageProvider,
  Picture,
  PictureRequest,
  PictureUsage,
  Submitted,
  Ticket,
} from '../ports/image-provider.ts';
import type { Job, Journal } from '../ports/jobs.ts';
import type { Permit } from '../ports/provider-gate.ts';
import type { Channel } from '../ports/session.ts';
import { awaitTicket } from './await-ticket.ts';
import {
  beginCall,
  hasLostCall,
  isUnbilled,
  lastProvider,
  openTicket,
  ticketTaken,
} from './journal.ts';
import { type Limits, StoppingError } from './outcome.ts';
import { promptOf } from './prompt.ts';
import { enterFirst, type GatedProvider, providersFor } from './provider-route.ts';
import { resultPicture } from './result-picture.ts';

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
  /** Called when the vendor's work is over: the answer is there, and not decoded yet. */
  readonly answered?: () => void;
}

/** The photos, and who asks. */
type Subject = Pick<PictureRequest, 'images' | 'endUser' | 'onPartial'>;

/** A picture that was paid for, ready to be stored, and what it took. */
export interface Generated {
  readonly jpeg: Uint8Array;
  /** WIDTHxHEIGHT as it was asked for; null where it follows the person's photo. */
  readonly size: string | null;
  readonly usage: PictureUsage;
  /** As it stands now; Redis may still lack the ticket. */
  readonly journal: Journal;
}

/** A call under way. */
interface Call {
  readonly job: Job;
  readonly provider: ImageProvider;
  readonly deps: GenerateDeps;
  readonly limits: Limits;
  readonly answered: CallHooks['answered'];
  readonly startedAtMs: number;
  readonly timeoutMs: number;
}

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

const CLOCKS_MAY_DIFFER_MS = 300_000;

/** The ticket of the journal's last call; null where the vendor has no such call, or none can be looked up. */
async function findCall(
  provider: ImageProvider,
  job: Job,
  signal: AbortSignal,
): Promise<Ticket | null> {
  const { imageUrls, createdAt } = job.task;
  const sinceMs = Date.parse(createdAt) - CLOCKS_MAY_DIFFER_MS;
  const call = { key: keyOf(job), garments: imageUrls.length - 1, sinceMs };
  return (await provider.find?.(call, signal)) ?? null;
}

/** The ticket of a call that may have been begun although its answer was lost. Throws `error` where there is none. */
async function ticketAfter(error: unknown, { provider, job, limits }: Call): Promise<Submitted> {
  const failure = asTaskError(error);
  const mayBeBegun = failure.kind === 'transient' && !isUnbilled(failure);
  const ticket = mayBeBegun ? await findCall(provider, job, limits.signal).catch(() => null) : null;
  if (ticket === null) throw error;
  return { kind: 'ticket', ticket };
}

/** Names the last call of the journal. */
function keyOf({ task, journal }: Job): string {
  return `${task.sessionId}:${journal.providerCalls}`;
}

function callTo(
  provider: ImageProvider,
  job: Job,
  deps: GenerateDeps,
  limits: Limits,
  answered: CallHooks['answered'],
): Call {
  const startedAtMs = Date.now();
  const mostMs = deps.settings.providerTimeoutSeconds * 1000;
  const timeoutMs = Math.max(0, Math.min(mostMs, limits.lastUseMs - startedAtMs));
  return { provider, job, deps, limits, answered, startedAtMs, timeoutMs };
}

async function submit(call: Call, request: PictureRequest): Promise<Generated> {
  const { job, provider, deps, limits, timeoutMs } = call;
  const { task, journal } = job;
  deps.record({
    event: 'provider_call_started',
    task,
    call: journal.providerCalls,
    repeated: hasLostCall(journal),
    provider: provider.name,
    model: provider.model,
  });
  const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(timeoutMs)]);
  const submitted = await provider
    .submit(request, timeoutMs, signal)
    .catch((error: unknown) => ticketAfter(error, call));
  if (submitted.kind === 'picture') return generated(call, submitted.picture, journal);
  return collect(call, submitted.ticket);
}

async function collect(call: Call, ticket: Ticket): Promise<Generated> {
  const { job, provider, limits, startedAtMs, timeoutMs } = call;
  const journal = ticketTaken(job.journal, ticket);
  // Sent before the wait. Its answer is not waited for: the picture is of use while Redis is away,
  // and a lost lock aborts the signal.
  job.record(journal).catch(() => undefined);
  const leftMs = startedAtMs + timeoutMs - Date.now();
  const picture = await awaitTicket(provider, ticket, leftMs, limits.signal);
  return generated(call, picture, journal);
}

async function generated(call: Call, picture: Picture, journal: Journal): Promise<Generated> {
  const { job, provider, deps, answered, startedAtMs } = call;
  const { image, size, ...usage } = picture;
  answered?.();
  deps.record({
    event: 'provider_call_succeeded',
    task: job.task,
    durationMs: Date.now() - startedAtMs,
    usage,
    provider: provider.name,
    model: provider.model,
  });
  return { jpeg: await resultPicture(image, size), size, usage, journal };
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
