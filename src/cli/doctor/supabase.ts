/**
 * Is Supabase there, does it take the key, and are tables, functions and bucket as the worker
 * needs them?
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type BucketFacts,
  bucketFacts,
  functionProblem,
  NEEDED_COLUMNS,
  NEEDED_FUNCTIONS,
  tableProblem,
} from '../../adapters/supabase/schema-check.ts';
import type { Config } from '../../config.ts';
import { redact } from '../../telemetry/redaction.ts';
import { type Check, clockOf, fail, ok, warn } from './check.ts';

const KEY_REFUSED = /invalid api key|jwt|unauthorized|permission denied/i;
/** What the worker stores, and what people may upload. */
const NEEDED_TYPES = ['image/jpeg', 'image/png', 'image/webp'];
const NEEDED_BYTES = 10 * 1024 * 1024;

export async function checkSupabase(supabase: SupabaseClient, config: Config): Promise<Check[]> {
  const clock = await clockOf('Supabase', config.supabaseUrl);
  if (clock === null) {
    const mend = 'set SUPABASE_URL to the project, and see that it is not paused';
    return [fail('Supabase', 'not reachable', mend)];
  }
  const tables = await checkTables(supabase);
  const bucket = await checkBucket(supabase, config.supabaseBucket);
  if (tables.some(({ says }) => KEY_REFUSED.test(says))) {
    const mend = 'set SUPABASE_SERVICE_ROLE_KEY to the service-role key of this project';
    return [ok('Supabase', 'reachable'), fail('Supabase key', 'refused', mend), clock];
  }
  const functions = await checkFunctions(supabase);
  return [ok('Supabase', 'reachable'), ...tables, ...functions, ...bucket, clock];
}

async function checkTables(supabase: SupabaseClient): Promise<Check[]> {
  const mend = "apply the platform's migrations up to 023 to this database";
  const checks = Object.entries(NEEDED_COLUMNS).map(async ([table, columns]) => {
    const problem = await tableProblem(supabase, table, columns);
    return problem === null ? null : fail('Supabase table', redact(problem), mend);
  });
  const problems = (await Promise.all(checks)).filter((check) => check !== null);
  if (problems.length > 0) return problems;
  return [ok('Supabase tables', `${Object.keys(NEEDED_COLUMNS).length}, with all columns`)];
}

async function checkFunctions(supabase: SupabaseClient): Promise<Check[]> {
  const mend = "apply the platform's migrations up to 023: no refund can be booked without it";
  const checks = Object.entries(NEEDED_FUNCTIONS).map(async ([name, args]) => {
    const problem = await functionProblem(supabase, name, args);
    return problem === null ? null : fail('Supabase function', redact(problem), mend);
  });
  const problems = (await Promise.all(checks)).filter((check) => check !== null);
  if (problems.length > 0) return problems;
  return [ok('Supabase functions', `${Object.keys(NEEDED_FUNCTIONS).length}, with all arguments`)];
}

async function checkBucket(supabase: SupabaseClient, bucket: string): Promise<Check[]> {
  try {
    const facts = await bucketFacts(supabase, bucket);
    if (facts !== null) return checkFacts(facts);
    const mend = 'set SUPABASE_BUCKET to the bucket of the platform (virtual-tryon-images)';
    return [fail('Supabase bucket', `there is no bucket ${bucket}`, mend)];
  } catch (error) {
    const mend = 'see the storage settings of the project';
    return [fail('Supabase bucket', redact((error as Error).message), mend)];
  }
}

function checkFacts({ isPublic, sizeLimit, mimeTypes }: BucketFacts): Check[] {
  const found: Check[] = [];
  if (isPublic) {
    found.push(fail('Supabase bucket', 'public: anybody may see the photos', 'make it private'));
  }
  if (sizeLimit !== null && sizeLimit < NEEDED_BYTES) {
    const says = `takes at most ${sizeLimit} bytes`;
    found.push(warn('Supabase bucket', says, `allow ${NEEDED_BYTES} bytes (10 MiB) per file`));
  }
  const missing = NEEDED_TYPES.filter((type) => mimeTypes !== null && !mimeTypes.includes(type));
  if (missing.includes('image/jpeg')) {
    found.push(fail('Supabase bucket', 'takes no image/jpeg: no result can be stored', 'allow it'));
  } else if (missing.length > 0) {
    found.push(warn('Supabase bucket', `takes no ${missing.join(', ')}`, 'allow them for uploads'));
  }
  return found.length > 0 ? found : [ok('Supabase bucket', 'private, with the right limits')];
}
