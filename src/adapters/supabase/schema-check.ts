/**
 * Whether the platform's database and bucket are as the worker needs them. Nothing is changed:
 * functions are called with an argument that the database cannot read, so they are found but never run.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { saysMissing } from './client.ts';
import { outageOf, saysSchemaLacks } from './outage.ts';

/** Every column that the worker or an operator's command reads or writes, by table. */
export const NEEDED_COLUMNS: Readonly<Record<string, string>> = {
  generation_sessions:
    'id,user_id,status,model_image_url,outfit_image_url,accessories,prompt_system,generated_image_url,credits_used,error_message,processing_time_ms,created_at,completed_at,input_tokens,output_tokens,estimated_cost_usd',
  store_generation_sessions:
    'id,store_id,shopper_email,status,model_image_url,outfit_image_url,prompt_system,generated_image_url,credits_used,error_message,processing_time_ms,request_id,created_at,completed_at,input_tokens,output_tokens,estimated_cost_usd',
  credit_transactions: 'id,user_id,amount,type,description,created_at',
  store_credit_transactions: 'id,store_id,amount,type,request_id,description,created_at',
  analytics_events: 'id,event_type,user_id,metadata,created_at',
  store_analytics_events: 'id,store_id,event_type,shopper_email,metadata,created_at',
};

/** The functions that book refunds, with the names of their arguments. */
export const NEEDED_FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  refund_credits: ['p_user_id', 'p_amount', 'p_description'],
  refund_store_credits: ['p_store_id', 'p_amount', 'p_request_id', 'p_description'],
  refund_store_shopper_credits: [
    'p_store_id',
    'p_shopper_email',
    'p_amount',
    'p_request_id',
    'p_description',
  ],
};

/** SQLSTATE of a text that is not of the argument's type: the function is there. */
const UNREADABLE_ARGUMENT = '22P02';

/** What is wrong with a table or a function. */
export interface SchemaProblem {
  readonly text: string;
  /** What the outage looks like, when Supabase did not answer for itself. */
  readonly outage: string | null;
  /** The database says that a table, column or function is not there: migrations help. */
  readonly isMissing: boolean;
}

/** What is wrong with a table, or null. */
export async function tableProblem(
  supabase: SupabaseClient,
  table: string,
  columns: string,
): Promise<SchemaProblem | null> {
  const { error, status } = await supabase.from(table).select(columns).limit(0);
  return error === null ? null : problemOf(table, error, status);
}

/** What is wrong with a function, or null. */
export async function functionProblem(
  supabase: SupabaseClient,
  name: string,
  args: readonly string[],
): Promise<SchemaProblem | null> {
  const unreadable = Object.fromEntries(args.map((arg) => [arg, 'not of its type']));
  const { error, status } = await supabase.rpc(name, unreadable);
  if (error?.code === UNREADABLE_ARGUMENT) return null;
  const signature = `${name}(${args.join(', ')})`;
  if (error !== null) return problemOf(signature, error, status);
  return { text: `${signature}: took arguments of any type`, outage: null, isMissing: true };
}

function problemOf(
  name: string,
  { message, code }: { message: string; code: string },
  status: number,
): SchemaProblem {
  return {
    text: `${name}: ${message}`,
    outage: outageOf({ message }, status),
    isMissing: saysSchemaLacks(code),
  };
}

export interface BucketFacts {
  readonly isPublic: boolean;
  /** In bytes; null without one. */
  readonly sizeLimit: number | null;
  /** Null or empty where any is allowed. */
  readonly mimeTypes: readonly string[] | null;
}

/** What the bucket allows, or null when there is none of this name. */
export async function bucketFacts(
  supabase: SupabaseClient,
  bucket: string,
): Promise<BucketFacts | null> {
  const { data, error } = await supabase.storage.getBucket(bucket);
  if (saysMissing(error, 'Bucket not found')) return null;
  if (error !== null) throw error;
  return {
    isPublic: data.public,
    sizeLimit: data.file_size_limit ?? null,
    mimeTypes: data.allowed_mime_types ?? null,
  };
}

/**
 * Whether the bucket takes files of this type. Storage reads the list so: empty means any type, and
 * `image/*` every subtype.
 */
export function takesType({ mimeTypes }: BucketFacts, type: string): boolean {
  if (mimeTypes === null || mimeTypes.length === 0) return true;
  const [family] = type.split('/');
  return mimeTypes.some((allowed) => allowed === type || allowed === `${family}/*`);
}
