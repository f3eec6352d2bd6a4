/**
 * The checks of one attempt: of the person's photo before anything is paid, and of the picture
 * before it is delivered. The photo is read once for both, also while the image model draws.
 * A check that cannot be made in time is skipped: a try-on neither waits for it nor fails by it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '../errors.ts';
import { checkPerson } from '../picture-check/check-person.ts';
import type { CheckSkipReason, RecordEvent, TaskIds } from '../ports/events.ts';
import type { NamedImage } from '../ports/image-provider.ts';
import type { PictureView, PictureViewer, Verdict } from '../ports/picture-views.ts';

export type CheckMode = 'off' | 'observe' | 'enforce';

export interface CheckSettings {
  readonly personCheck: CheckMode;
  readonly pictureCheck: CheckMode;
  /**
   * How long paying waits until the person's photo is read (PERSON_CHECK=enforce), and how long
   * storing (PICTURE_CHECK=enforce) or the end of the attempt (observe) waits for the check of the picture.
   */
  readonly checkTimeoutSeconds: number;
}

export interface CheckDeps {
  readonly viewer: PictureViewer;
  readonly settings: CheckSettings;
  readonly record: RecordEvent;
}

/** What the check reads in a photo, or why it reads nothing. */
type Reading = PictureView | CheckSkipReason;

/** The checks of an attempt; disposing of them ends those that still run. */
export class AttemptChecks implements AsyncDisposable {
  readonly #task: TaskIds;
  readonly #deps: CheckDeps;
  readonly #ended = new AbortController();
  /** Of the attempt, or its end. */
  readonly #signal: AbortSignal;
  /** Until a photo is given. */
  #person: Promise<Reading> = Promise.resolve('no_photo');
  /** Checks that run while the attempt continues (`observe`); neither rejects. */
  #personJudged: Promise<unknown> = Promise.resolve();
  #pictureJudged: Promise<unknown> = Promise.resolve();

  /** `signal`: of the attempt. */
  constructor(task: TaskIds, deps: CheckDeps, signal: AbortSignal) {
    this.#task = task;
    this.#deps = deps;
    this.#signal = AbortSignal.any([signal, this.#ended.signal]);
  }

  /** Begins to read a copy of the person's photo, the first, as the image model gets it. */
  readPersonOf([person]: readonly NamedImage[]): void {
    const { personCheck, pictureCheck } = this.#deps.settings;
    if (person === undefined || (personCheck === 'off' && pictureCheck === 'off')) return;
    this.#person = this.#read(Buffer.from(person.jpeg), this.#signal);
    if (personCheck === 'observe') {
      this.#personJudged = this.#person.then((reading) => this.#judgePerson(reading));
    }
  }

  /**
   * Begins to fetch and read the person's photo of a picture that an earlier attempt paid for.
   * One that cannot be had leaves the picture unchecked.
   */
  readPersonAgain(fetchPhotos: (signal: AbortSignal) => Promise<readonly NamedImage[]>): void {
    if (this.#deps.settings.pictureCheck === 'off') return;
    this.#person = fetchPhotos(this.#signal).then(
      ([person]) => (person === undefined ? 'no_photo' : this.#read(person.jpeg, this.#signal)),
      () => 'no_photo',
    );
  }

  /** Throws PERSON_UNUSABLE for a photo without a person to dress, when that is enforced. */
  async beforePaying(): Promise<void> {
    if (this.#deps.settings.personCheck !== 'enforce') return;
    const finding = this.#judgePerson(await this.#inTime(this.#person));
    if (finding !== null) throw new TaskError('PERSON_UNUSABLE', { detail: finding });
  }

  /**
   * Throws PICTURE_REJECTED for a bad picture when that is enforced; else it is checked while it is
   * stored. `size`: WIDTHxHEIGHT as it was asked for; null when it follows the person's photo.
   */
  async beforeStoring(jpeg: Uint8Array, size: string | null): Promise<void> {
    const { pictureCheck } = this.#deps.settings;
    if (pictureCheck === 'off') return;
    const rejection = this.#judgePicture(jpeg, size);
    this.#pictureJudged = rejection;
    if (pictureCheck === 'observe') return;
    const reason = await rejection;
    if (reason !== null) throw new TaskError('PICTURE_REJECTED', { detail: reason });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pictureJudged;
    this.#ended.abort();
    await this.#personJudged;
  }

  get #timeoutMs(): number {
    return this.#deps.settings.checkTimeoutSeconds * 1000;
  }

  /** Never rejects. */
  async #read(image: Uint8Array, signal: AbortSignal): Promise<Reading> {
    const outcome = await unlessFailed(this.#deps.viewer.view(image, signal), signal);
    if (typeof outcome === 'string') return outcome;
    return outcome.kind === 'viewed' ? outcome.view : skipReasonOf(outcome.kind);
  }

  /** The reading, or `busy` when it takes longer or the attempt is broken off. */
  #inTime(reading: Promise<Reading>): Promise<Reading> {
    const late = sleep(this.#timeoutMs, 'busy' as const, { signal: this.#signal, ref: false });
    return Promise.race([reading, late.catch(() => 'busy' as const)]);
  }

  /** The finding that refuses the photo, or null; notes what was found. */
  #judgePerson(reading: Reading): string | null {
    const { record, settings } = this.#deps;
    const task = this.#task;
    if (typeof reading === 'string') {
      record({ event: 'check_skipped', task, check: 'person', reason: reading });
      return null;
    }
    const finding = checkPerson(reading);
    const refused = finding !== null && settings.personCheck === 'enforce';
    record({ event: 'person_checked', task, finding, refused });
    return refused ? finding : null;
  }

  /** The reason to reject the picture, or null; notes what was found. Never rejects. */
  async #judgePicture(jpeg: Uint8Array, size: string | null): Promise<string | null> {
    const { record, settings } = this.#deps;
    const task = this.#task;
    const startedAtMs = performance.now();
    const verdict = await this.#verdictOn(jpeg, size);
    if (typeof verdict === 'string') {
      record({ event: 'check_skipped', task, check: 'picture', reason: verdict });
      return null;
    }
    const { findings, refusal, measures } = verdict;
    const reason = settings.pictureCheck === 'enforce' ? refusal : null;
    const durationMs = performance.now() - startedAtMs;
    const refused = reason !== null;
    record({ event: 'picture_checked', task, findings, refused, durationMs, measures });
    return reason;
  }

  async #verdictOn(image: Uint8Array, size: string | null): Promise<Verdict | CheckSkipReason> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(this.#timeoutMs)]);
    const photo = await this.#inTime(this.#person);
    if (typeof photo === 'string') return photo;
    if (photo.person === null) return 'no_person';
    const outcome = await unlessFailed(
      this.#deps.viewer.check({ image, photo, size }, signal),
      signal,
    );
    if (typeof outcome === 'string') return outcome;
    return outcome.kind === 'checked' ? outcome.verdict : skipReasonOf(outcome.kind);
  }
}

/** The outcome of a reading or check; a reason to skip it where it failed or did not run in time. */
function unlessFailed<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T | CheckSkipReason> {
  return outcome.catch(() => (signal.aborted ? 'busy' : 'error'));
}

function skipReasonOf(kind: 'undecodable' | 'busy' | 'unavailable'): CheckSkipReason {
  return kind === 'undecodable' ? 'error' : kind;
}
