/**
 * The pose estimator: a pool of threads with a bounded line in front of it. Models that are
 * missing or wrong do not stop the worker; loading them is tried again until it works.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { unlessAborted } from '../../concurrency/unless-aborted.ts';
import { type ValidImage, validateImage } from '../../images/validation.ts';
import type {
  CheckOutcome,
  PictureToCheck,
  PictureViewer,
  ViewOutcome,
} from '../../ports/picture-views.ts';
import type { PoseEstimator, PoseOutcome } from '../../pose.ts';
import { decodeValid, type RgbImage } from './decode-image.ts';
import type { PoseReply, PoseTask, Work } from './pose-thread.ts';
import { unusableDetail } from './unusable-image.ts';
import { WaitingLine } from './waiting-line.ts';

export interface PosePoolOptions {
  /** Holds the .onnx files and their manifest (`npm run models`). */
  readonly modelFolder: string;
  /** At most so many; one starts at once, the others for photos of sizes, or when too many pictures wait to be checked. */
  readonly threads: number;
  /** How many photos for sizes may wait for a thread; more are turned away. Default: eight a thread, about a second. */
  readonly maxWaiting?: number;
  /** How long to wait before models that did not load are tried again. */
  readonly retryMs?: number;
  readonly onReady?: () => void;
  /** Called with the reason when the models cannot be loaded, once per problem, and when a thread dies. */
  readonly onProblem?: (problem: string) => void;
}

const DEFAULT_RETRY_MS = 5_000;
const DEFAULT_WAITING_PER_THREAD = 8;
/** Pictures to be checked may wait while the image model draws, and no size waits for them (decision 80). */
const PATIENT_PER_PHOTO = 8;
/** Each takes up to two seconds, and its request ends after four. */
const MAX_SLOW_WAITING = 4;
/** A further thread without photos for this long ends. */
const IDLE_THREAD_MS = 60_000;

type WorkOutcome =
  | Exclude<PoseReply, { readonly kind: 'loaded' | 'models_unusable' }>
  | { readonly kind: 'busy' | 'unavailable' };

/** Pictures to be checked: photos for sizes go first. */
function isPatient({ kind }: Work): boolean {
  return kind !== 'observe';
}

function notSeen({ kind }: WorkOutcome): { readonly kind: 'undecodable' | 'busy' | 'unavailable' } {
  if (kind === 'unusable_image') return { kind: 'undecodable' };
  return { kind: kind === 'busy' ? 'busy' : 'unavailable' };
}

/** Runs BlazePose in threads of its own. Disposing lets running tasks end and turns the rest away. */
export class PosePool implements PoseEstimator, PictureViewer, AsyncDisposable {
  readonly #options: PosePoolOptions;
  readonly #pool: Piscina<PoseTask, PoseReply>;
  readonly #line: WaitingLine;
  readonly #slowLine = new WaitingLine(1, MAX_SLOW_WAITING);
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<PoseReply>>();
  #loading: Promise<void> | null = null;
  /** Resolves when the models have been loaded, or not, for the first time. */
  readonly #triedFirst = Promise.withResolvers<void>();
  #ready = false;

