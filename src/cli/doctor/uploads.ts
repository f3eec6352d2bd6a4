/**
 * Can a picture be stored, read by its link, and removed? A proxy in front of Storage, or a full disk,
 * shows only then.
 */
import { randomBytes } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { SupabaseImageStore } from '../../adapters/supabase/image-store.ts';
import { redact } from '../../telemetry/redaction.ts';
import { type Check, fail, ok } from './check.ts';

/** Outside the folders of photos and pictures. What an interrupted check leaves, the next one replaces. */
const TEST_PATH = 'doctor-trial.jpg';
/** A picture of 1024 × 1536 is smaller. */
const TEST_BYTES = 2 * 1024 * 1024;
const LINK_SECONDS = 60;
const READ_TIMEOUT_MS = 30_000;

const FIX =
  'see the storage of the project, its disk, and what a proxy in front of it allows as size of a request; until then tasks wait';

export async function checkUploads(supabase: SupabaseClient, bucket: string): Promise<Check[]> {
  const images = new SupabaseImageStore(supabase, bucket, LINK_SECONDS);
  const bytes = randomBytes(TEST_BYTES);
  try {
    await images.put(TEST_PATH, bytes);
    const problem = await problemOfLink(await images.sign(TEST_PATH), bytes);
    await images.remove([TEST_PATH]);
    return problem === null
      ? [ok('Supabase uploads', 'a file was stored, read and removed')]
      : [fail('Supabase uploads', problem, FIX)];
  } catch (error) {
    return [fail('Supabase uploads', `a test upload failed: ${reasonOf(error)}`, FIX)];
  }
}

/** Why the link does not bring the bytes, or null. */
async function problemOfLink(link: string | null, bytes: Buffer): Promise<string | null> {
  if (link === null) return 'a file that was stored is not there';
  const answer = await fetch(link, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
  if (!answer.ok) return `the link of a stored file answers ${answer.status}`;
  const isWhole = bytes.equals(Buffer.from(await answer.arrayBuffer()));
  return isWhole ? null : 'the link of a stored file brings other bytes';
}

/** With the status, where Storage or a proxy answered; a page is left out. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as Error;
  const { message, status } = cause as { message: string; status?: number };
  const text = /^\s*</.test(message) ? 'a page of a proxy' : redact(message);
  return status === undefined ? text : `${text} (status ${status})`;
}
