/**
 * What is kept of a message that can never become a picture: enough to see what is wrong with it,
 * and all of it where it has the size that tasks have.
 */
import type { DeadLetter } from '../ports/task-source.ts';

/** Far more than a full task of ten images; cut letters can be read, not replayed. */
const LONGEST_RAW_BYTES = 32_768;

/** A letter of this moment about the message. Its JSON has at most twice the bytes of its text. */
export function deadLetter(
  raw: Uint8Array,
  reason: string,
  sessionId: string | null,
): DeadLetter & { readonly sizeBytes: number } {
  const kept = raw.subarray(0, LONGEST_RAW_BYTES);
  const text = textOf(kept) ?? Buffer.from(kept).toString('base64');
  const at = new Date().toISOString();
  return { reason, at, sessionId, raw: text, sizeBytes: raw.byteLength };
}

/** Whether `raw` lacks the end of the message. */
export function isCut({ sizeBytes = 0 }: DeadLetter): boolean {
  return sizeBytes > LONGEST_RAW_BYTES;
}

/** Null for what is no text: not UTF-8 (except for a character at the cut), or full of control characters. */
function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    const written = Buffer.byteLength(JSON.stringify(text));
    return written <= 2 * LONGEST_RAW_BYTES ? text : null;
  } catch {
    return null;
  }
}
