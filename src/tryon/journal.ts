/**
 * The journal of a job: what its attempts did about the paid call, as operations on a value. Written
 * before a call goes out, when a ticket is there, when the picture is there, and when it failed, so
 * that the next attempt knows after any crash whether something is paid already.
 */
import { CATALOGUE, type ErrorCode } from '../error-catalogue.ts';
import { TaskError } from '../errors.ts';
import { FIRST_PROVIDER, type PictureUsage, type Ticket } from '../ports/image-provider.ts';
import type { Journal } from '../ports/jobs.ts';

/** A paid call to `provider` is about to go out. */
export function beginCall(journal: Journal, provider: string): Journal {
  const providerCalls = journal.providerCalls + 1;
  return { ...journal, providerCalls, callOpen: true, provider, ticket: null };
}

/** The vendor has taken the call under a ticket: from now on the picture is collected, not paid again. */
export function ticketTaken(journal: Journal, ticket: Ticket): Journal {
  return { ...journal, ticket };
}

/** The picture of the open call is there, and not stored yet. */
export function pictureMade(
  journal: Journal,
  usage: PictureUsage,
  processingTimeMs: number,
): Journal {
  return { ...journal, callOpen: false, result: { ...usage, processingTimeMs } };
}

/**
 * May a call have been paid whose picture is not stored? A call whose end was not seen, or one whose
 * picture was lost before it was stored.
 */
export function isUnresolved({ callOpen, result }: Journal): boolean {
  return callOpen || result !== null;
}

/** The ticket with which the picture of the unresolved call can be collected; null where there is none. */
export function openTicket(journal: Journal): Ticket | null {
  return isUnresolved(journal) ? (journal.ticket ?? null) : null;
}

/** Who got the last paid call. */
export function lastProvider({ provider = FIRST_PROVIDER }: Journal): string {
  return provider;
}

/** Whether a call for the task may have been billed for nothing. */
export function hasLostCall({ failures }: Journal): boolean {
  return (failures.PROVIDER_OUTCOME_UNKNOWN ?? 0) > 0;
}

/** Errors that say how a call ended, in addition to those named PROVIDER_. */
const ENDS_OF_CALLS: readonly string[] = [
  'MODERATION_BLOCKED',
  'GENERATION_FAILED',
  'PICTURE_REJECTED',
];

function endsCall(code: ErrorCode): boolean {
  return code.startsWith('PROVIDER_') || ENDS_OF_CALLS.includes(code);
}

/** Refused for the rate, the key, the quota or the model, reached no one, or dropped before it was begun: nothing was done. */
export function isUnbilled({ code, kind, detail }: TaskError): boolean {
  return (
    code === 'PROVIDER_BUSY' ||
    code === 'PROVIDER_MODEL_REPLACED' ||
    kind === 'operational' ||
    detail === 'not_reached' ||
    detail === 'not_started'
  );
}

/**
 * The journal with one more failure, which also closes the call that the attempt made; one that was
 * not billed is not counted. A call that the attempt found open (`foundOpen`) stays open until it has
 * been counted as one of unknown outcome; one with a ticket until an error says how it ended.
 */
export function callFailed(journal: Journal, error: TaskError, foundOpen: boolean): Journal {
  const { code } = error;
  const failures = { ...journal.failures, [code]: (journal.failures[code] ?? 0) + 1 };
  const hasTicket = openTicket(journal) !== null;
  const closes = hasTicket ? endsCall(code) : !foundOpen || code === 'PROVIDER_OUTCOME_UNKNOWN';
  if (!closes || !isUnresolved(journal)) return { ...journal, failures };
  const isUncounted = (hasTicket || !foundOpen) && journal.callOpen && isUnbilled(error);
  return {
    ...journal,
    failures,
    providerCalls: journal.providerCalls - (isUncounted ? 1 : 0),
    callOpen: false,
    result: null,
    ticket: null,
    // The provider of a replaced model works: its successor gets the next call.
    ...(endsCall(code) && code !== 'PROVIDER_MODEL_REPLACED'
      ? { failedProviders: withProvider(journal) }
      : {}),
  };
}

function withProvider(journal: Journal): readonly string[] {
  return [...new Set([...(journal.failedProviders ?? []), lastProvider(journal)])];
}

/** The photos are about to be prepared alone: the process has died with the job before. */
export function ranAlone(journal: Journal, stalls: number): Journal {
  return { ...journal, quarantine: { stalls, state: 'alone' } };
}

/** The photos were prepared alone and harmed nothing. */
export function passedAlone(journal: Journal, stalls: number): Journal {
  return { ...journal, quarantine: { stalls, state: 'passed' } };
}

/** Preparing alone ended in an error and not in a death: a later death has another cause. */
export function leftQuarantine({ quarantine: _, ...journal }: Journal): Journal {
  return journal;
}

/** Is the error final, or met once too often? */
export function isFinal(error: TaskError, { failures }: Journal): boolean {
  return (
    error.kind === 'final' ||
    (failures[error.code] ?? 1) >= (error.tries ?? Number.POSITIVE_INFINITY)
  );
}

/** The failure that an earlier attempt ended with, if its process died before the job was done. */
export function failedBefore(journal: Journal): TaskError | null {
  const met = (Object.keys(journal.failures) as ErrorCode[]).filter((code) => code in CATALOGUE);
  return met.map((code) => new TaskError(code)).find((error) => isFinal(error, journal)) ?? null;
}
