/**
 * One call to a provider under way: sent, collected by its ticket where the vendor gives one, found
 * again where its answer was lost, and its picture made ready to be stored.
 */
import { msSince } from '../concurrency/ms-since.ts';
import { asTaskError } from '../errors.ts';
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
import { awaitTicket } from './await-ticket.ts';
import { hasLostCall, isUnbilled, ticketTaken } from './journal.ts';
import type { Limits } from './outcome.ts';
import { resultPicture } from './result-picture.ts';

/** A picture that was paid for, ready to be stored, and what it took. */
export interface Generated {
  readonly jpeg: Uint8Array;
  /** WIDTHxHEIGHT as it was asked for; null where it follows the person's photo. */
  readonly size: string | null;
  readonly usage: PictureUsage;
  /** As it stands now; Redis may still lack the ticket. */
  readonly journal: Journal;
}

export interface ProviderCall {
  readonly job: Job;
  readonly provider: ImageProvider;
  readonly record: RecordEvent;
  readonly limits: Limits;
  /** Called when the vendor's work is over: the answer is there, and not decoded yet. */
  readonly answered: (() => void) | undefined;
  /** As `performance.now()` counts. */
  readonly startedAtMs: number;
  /** For the vendor's work, from the start on. */
  readonly timeoutMs: number;
}

/** Makes the call of the journal's last entry. Throws what a provider throws. */
export async function submit(call: ProviderCall, request: PictureRequest): Promise<Generated> {
  const { job, provider, record, limits, timeoutMs } = call;
  const { task, journal } = job;
  record({
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

/** The picture that the vendor makes under the ticket. Throws what a provider throws. */
export async function collect(call: ProviderCall, ticket: Ticket): Promise<Generated> {
  const { job, provider, limits, startedAtMs, timeoutMs } = call;
  const journal = ticketTaken(job.journal, ticket);
  // Sent before the wait. Its answer is not waited for: the picture is of use while Redis is away,
  // and a lost lock aborts the signal.
  job.record(journal).catch(() => undefined);
  const leftMs = timeoutMs - msSince(startedAtMs);
  const picture = await awaitTicket(provider, ticket, leftMs, limits.signal);
  return generated(call, picture, journal);
}

async function generated(
  call: ProviderCall,
  picture: Picture,
  journal: Journal,
): Promise<Generated> {
  const { job, provider, record, answered, startedAtMs } = call;
  const { image, size, ...usage } = picture;
  answered?.();
  record({
    event: 'provider_call_succeeded',
    task: job.task,
    durationMs: msSince(startedAtMs),
    usage,
    provider: provider.name,
    model: provider.model,
  });
  return { jpeg: await resultPicture(image, size), size, usage, journal };
}

const CLOCKS_MAY_DIFFER_MS = 300_000;

/** The ticket of the journal's last call; null where the vendor has no such call, or none can be looked up. */
export async function findCall(
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
async function ticketAfter(
  error: unknown,
  { provider, job, limits }: ProviderCall,
): Promise<Submitted> {
  const failure = asTaskError(error);
  const mayBeBegun = failure.kind === 'transient' && !isUnbilled(failure);
  const ticket = mayBeBegun ? await findCall(provider, job, limits.signal).catch(() => null) : null;
  if (ticket === null) throw error;
  return { kind: 'ticket', ticket };
}

/** Names the last call of the journal. */
export function keyOf({ task, journal }: Job): string {
  return `${task.sessionId}:${journal.providerCalls}`;
}
