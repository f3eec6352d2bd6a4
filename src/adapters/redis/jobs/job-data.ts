/**
 * What a generation job holds in Redis. During a rolling update two releases share the jobs, so each
 * reads what it knows, keeps what it does not know, and gives defaults to what a former one lacked.
 */
import { z } from 'zod';
import { CATALOGUE, type ErrorCode } from '../../../error-catalogue.ts';
import { EMPTY_JOURNAL, type Journal } from '../../../ports/jobs.ts';
import type { Task } from '../../../ports/session.ts';
import { STORED_REF } from '../stored-ref.ts';

/** The form that this release writes; 0 is of releases that wrote no version. */
const VERSION = 1;

export interface JobData {
  readonly version: number;
  readonly task: Task;
  readonly journal: Journal;
  /** The attempt is over, and all that is left of the task is its ids. */
  readonly ended?: boolean;
}

const task = z.looseObject({
  ...STORED_REF,
  taskId: z.string(),
  imageUrls: z.array(z.string()),
  prompt: z.string(),
  requestId: z.string(),
  createdAt: z.string(),
});

/** A later release may know more codes: a failure of an unknown one does not count here. */
const failures = z
  .record(z.string(), z.number())
  .transform(
    (counts): Journal['failures'] =>
      Object.fromEntries(Object.entries(counts).filter(([code]) => code in CATALOGUE)) as Partial<
        Record<ErrorCode, number>
      >,
  );

const journal = z.looseObject({
  failures: failures.default(EMPTY_JOURNAL.failures),
  providerCalls: z.number().default(EMPTY_JOURNAL.providerCalls),
  callOpen: z.boolean().default(EMPTY_JOURNAL.callOpen),
  provider: z.string().exactOptional(),
  ticket: z
    .object({ id: z.string(), model: z.string(), garments: z.number() })
    .nullable()
    .exactOptional(),
  failedProviders: z.array(z.string()).exactOptional(),
  result: z
    .object({
      inputTokens: z.number().nullable().default(null),
      outputTokens: z.number().nullable().default(null),
      costUsd: z.number().nullable().default(null),
      processingTimeMs: z.number().nullable().default(null),
    })
    .nullable()
    .default(EMPTY_JOURNAL.result),
  quarantine: z.object({ stalls: z.number(), state: z.enum(['alone', 'passed']) }).exactOptional(),
});

const jobData = z.looseObject({
  version: z.number().default(0),
  task,
  journal: journal.prefault({}),
  ended: z.boolean().exactOptional(),
});

/** The data of a new job, as this release writes it. */
export function newJobData(task: Task): JobData {
  return { version: VERSION, task, journal: EMPTY_JOURNAL };
}

/** The data of a job of any release; null for anything else. */
export function readJobData(stored: unknown): JobData | null {
  return jobData.safeParse(stored).data ?? null;
}
