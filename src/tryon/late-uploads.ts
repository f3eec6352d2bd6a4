/**
 * Uploads that were given up on may still arrive, when the session is failed and refunded already.
 */
import type { ImageStore } from '../ports/image-store.ts';
import type { Sessions } from '../ports/session.ts';
import { resultPath } from './store.ts';

interface LateUploadsDeps {
  readonly sessions: Pick<Sessions, 'failedSince'>;
  readonly imageStore: Pick<ImageStore, 'remove'>;
}

/** An upload that was given up on arrives within 30 s, if at all (measured on supabase/storage). */
const ARRIVES_WITHIN_MS = 60_000;
/** An earlier sweep has covered what is older; retention removes what a worker that was down missed. */
const LOOK_BACK_MS = 600_000;
const PATHS_AT_ONCE = 100;

/** Removes the pictures of sessions that failed a while ago, until the signal. Repeatable. */
export async function removeLateUploads(
  { sessions, imageStore }: LateUploadsDeps,
  signal: AbortSignal,
): Promise<void> {
  const now = Date.now();
  let paths: string[] = [];
  for await (const session of sessions.failedSince(new Date(now - LOOK_BACK_MS))) {
    if (signal.aborted) return;
    const failedAtMs = session.completedAt?.getTime() ?? now;
    if (now - failedAtMs < ARRIVES_WITHIN_MS) continue;
    paths.push(resultPath(session));
    if (paths.length < PATHS_AT_ONCE) continue;
    await imageStore.remove(paths);
    paths = [];
  }
  await imageStore.remove(paths);
}
