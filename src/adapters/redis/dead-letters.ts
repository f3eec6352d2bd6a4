/**
 * The dead letters as the operator handles them. A letter's id is the beginning of the SHA-256 of
 * its text, since the list gives it none.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { parsedJson } from '../../foreign-json.ts';
import type { DeadLetter } from '../../ports/task-source.ts';
import { DEAD_LETTER_LIST, TASK_LIST } from './task-list.ts';

export interface FiledLetter extends DeadLetter {
  readonly id: string;
  /** The letter as it stands on the list. */
  readonly text: string;
}

const PAGE = 200;
const ID_LENGTH = 12;

/** Takes one letter off the list and, with ARGV[2], puts that message on the task list. */
const TAKE_OFF = `
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
if ARGV[2] then redis.call('LPUSH', KEYS[2], ARGV[2]) end
return 1`;

/** All letters, newest first. */
export async function deadLetters(redis: Redis): Promise<FiledLetter[]> {
  const texts: string[] = [];
  let page: string[];
  do {
    page = await redis.lrange(DEAD_LETTER_LIST, texts.length, texts.length + PAGE - 1);
    texts.push(...page);
  } while (page.length === PAGE);
  return texts.map(fileLetter);
}

/** Puts the letter's message back on the task list in one step; false when the letter was gone. */
export async function replayLetter(redis: Redis, letter: FiledLetter): Promise<boolean> {
  const keys = [DEAD_LETTER_LIST, TASK_LIST];
  return (await redis.eval(TAKE_OFF, keys.length, ...keys, letter.text, letter.raw)) === 1;
}

/** Removes the letter for good; false when it was gone. */
export async function dropLetter(redis: Redis, letter: FiledLetter): Promise<boolean> {
  return (await redis.eval(TAKE_OFF, 2, DEAD_LETTER_LIST, TASK_LIST, letter.text)) === 1;
}

function fileLetter(text: string): FiledLetter {
  const id = createHash('sha256').update(text).digest('hex').slice(0, ID_LENGTH);
  return { ...read(text), id, text };
}

/** What a letter of any release holds. */
const storedLetter = z.object({
  reason: z.string(),
  at: z.iso.datetime(),
  sessionId: z.string().nullable().default(null),
  raw: z.string(),
  sizeBytes: z.number().exactOptional(),
});

/** A malformed element is shown as a letter, so that it can be dropped. */
function read(text: string): DeadLetter {
  const none = { reason: 'not a dead letter', at: new Date(0).toISOString(), sessionId: null };
  return storedLetter.safeParse(parsedJson(text)).data ?? { ...none, raw: text };
}
