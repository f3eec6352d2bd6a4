/**
 * One setting tried on the photos: the picture, or why there is none, and what both took.
 */
import { openProvider } from '../../app/image-providers.ts';
import type { Config } from '../../config.ts';
import { asTaskError } from '../../errors.ts';
import { makeTrial, type TrialDeps, trialTask } from '../../operations/trial-picture.ts';
import type { WorkerEvent } from '../../ports/events.ts';
import type { ImageProvider, NamedImage } from '../../ports/image-provider.ts';
import type { ProviderGate } from '../../ports/provider-gate.ts';
import { isUnbilled } from '../../tryon/journal.ts';
import { promptOf } from '../../tryon/prompt.ts';
import type { TrialSetting } from './setting.ts';

/** A setting that is ready to be tried. */
export interface Plan {
  readonly label: string;
  readonly provider: ImageProvider;
  readonly gate: ProviderGate;
  /** USD, by the catalogue; null where no price is known. */
  readonly forecastUsd: number | null;
  /** What the provider says of the setting, for the operator. */
  readonly notes: string[];
}

/** What became of it. Times are in seconds; null for a step that was not reached. */
export interface Tried {
  readonly setting: string;
  readonly model: string;
  readonly forecastUsd: number | null;
  /** What the vendor billed; null where it is not known. */
  readonly costUsd: number | null;
  readonly seconds: {
    /** For a slot of the rate limit. */
    readonly wait: number | null;
    readonly picture: number | null;
    readonly check: number | null;
  };
  /** The picture check's findings, or why it was skipped; null without a picture. */
  readonly check: { readonly findings: readonly string[] } | { readonly skipped: string } | null;
  /** `text` is what a shopper reads. */
  readonly failure: {
    readonly code: string;
    readonly detail: string | null;
    readonly text: string;
  } | null;
  readonly notes: readonly string[];
  readonly jpeg: Uint8Array | null;
}

/** Opens the provider; `stack` disposes of it. */
export function planOf(
  setting: TrialSetting,
  images: readonly NamedImage[],
  { config, stack, gate }: { config: Config; stack: AsyncDisposableStack; gate: ProviderGate },
): Plan {
  const notes: string[] = [];
  const warn = (note: string) => {
    if (!notes.includes(note)) notes.push(note);
  };
  const provider = openProvider(setting.provider, config, setting.channel, { warn, stack });
  const request = { key: '', images: [...images], prompt: promptOf(''), endUser: '' };
  return {
    label: setting.label,
    provider,
    gate,
    notes,
    forecastUsd: provider.forecastUsd(request),
  };
}

export type TrialParts = Omit<TrialDeps, 'providers' | 'record' | 'stopping'>;

/** Pays for one picture. Never rejects: what goes wrong is the setting's result. */
export async function tryPlan(
  plan: Plan,
  images: readonly NamedImage[],
  parts: TrialParts,
): Promise<Tried> {
  const { signal } = new AbortController();
  const task = trialTask(images.length, 'wearon-try');
  const steps = new Steps();
  const { provider, gate, notes, forecastUsd } = plan;
  const only = [{ provider, gate }];
  const deps: TrialDeps = {
    ...parts,
    providers: { b2b: only, b2c: only },
    record: steps.record,
    stopping: signal,
  };
  const ended = await makeTrial(task, images, deps, signal).then(
    (made) => ({ made, failure: null }),
    (error: unknown) => ({ made: null, failure: asTaskError(error) }),
  );
  const { made, failure } = ended;
  return {
    setting: plan.label,
    model: provider.model,
    forecastUsd,
    costUsd:
      failure !== null && (!steps.wasPaid || isUnbilled(failure)) ? 0 : (made?.costUsd ?? null),
    seconds: steps.seconds(),
    check: steps.check,
    failure: failure && { code: failure.code, detail: failure.detail, text: failure.publicText },
    notes,
    jpeg: made?.jpeg ?? null,
  };
}

/** The steps of one picture, read off the events of the pipeline. */
class Steps {
  readonly #startedAtMs = performance.now();
  #calledAtMs: number | null = null;
  #pictureMs: number | null = null;
  #checkMs: number | null = null;
  check: Tried['check'] = null;

  /** Whether a call went out. */
  get wasPaid(): boolean {
    return this.#calledAtMs !== null;
  }

  readonly record = (event: WorkerEvent): void => {
    if (event.event === 'provider_call_started') this.#calledAtMs = performance.now();
    if (event.event === 'provider_call_succeeded') this.#pictureMs = event.durationMs;
    if (event.event === 'picture_checked') {
      this.#checkMs = event.durationMs;
      this.check = { findings: event.findings };
    }
    if (event.event === 'check_skipped') this.check = { skipped: event.reason };
  };

  seconds(): Tried['seconds'] {
    const called = this.#calledAtMs;
    const callMs = called === null ? null : performance.now() - called;
    return {
      wait: inSeconds(called === null ? null : called - this.#startedAtMs),
      picture: inSeconds(this.#pictureMs ?? callMs),
      check: inSeconds(this.#checkMs),
    };
  }
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms) / 1000;
}
