/** What happened, for the log and the metrics. */
import type { ErrorCode } from '../error-catalogue.ts';
import type { TaskError } from '../errors.ts';
import type { PictureUsage } from './image-provider.ts';
import type { Payer } from './ledger.ts';
import type { ReconciliationReason } from './refunds.ts';
import type { Channel } from './session.ts';
import type { DeliveryProblem } from './webhooks.ts';

/** Who a line of the log is about. */
export interface TaskIds {
  readonly requestId: string | null;
  readonly sessionId: string;
  readonly channel: Channel;
}

/** Who made a paid call. */
interface Vendor {
  readonly provider: string;
  readonly model: string;
}

/**
 * Why a check was skipped: the pose threads were busy or not there, the check itself failed, or the
 * person's photo has no person to compare with. `no_photo`: the picture is that of an earlier attempt,
 * and the photo could not be fetched again, or the job's process has died twice.
 */
export const CHECK_SKIP_REASONS = [
  'busy',
  'unavailable',
  'error',
  'no_person',
  'no_photo',
] as const;
export type CheckSkipReason = (typeof CHECK_SKIP_REASONS)[number];

/** What happened, in the past tense: one log line and one count each. Carries no secret, link or text of a person. */
export type WorkerEvent =
  | { event: 'task_received'; task: TaskIds }
  | {
      event: 'task_rejected';
      task: TaskIds | null;
      reason: string;
      sizeBytes: number;
      sha256: string;
    }
  | { event: 'generation_processing'; task: TaskIds; queueWaitMs: number }
  | { event: 'generation_skipped'; task: TaskIds; reason: string }
  | { event: 'images_prepared'; task: TaskIds; count: number; downloadMs: number; resizeMs: number }
  | { event: 'person_checked'; task: TaskIds; finding: string | null; refused: boolean }
  | {
      event: 'picture_checked';
      task: TaskIds;
      findings: readonly string[];
      refused: boolean;
      durationMs: number;
      measures: Readonly<Record<string, number | null>>;
    }
  | { event: 'check_skipped'; task: TaskIds; check: 'person' | 'picture'; reason: CheckSkipReason }
  | { event: 'picture_stored'; task: TaskIds; sizeBytes: number; durationMs: number }
  | ({ event: 'provider_call_started'; task: TaskIds; call: number; repeated: boolean } & Vendor)
  | ({
      event: 'provider_call_succeeded';
      task: TaskIds;
      durationMs: number;
      usage: PictureUsage;
    } & Vendor)
  | {
      event: 'generation_completed';
      task: TaskIds;
      processingTimeMs: number | null;
      totalMs: number;
    }
  | { event: 'completion_lost'; task: TaskIds }
  | { event: 'generation_retried'; task: TaskIds; code: ErrorCode; delayMs: number; error: Error }
  | { event: 'attempt_failed'; task: TaskIds; code: ErrorCode; error: Error }
  | { event: 'generation_failed'; task: TaskIds; code: ErrorCode; moderation: boolean }
  | { event: 'generation_interrupted'; task: TaskIds }
  | { event: 'attempt_quarantined'; task: TaskIds; stalls: number }
  | { event: 'session_rescued'; task: TaskIds; by: 'completion' | 'refund' }
  | { event: 'refund_skipped'; task: TaskIds; reason: string }
  | { event: 'credit_refunded'; task: TaskIds; payer: Payer; credits: number }
  | { event: 'refund_needs_reconciliation'; task: TaskIds; reason: ReconciliationReason }
  | { event: 'refund_error'; task: TaskIds; delayMs: number; error: Error }
  | { event: 'analytics_error'; task: TaskIds; error: Error }
  | { event: 'breaker_opened'; provider: string; code: ErrorCode; cooldownMs: number }
  | { event: 'breaker_closed'; provider: string }
  | { event: 'budget_spent'; limitUsd: number }
  | { event: 'rows_unreadable'; channel: Channel; count: number }
  | { event: 'upload_failed'; task: TaskIds; error: Error }
  | { event: 'storage_unusable'; problem: string }
  | { event: 'storage_usable' }
  /** `endpoint`: `platform`, or the store's id. */
  | {
      event: 'webhook_delivered';
      task: TaskIds;
      endpoint: string;
      tries: number;
      durationMs: number;
    }
  | {
      event: 'webhook_failed';
      task: TaskIds;
      endpoint: string;
      tries: number;
      problem: DeliveryProblem;
      status: number | null;
      delayMs: number;
    }
  | {
      event: 'webhook_given_up';
      task: TaskIds;
      endpoint: string;
      tries: number;
      problem: DeliveryProblem;
    }
  /** `repeated`: how often it happened since it was recorded last. */
  | { event: 'loop_error'; loop: string; error: Error; repeated?: number };

/** Takes note of what happened. Never throws. */
export type RecordEvent = (event: WorkerEvent) => void;

/** Records the errors of something that goes on after each of them; `loop` is its name in log and metrics. */
export function loopErrors(record: RecordEvent, loop: string): (error: unknown) => void {
  return (error) => record({ event: 'loop_error', loop, error: error as Error });
}

/** What happened to a request of `/estimate-body`. Links appear only as the start of their SHA-256. */
export type SizeEvent = { readonly requestId: string } & (
  | { readonly event: 'size_rec_request_started'; imageUrlHash: string; heightCm: number }
  | {
      readonly event: 'size_rec_request_succeeded';
      readonly recommendedSize: string;
      readonly confidence: number;
      readonly durationMs: number;
    }
  | { readonly event: 'size_rec_image_download_failed'; readonly error: TaskError }
  | { readonly event: 'size_rec_model_not_loaded' }
  | { readonly event: 'size_rec_pose_estimation_failed'; readonly reasons: readonly string[] }
  | { readonly event: 'size_rec_request_shed'; readonly reason: 'busy' | 'took_too_long' }
  | { readonly event: 'size_rec_client_gone' }
  | { readonly event: 'size_rec_unexpected_error'; readonly error: Error }
);
