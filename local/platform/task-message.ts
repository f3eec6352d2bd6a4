/**
 * The message that the platform puts on the list, version 1, as its producer writes it.
 */
import { snakeCaseKeys } from './snake-case.ts';

/** The list that the platform pushes to, at its head; consumers take from its tail. */
export const TASK_LIST = 'wearon:tasks:generation';

/** A task in the platform's own words. Absent owners are missing in the message, not null. */
export interface PlatformTask {
  taskId: string;
  channel: 'b2b' | 'b2c';
  storeId?: string | undefined;
  userId?: string | undefined;
  sessionId: string;
  /** The person first, then the outfit, then accessories. */
  imageUrls: string[];
  prompt: string;
  requestId: string;
  version: 1;
  /** ISO, with milliseconds and `Z`. */
  createdAt: string;
}

/** The JSON text that goes on the list. */
export function taskMessage(task: PlatformTask): string {
  return JSON.stringify(snakeCaseKeys(task));
}

/** The platform's text for every try-on, reworded. */
export const DEFAULT_PROMPT = [
  'Image 1 shows a person. Image 2, if there is one, shows the outfit; all further images show accessories.',
  'Make one portrait of this person wearing all of it.',
  'Keep the face, skin tone, hair and body as they are; let the fabric drape naturally;',
  'put every accessory on the part of the body where it belongs.',
  'The look of a fashion photograph in natural light. A single 3:4 portrait.',
].join(' ');
