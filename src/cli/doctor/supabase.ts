/**
 * Does Supabase answer and accept the key, are tables, functions and bucket as the worker needs them,
 * and can a picture be stored?
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { PICTURE_TYPE } from '../../adapters/supabase/image-store.ts';
import { outageOf } from '../../adapters/supabase/outage.ts';
import {
  type BucketFacts,
  bucketFacts,
  functionProblem,
  NEEDED_COLUMNS,
  NEEDED_FUNCTIONS,
  type SchemaProblem,
  tableProblem,
  takesType,
} from '../../adapters/supabase/schema-check.ts';
import { keyProblem } from '../../adapters/supabase/storage-problem.ts';
import type { Config } from '../../config.ts';
import { redact } from '../../telemetry/redaction.ts';
import { type Check, clockOf, fail, ok, warn } from './check.ts';
import { checkUploads } from './uploads.ts';

const NOTHING_IS_LOST = 'nothing is lost, tasks and refunds go on when it is back';
const KEY_REFUSED = /invalid api key|jwt|unauthorized|permission denied/i;
/** What the worker stores, and what people may upload. */
const NEEDED_TYPES = [PICTURE_TYPE, 'image/png', 'image/webp'];
const NEEDED_BYTES = 10 * 1024 * 1024;

export async function checkSupabase(supabase: SupabaseClient, config: Config): Promise<Check[]> {
  const clock = await clockOf('Supabase', config.supabaseUrl);
  if (clock === null) {
    const fix = `if it worked before, wait: ${NOTHING_IS_LOST}; else set SUPABASE_URL to the project, and see that it is not paused`;
    return [fail('Supabase', 'cannot be reached', fix)];
  }
  const [tables, functions, bucket] = await Promise.all([
    problemsOf(NEEDED_COLUMNS, (table, columns) => tableProblem(supabase, table, columns)),
    problemsOf(NEEDED_FUNCTIONS, (name, args) => functionProblem(supabase, name, args)),
    readBucket(supabase, config.supabaseBucket),
  ]);
  const problems = [...tables, ...functions, ...('problem' in bucket ? [bucket.problem] : [])];
  const outage = problems.find((problem) => problem.outage !== null)?.outage;
  if (outage) return [fail('Supabase', outage, `wait: ${NOTHING_IS_LOST}`), clock];
  const reachable = ok('Supabase', 'reachable');
  const wrongKey = keyProblem(config.supabaseServiceRoleKey);
  if (wrongKey !== null) {
    const fix = 'set SUPABASE_SERVICE_ROLE_KEY to the service-role (secret) key of this project';
    return [reachable, fail('Supabase key', wrongKey, fix), clock];
  }
  if (tables.some(({ text }) => KEY_REFUSED.test(text))) {
    const fix = 'set SUPABASE_SERVICE_ROLE_KEY to the service-role key of this project';
    return [reachable, fail('Supabase key', 'refused', fix), clock];
  }
  const bucketChecks = checkBucket(bucket, config.supabaseBucket);
  const isBucketFit = bucketChecks.every(({ state }) => state === 'ok');
  return [
    reachable,
    ...checkSchema('table', 'all columns', Object.keys(NEEDED_COLUMNS).length, tables),
    ...checkSchema('function', 'all arguments', Object.keys(NEEDED_FUNCTIONS).length, functions),
    ...bucketChecks,
    ...(isBucketFit ? await checkUploads(supabase, config.supabaseBucket) : []),
    clock,
  ];
}

/** The problems of tables or functions, each asked for by its name and parts. */
async function problemsOf<Parts>(
  needed: Readonly<Record<string, Parts>>,
  check: (name: string, parts: Parts) => Promise<SchemaProblem | null>,
): Promise<SchemaProblem[]> {
  const found = await Promise.all(Object.entries(needed).map((each) => check(...each)));
  return found.filter((problem) => problem !== null);
}

function checkSchema(
  what: 'table' | 'function',
  parts: string,
  count: number,
  problems: readonly SchemaProblem[],
): Check[] {
  if (problems.length === 0) return [ok(`Supabase ${what}s`, `${count}, with ${parts}`)];
  return problems.map(({ text, isMissing }) => {
    const fix = isMissing
      ? "apply the platform's migrations up to 023 to this database"
      : "see the project's logs; it names nothing that a migration would add";
    return fail(`Supabase ${what}`, redact(text), fix);
  });
}

/** The bucket's facts (null without a bucket), or why they cannot be read. */
type Bucket = { readonly facts: BucketFacts | null } | { readonly problem: SchemaProblem };

async function readBucket(supabase: SupabaseClient, bucket: string): Promise<Bucket> {
  try {
    return { facts: await bucketFacts(supabase, bucket) };
  } catch (error) {
    const { message } = error as Error;
    return { problem: { text: message, outage: outageOf(error as Error), isMissing: false } };
  }
}

function checkBucket(found: Bucket, bucket: string): Check[] {
  if ('problem' in found) {
    const fix = 'see the storage settings of the project';
    return [fail('Supabase bucket', redact(found.problem.text), fix)];
  }
  if (found.facts !== null) return checkFacts(found.facts);
  const fix =
    'set SUPABASE_BUCKET to the bucket of the platform (virtual-tryon-images), and SUPABASE_SERVICE_ROLE_KEY to the service-role key: others see no bucket';
  return [fail('Supabase bucket', `there is no bucket ${bucket}`, fix)];
}

function checkFacts(facts: BucketFacts): Check[] {
  const { isPublic, sizeLimit } = facts;
  const found: Check[] = [];
  if (isPublic) {
    found.push(fail('Supabase bucket', 'public: anyone may see the photos', 'make it private'));
  }
  if (sizeLimit !== null && sizeLimit < NEEDED_BYTES) {
    const finding = `takes at most ${sizeLimit} bytes`;
    found.push(warn('Supabase bucket', finding, `allow ${NEEDED_BYTES} bytes (10 MiB) per file`));
  }
  const missing = NEEDED_TYPES.filter((type) => !takesType(facts, type));
  if (missing.includes(PICTURE_TYPE)) {
    found.push(
      fail('Supabase bucket', `takes no ${PICTURE_TYPE}: no result can be stored`, 'allow it'),
    );
  } else if (missing.length > 0) {
    found.push(warn('Supabase bucket', `takes no ${missing.join(', ')}`, 'allow them for uploads'));
  }
  return found.length > 0 ? found : [ok('Supabase bucket', 'private, with the right limits')];
}
