/**
 * The paid step: at most one provider call, made only while the breaker, the pace, the deadline and
 * the journal allow it, and journalled before it goes out and after its outcome is known.
 */
import { TaskError } from '../errors.ts';
import type { RecordEvent } from '../ports/events.ts';
import type { EditUsage, ImageModel, NamedImage } from '../ports/image-model.ts';
import type { Job } from '../ports/jobs.ts';
import type { Permit, ProviderGate } from '../ports/provider-gate.ts';
import { asTaskError, type Limits, StoppingError } from './outcome.ts';
import { promptOf } from './prompt.ts';
import { resultPicture } from './result-picture.ts';

export interface GenerateDeps {
  readonly imageModel: ImageModel;
  readonly gate: ProviderGate;
  readonly record: RecordEvent;
  readonly providerTimeoutMs: number;
  readonly maxProviderCalls: number;
  /** The size that every picture is asked for in: WIDTHxHEIGHT. */
  readonly imageSize: string;
  /** Called right before a call is journalled and paid; throws when it must not be. */
  readonly beforePaying?: () => void;
  /** Aborts when the process is asked to stop: what has begun may end, nothing more is paid. */
  readonly stopping: AbortSignal;
}

/** A picture that was paid for, ready to be stored, and what it took. */
export interface Generated {
  readonly jpeg: Uint8Array;
  readonly usage: EditUsage;
}

/**
 * Makes the call; the deadline is checked once more after waiting for a place in the pace.
 * Throws what `ImageModel.edit` throws, DEADLINE_EXCEEDED, GENERATION_FAILED when the task's calls
 * are used up, LockLostError, or StoppingError when the process is to stop before the call. The
 * journal's call stays open until somebody notes its outcome.
 */
export async function generate(
  job: Job,
  images: readonly NamedImage[],
  deps: GenerateDeps,
  limits: Limits,
): Promise<Generated> {
  const { task, journal } = job;
  if (journal.providerCalls >= deps.maxProviderCalls) {
    throw new TaskError('GENERATION_FAILED', { detail: 'calls_used_up' });
  }
  using permit = await enterGate(deps, limits);
  if (Date.now() >= limits.deadlineMs) throw new TaskError('DEADLINE_EXCEEDED');
  deps.beforePaying?.();
  await job.record({ ...journal, providerCalls: journal.providerCalls + 1, callOpen: true });

  const repeated = (journal.failures.PROVIDER_OUTCOME_UNKNOWN ?? 0) > 0;
  deps.record({ event: 'provider_call_started', task, call: job.journal.providerCalls, repeated });
  const startedAtMs = Date.now();
  const timeoutMs = Math.min(deps.providerTimeoutMs, limits.lastUseMs - startedAtMs);
  const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const request = { images, prompt: promptOf(task.prompt), ownerId: task.ownerId };
    const { image, ...usage } = await deps.imageModel.edit(request, signal);
    const durationMs = Date.now() - startedAtMs;
    deps.record({ event: 'provider_call_succeeded', task, durationMs, usage });
    permit.succeeded();
    return { jpeg: await resultPicture(image, deps.imageSize), usage };
  } catch (error) {
    // A call that we broke off ourselves says nothing about the service.
    if (!limits.signal.aborted) permit.failed(asTaskError(error));
    throw error;
  }
}

/** Waits for a place in the pace, but not beyond the wish to stop. */
async function enterGate(
  { gate, stopping }: GenerateDeps,
  { deadlineMs, signal }: Limits,
): Promise<Permit> {
  try {
    const permit = await gate.enter(deadlineMs, AbortSignal.any([signal, stopping]));
    if (!stopping.aborted) return permit;
    permit[Symbol.dispose]();
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
  throw new StoppingError();
}
