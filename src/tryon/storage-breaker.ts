/**
 * The storage breaker: no work at all while Supabase cannot be used as it is configured, and no paid
 * call while a paid picture of any replica cannot be stored.
 */
import { TaskError } from '../errors.ts';
import type { RecordEvent, TaskIds } from '../ports/events.ts';
import type { UploadProbe } from '../ports/upload-probe.ts';

interface StorageBreakerDeps {
  /** Why Supabase cannot be used, or null. Throws STORAGE_UNAVAILABLE while it does not answer. */
  readonly problemOf: () => Promise<string | null>;
  /** Stores something of a picture's size and removes it. Throws STORAGE_UNAVAILABLE. */
  readonly tryUpload: () => Promise<void>;
  readonly probe: UploadProbe;
  readonly record: RecordEvent;
}

/** One task's way through the breaker, from before its call until its picture is stored or given up. */
interface StoragePass extends Disposable {
  /** Throws STORAGE_UNAVAILABLE while uploads fail and another paid picture waits to be stored. */
  beforePaying(): Promise<void>;
  /** Runs the upload and learns from its end. */
  upload<T>(action: () => Promise<T>): Promise<T>;
}

/** For so long an upload that worked shows that the next one will. */
const PROOF_MS = 60_000;
const NOT_CHECKED = 'Supabase has not answered since the start.';

export class StorageBreaker {
  readonly #deps: StorageBreakerDeps;
  #misconfiguration: string | null = NOT_CHECKED;
  /** Set from a picture's upload that fails until one succeeds. */
  #uploadsFail = false;
  #testUploadFails = false;
  /** The test upload under way, shared by all tasks that wait for it. */
  #testUpload: Promise<void> | null = null;
  #provenUntilMs = 0;
  /** Tasks that have paid, or are about to, for a picture that is not stored yet. */
  readonly #unstored = new Set<StoragePass>();

  constructor(deps: StorageBreakerDeps) {
    this.#deps = deps;
  }

  /** Whether the database and the bucket can be trusted: an anonymous key sees no rows. */
  get isUsable(): boolean {
    return this.#misconfiguration === null;
  }

  /** What keeps pictures from being stored, for operators; null when nothing does. */
  get problem(): string | null {
    if (this.#misconfiguration !== null) return this.#misconfiguration;
    return this.#uploadsFail || this.#testUploadFails
      ? 'Pictures cannot be stored: the last upload failed.'
      : null;
  }

  /** Asks Supabase now. Throws STORAGE_UNAVAILABLE when it does not answer: then nothing has changed. */
  async confirm(): Promise<boolean> {
    const problem = await this.#deps.problemOf();
    if (problem !== this.#misconfiguration) {
      this.#misconfiguration = problem;
      if (problem === null) this.#deps.record({ event: 'storage_usable' });
      else this.#deps.record({ event: 'storage_unusable', problem });
    }
    return problem === null;
  }

  /**
   * Throws STORAGE_UNAVAILABLE while no call may be paid. Where no upload has worked lately, one is
   * tried: a full disk is noticed before a picture is paid.
   */
  async assertMayPay(): Promise<void> {
    this.#refuseWhileUnstored();
    await this.#deps.probe.assertMayPay();
    if (performance.now() < this.#provenUntilMs) return;
    this.#testUpload ??= this.#tryUpload().finally(() => {
      this.#testUpload = null;
    });
    await this.#testUpload;
  }

  async #tryUpload(): Promise<void> {
    try {
      await this.#deps.tryUpload();
      this.#testUploadFails = false;
      this.#provenUntilMs = performance.now() + PROOF_MS;
    } catch (error) {
      this.#testUploadFails = true;
      throw error;
    }
  }

  /**
   * While uploads fail, a picture that is paid already shows whether they work again; when it is
   * given up, the next task tries with its own. The probe says the same of other replicas' pictures.
   */
  #refuseWhileUnstored(): void {
    if (this.#uploadsFail && this.#unstored.size > 0) {
      throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'uploads_fail' });
    }
  }

  pass(task: TaskIds): StoragePass {
    const done = new AbortController();
    let isReported = false;
    const pass: StoragePass = {
      beforePaying: async () => {
        this.#refuseWhileUnstored();
        await this.#deps.probe.enter(done.signal);
        this.#refuseWhileUnstored();
        this.#unstored.add(pass);
      },
      upload: async (action) => {
        try {
          const stored = await action();
          this.#worked();
          return stored;
        } catch (error) {
          this.#uploadsFail = true;
          this.#provenUntilMs = 0;
          void this.#deps.probe.failed(done.signal);
          if (!isReported)
            this.#deps.record({ event: 'upload_failed', task, error: error as Error });
          isReported = true;
          throw error;
        }
      },
      [Symbol.dispose]: () => {
        this.#unstored.delete(pass);
        done.abort();
      },
    };
    return pass;
  }

  #worked(): void {
    this.#uploadsFail = false;
    this.#provenUntilMs = performance.now() + PROOF_MS;
    void this.#deps.probe.succeeded();
  }
}