  /** Starts the threads; returns at once and loads the models in the background. */
  constructor(options: PosePoolOptions) {
    const { threads, maxWaiting = threads * DEFAULT_WAITING_PER_THREAD } = options;
    this.#options = options;
    this.#line = new WaitingLine(threads, maxWaiting, PATIENT_PER_PHOTO * maxWaiting);
    // onnxruntime must not report to its maker; a thread's own process.env does not reach it.
    process.env.ORT_DISABLE_TELEMETRY ??= '1';
    this.#pool = new Piscina({
      filename: new URL('./pose-thread.ts', import.meta.url).href,
      // A thread holds some 90 MB of models: one waits for photos, the others come with them.
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: IDLE_THREAD_MS,
    });
    this.#pool.on('error', (error) => options.onProblem?.(String(error)));
    this.#loadInBackground();
  }

  get ready(): boolean {
    return this.#ready;
  }

  async estimate(file: Uint8Array, signal: AbortSignal): Promise<PoseOutcome> {
    if (!this.#ready) return { kind: 'unavailable' };
    try {
      const image = validateImage(file);
      const photo = image.isSlow ? await this.#decodeApart(image, signal) : image;
      if (photo === null) return { kind: 'busy' };
      const reply = await this.#inTurn({ kind: 'observe', photo }, signal);
      if (reply.kind === 'observed' || reply.kind === 'unusable_image') return reply;
      return { kind: reply.kind === 'busy' ? 'busy' : 'unavailable' };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'unusable_image', detail: unusableDetail(error) };
    }
  }

  /** Outside of the pose threads, so that no other photo waits meanwhile; null when too many wait for that. */
  async #decodeApart(image: ValidImage, signal: AbortSignal): Promise<RgbImage | null> {
    if (!(await this.#slowLine.enter(signal))) return null;
    const decoding = decodeValid(image).finally(() => this.#slowLine.leave());
    const { width, height, data } = await unlessAborted(decoding, signal);
    return { width, height, data };
  }

  async view(image: Uint8Array, signal: AbortSignal): Promise<ViewOutcome> {
    const reply = await this.#inTurn({ kind: 'view', image }, signal);
    return reply.kind === 'viewed' ? reply : notSeen(reply);
  }

  async check(picture: PictureToCheck, signal: AbortSignal): Promise<CheckOutcome> {
    const reply = await this.#inTurn({ kind: 'check', ...picture }, signal);
    return reply.kind === 'checked' ? reply : notSeen(reply);
  }

  /** Pictures to be checked wait for a start that is under way; photos for sizes are turned away. */
  async #inTurn(work: Work, signal: AbortSignal): Promise<WorkOutcome> {
    const either = AbortSignal.any([signal, this.#stopping.signal]);
    try {
      if (isPatient(work)) await unlessAborted(this.#triedFirst.promise, either);
      if (!this.#ready) return { kind: 'unavailable' };
      if (!(await this.#line.enter(either, isPatient(work)))) return { kind: 'busy' };
      return await unlessAborted(this.#run(work, either), either);
    } catch (error) {
      if (signal.aborted || !this.#stopping.signal.aborted) throw error;
      return { kind: 'unavailable' };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ready = false;
    this.#stopping.abort();
    await this.#loading;
    // A thread that is ended inside onnxruntime takes the process with it, and `close` of a pool
    // whose threads are all busy waits for the first of them only.
    await Promise.allSettled(this.#running);
    await this.#pool.close();
  }

  /** Once begun not to be interrupted: the thread ends its photo even when no one waits for it any more. */
  async #run(work: Work, signal: AbortSignal): Promise<WorkOutcome> {
    try {
      signal.throwIfAborted();
      const run = this.#pool.run({ modelFolder: this.#options.modelFolder, ...work });
      this.#running.add(run);
      const reply = await run.finally(() => this.#running.delete(run));
      if (reply.kind !== 'loaded' && reply.kind !== 'models_unusable') return reply;
      this.#loadInBackground();
      return { kind: 'unavailable' };
    } finally {
      this.#line.leave(isPatient(work));
    }
  }

  #loadInBackground(): void {
    this.#ready = false;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
  }

  async #load(): Promise<void> {
    const { retryMs = DEFAULT_RETRY_MS, onReady, onProblem } = this.#options;
    const { signal } = this.#stopping;
    let lastProblem: string | null = null;
    while (!signal.aborted) {
      const problem = await this.#tryToLoad();
      if (problem === null) this.#ready = !signal.aborted;
      this.#triedFirst.resolve();
      if (problem === null) {
        onReady?.();
        return;
      }
      if (problem !== lastProblem) onProblem?.(problem);
      lastProblem = problem;
      await sleep(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** What is wrong with the models, or null when a thread has loaded them; later threads load them with their first photo. */
  async #tryToLoad(): Promise<string | null> {
    const { modelFolder } = this.#options;
    try {
      const load = await this.#pool.run({ modelFolder, kind: 'load' });
      return load.kind === 'models_unusable' ? load.problem : null;
    } catch (error) {
      return String(error);
    }
  }
}
