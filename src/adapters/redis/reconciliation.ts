/**
 * Failed sessions whose payment only a person can give back, in a Redis hash by session id.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { parsedJson } from '../../foreign-json.ts';
import type {
  Reconciliation,
  ReconciliationReason,
  ReconciliationRecord,
} from '../../ports/refunds.ts';
import { STORED_REF } from './stored-ref.ts';

export const RECONCILIATION_HASH = 'wearon:reconciliation';
/** Where a record goes once a person has dealt with it. */
export const RESOLVED_HASH = 'wearon:reconciliation:resolved';

/** The form that this release writes; 0 is of releases that wrote no version. */
const VERSION = 1;

/** What a record of any release holds; a later one may know more reasons. */
const storedRecord = z.looseObject({
  version: z.number().default(0),
  ...STORED_REF,
  requestId: z.string().nullable().default(null),
  reason: z.string().transform((reason) => reason as ReconciliationReason),
  credits: z.number().nullable().default(null),
  at: z.string(),
});
const storedResolved = storedRecord.extend({ resolvedAt: z.string(), note: z.string() });

/** Throws, so that no record that waits for a person is overlooked. */
function readStored<T>(form: z.ZodType<T>, text: string): T {
  const { success, data } = form.safeParse(parsedJson(text));
  if (!success)
    throw new Error('A reconciliation record in Redis cannot be read: look at it there');
  return data;
}

/** A record that a person has dealt with. */
interface ResolvedRecord extends ReconciliationRecord {
  readonly resolvedAt: string;
  readonly note: string;
}

/** Moves the record of ARGV[1] to the resolved ones as ARGV[2], if it is still there. */
const RESOLVE = `
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1`;

export class RedisReconciliation implements Reconciliation {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async add(record: ReconciliationRecord): Promise<void> {
    await this.#redis.hsetnx(
      RECONCILIATION_HASH,
      record.sessionId,
      JSON.stringify({ ...record, version: VERSION }),
    );
  }

  async has(sessionId: string): Promise<boolean> {
    const known = await Promise.all([
      this.#redis.hexists(RECONCILIATION_HASH, sessionId),
      this.#redis.hexists(RESOLVED_HASH, sessionId),
    ]);
    return known.includes(1);
  }

  /** What waits for a person, oldest first. */
  async open(): Promise<ReconciliationRecord[]> {
    const texts = await this.#redis.hvals(RECONCILIATION_HASH);
    const records = texts.map((text) => readStored(storedRecord, text));
    return records.sort((a, b) => a.at.localeCompare(b.at));
  }

  /** What persons have dealt with. */
  async resolved(): Promise<ResolvedRecord[]> {
    const texts = await this.#redis.hvals(RESOLVED_HASH);
    return texts.map((text) => readStored(storedResolved, text));
  }

  /** Files an open record away with a note; null when there is none for the session. */
  async resolve(sessionId: string, note: string): Promise<ResolvedRecord | null> {
    const text = await this.#redis.hget(RECONCILIATION_HASH, sessionId);
    if (text === null) return null;
    const record = readStored(storedRecord, text);
    const resolved: ResolvedRecord = { ...record, resolvedAt: new Date().toISOString(), note };
    const keys = [RECONCILIATION_HASH, RESOLVED_HASH];
    const args = [sessionId, JSON.stringify(resolved)];
    const moved = await this.#redis.eval(RESOLVE, keys.length, ...keys, ...args);
    return moved === 1 ? resolved : null;
  }
}
