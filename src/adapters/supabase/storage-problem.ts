/**
 * Whether Supabase can be used as it is configured. A bucket that does not exist and a key without
 * rights look like an empty world, so both are asked for by name.
 */
import { StorageApiError, type SupabaseClient } from '@supabase/supabase-js';
import { TaskError } from '../../errors.ts';
import { PICTURE_TYPE } from './image-store.ts';
import { bucketFacts, takesType } from './schema-check.ts';

/** A picture of 1024 × 1536 is smaller than this, whatever it shows. */
const LARGEST_PICTURE_BYTES = 2 * 1024 * 1024;

const SERVICE_ROLE = 'service_role';

/** The role that a key names, or null where it names none: JWTs do, and so do new keys by their prefix. */
function roleOf(key: string): string | null {
  if (key.startsWith('sb_publishable_')) return 'anon';
  if (key.startsWith('sb_secret_')) return SERVICE_ROLE;
  try {
    const claims = JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString());
    return typeof claims.role === 'string' ? claims.role : null;
  } catch {
    return null;
  }
}

/** What is wrong with the key by what it says of itself, or null. */
export function keyProblem(key: string): string | null {
  const role = roleOf(key);
  if (role === null || role === SERVICE_ROLE) return null;
  return `SUPABASE_SERVICE_ROLE_KEY is a key of the role "${role}", which sees nothing of the project`;
}

/**
 * Why nothing can be stored or trusted, for an operator, or null. Throws STORAGE_UNAVAILABLE when
 * Supabase does not answer.
 */
export async function storageProblem(
  supabase: SupabaseClient,
  { key, bucket }: { readonly key: string; readonly bucket: string },
): Promise<string | null> {
  const wrongKey = keyProblem(key);
  if (wrongKey !== null) return `${wrongKey}: set it to the service-role (secret) key.`;
  try {
    const facts = await bucketFacts(supabase, bucket);
    if (facts === null) {
      return `The key sees no bucket "${bucket}": check SUPABASE_BUCKET, and that SUPABASE_SERVICE_ROLE_KEY is the service-role key of this project.`;
    }
    if (!takesType(facts, PICTURE_TYPE)) {
      return `The bucket "${bucket}" takes no ${PICTURE_TYPE}: allow it.`;
    }
    if (facts.sizeLimit !== null && facts.sizeLimit < LARGEST_PICTURE_BYTES) {
      return `The bucket "${bucket}" takes at most ${facts.sizeLimit} bytes per file: allow 10 MiB.`;
    }
    return null;
  } catch (cause) {
    if (isRefused(cause))
      return 'Supabase refuses SUPABASE_SERVICE_ROLE_KEY: set the key of this project.';
    throw new TaskError('STORAGE_UNAVAILABLE', { cause });
  }
}

/** Storage says 403 inside a 400; the hosted gateway says 401. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof StorageApiError)) return false;
  return error.status === 401 || (error.status === 400 && error.statusCode === '403');
}
