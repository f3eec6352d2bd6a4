/** The dead letters as an operator handles them: listed without their messages, replayed, dropped. */
import { deadLetters, type FiledLetter } from '../adapters/redis/dead-letters.ts';
import { findRecord } from '../adapters/supabase/session-records.ts';
import { isTerminal } from '../ports/session.ts';
import { isCut } from '../tryon/dead-letter.ts';
import { isRejection, parseTask } from '../tryon/task.ts';
import type { OperationDeps } from './deps.ts';

/** All letters, newest first, each with its size in place of its message. */
export async function listLetters({ redis }: Pick<OperationDeps, 'redis'>) {
  const letters = await deadLetters(redis);
  return letters.map(({ raw, text: _, ...letter }) => ({
    ...letter,
    bytes: letter.sizeBytes ?? Buffer.byteLength(raw),
  }));
}

/** The letters whose ids begin so, without repetitions of the same letter. */
export async function lettersNamed(
  { redis }: Pick<OperationDeps, 'redis'>,
  id: string,
): Promise<FiledLetter[]> {
  const found = (await deadLetters(redis)).filter((letter) => letter.id.startsWith(id));
  return found.filter((letter, at) => found.findIndex(({ id }) => id === letter.id) === at);
}

/** `cut`: there is nothing to replay. `pointless`: it can be forced all the same. */
interface Obstacle {
  readonly kind: 'cut' | 'pointless';
  /** A sentence. */
  readonly reason: string;
}

/** Why a replay cannot be made or, unless it is forced, would come to nothing; null when it may be made. */
export async function obstacleTo(
  { config, supabase }: Pick<OperationDeps, 'config' | 'supabase'>,
  letter: FiledLetter,
  isForced: boolean,
): Promise<Obstacle | null> {
  if (isCut(letter)) return { kind: 'cut', reason: 'Only the beginning of its message was kept.' };
  if (isForced) return null;
  const pointless = (reason: string) => ({ kind: 'pointless', reason }) as const;
  const task = parseTask(Buffer.from(letter.raw, 'utf8'), config.maxImages, new Date());
  if (isRejection(task)) return pointless(`It would be rejected again: ${task.reason}.`);
  const session = await findRecord(supabase, task.sessionId);
  if (session === null) return pointless('Its session has no row any more.');
  if (!isTerminal(session)) return null;
  return pointless(`Its session is ${session.status} already, so the task would be skipped.`);
}
