/** The paid step of an attempt: photos prepared and a picture paid for, or an earlier call collected. */
import { msSince } from '../concurrency/ms-since.ts';
import type { RecordEvent } from '../ports/events.ts';
import type { NamedImage } from '../ports/image-provider.ts';
import type { Job } from '../ports/jobs.ts';
import type { Session, Task } from '../ports/session.ts';
import { type CallSlots, waitForSlot } from './call-slots.ts';
import type { AttemptChecks } from './checks.ts';
import { collectOpenCall, type GenerateDeps, generate } from './generate.ts';
import { isUnresolved, leftQuarantine, passedAlone, ranAlone } from './journal.ts';
import type { Limits } from './outcome.ts';
import { type PrepareDeps, prepare } from './prepare.ts';
import type { Generated } from './provider-call.ts';
import { isSuspect, type Quarantine } from './quarantine.ts';

/** Photos that are prepared while the session is claimed. Disposing aborts what is still running. */
interface EarlyPhotos extends Disposable {
  /** Rejects as `prepare` does. */
  readonly images: Promise<NamedImage[]>;
  /** To be called once the session is claimed: then the event of the prepared photos may follow. */
  readonly claimed: () => void;
}

/** Begins to prepare the photos of a job that is no suspect. */
export function prepareEarly(task: Task, deps: MakeDeps, limits: Limits): EarlyPhotos {
  const unused = new AbortController();
  const signal = AbortSignal.any([limits.signal, unused.signal]);
  const claimed = Promise.withResolvers<void>();
  const record: RecordEvent = (event) => void claimed.promise.then(() => deps.record(event));
  const run = async () => {
    using _ = await deps.quarantine.enter(signal);
    return await prepare(task, { ...deps, record }, signal);
  };
  const images = run();
  // The error reaches the step that awaits the photos.
  images.catch(() => undefined);
  return { images, claimed: claimed.resolve, [Symbol.dispose]: () => unused.abort() };
}

export interface MakeDeps extends PrepareDeps, GenerateDeps {
  /** Of the process. */
  readonly quarantine: Quarantine;
  /** Of the process. */
  readonly callSlots: CallSlots;
}

/** A session that an attempt has claimed, and what the attempt has begun for it. */
interface Claimed {
  readonly session: Session;
  readonly checks: AttemptChecks;
  /** Null where the photos are prepared only now. */
  readonly photos: EarlyPhotos | null;
  /** Throws when no call may be paid. */
  readonly beforePaying: () => Promise<void>;
}

/**
 * Collects the picture that an earlier attempt may have paid for, or prepares the photos (unless
 * `photos` has them) and pays for one. A call that is paid already waits for no slot. The time
 * includes no wait for one.
 */
export async function makePicture(
  job: Job,
  { session, checks, photos, beforePaying }: Claimed,
  deps: MakeDeps,
  limits: Limits,
): Promise<Generated & { readonly processingTimeMs: number }> {
  const { task } = job;
  const isPaid = isUnresolved(job.journal);
  const preparedAlone = isSuspect(job) && !isPaid ? await prepareAlone(job, deps, limits) : null;
  using _ = await deps.quarantine.enter(limits.signal);
  const startedAtMs = performance.now();
  let waitedMs = 0;
  const made = await (isPaid ? collectPicture() : payForPicture());
  await checks.beforeStoring(made.jpeg, made.size);
  return { ...made, processingTimeMs: msSince(startedAtMs + waitedMs) };

  async function collectPicture() {
    using slot = deps.callSlots.hold(task.ownerId);
    const answered = () => slot[Symbol.dispose]();
    const collected = await collectOpenCall(job, deps, limits, { answered });
    // After a second death the check itself may be what kills the process.
    if (job.stalls < 2) checks.readPersonAgain((ended) => preparePerson(task, deps, ended));
    return collected;
  }

  async function payForPicture() {
    const images = preparedAlone ?? (await (photos?.images ?? prepare(task, deps, limits.signal)));
    checks.readPersonOf(images);
    await checks.beforePaying();
    using slot = deps.callSlots.takeFree(task.ownerId) ?? (await nextSlot());
    const answered = () => slot[Symbol.dispose]();
    const subject = { images, endUser: endUserOf(session) };
    return await generate(job, subject, deps, limits, { beforePaying, answered });
  }

  async function nextSlot() {
    const sinceMs = performance.now();
    const slot = await waitForSlot(deps.callSlots, task.ownerId, deps.stopping, limits);
    waitedMs = msSince(sinceMs);
    return slot;
  }
}

/** The person's photo alone. The event of prepared photos is that of the call. */
function preparePerson(task: Task, deps: MakeDeps, signal: AbortSignal): Promise<NamedImage[]> {
  const [person] = task.imageUrls;
  const imageUrls = person === undefined ? [] : [person];
  return prepare({ ...task, imageUrls }, { ...deps, record: () => undefined }, signal);
}

/** The shopper within the store where the row names one, else the owner. Goes out as a hash only. */
function endUserOf({ ownerId, shopperEmail }: Session): string {
  return shopperEmail === null ? ownerId : `${ownerId} ${shopperEmail.trim().toLowerCase()}`;
}

/** Prepares the photos while no other attempt of the process has anything to lose. */
function prepareAlone(job: Job, deps: MakeDeps, { signal }: Limits): Promise<NamedImage[]> {
  const { task, stalls } = job;
  return deps.quarantine.alone(signal, async () => {
    deps.record({ event: 'attempt_quarantined', task, stalls });
    await job.record(ranAlone(job.journal, stalls));
    try {
      const images = await prepare(task, deps, signal);
      await job.record(passedAlone(job.journal, stalls));
      return images;
    } catch (error) {
      await job.record(leftQuarantine(job.journal)).catch(() => undefined);
      throw error;
    }
  });
}
