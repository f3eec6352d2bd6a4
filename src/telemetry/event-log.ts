/**
 * Business events → log lines and counts. The names are those of the worker that this one
 * replaces where the event is the same.
 */
import type { RecordEvent, SizeEvent, TaskIds, WorkerEvent } from '../ports/events.ts';
import type { Logger } from './logger.ts';
import { redact } from './redaction.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

const LEVELS: Readonly<Record<WorkerEvent['event'], Level>> = {
  task_received: 'info',
  task_rejected: 'warn',
  generation_processing: 'info',
  generation_skipped: 'info',
  images_prepared: 'info',
  budget_spent: 'error',
  provider_call_started: 'info',
  provider_call_succeeded: 'info',
  person_checked: 'info',
  picture_checked: 'info',
  check_skipped: 'info',
  picture_stored: 'info',
  generation_completed: 'info',
  completion_lost: 'warn',
  generation_retried: 'warn',
  attempt_failed: 'warn',
  generation_failed: 'warn',
  generation_interrupted: 'info',
  attempt_quarantined: 'warn',
  session_rescued: 'warn',
  refund_skipped: 'info',
  credit_refunded: 'info',
  refund_needs_reconciliation: 'error',
  refund_error: 'error',
  analytics_error: 'warn',
  breaker_opened: 'error',
  breaker_closed: 'info',
  upload_failed: 'error',
  storage_unusable: 'error',
  storage_usable: 'info',
  rows_unreadable: 'warn',
  webhook_delivered: 'info',
  webhook_failed: 'warn',
  webhook_given_up: 'error',
  loop_error: 'error',
};

/** A client chooses its request id: it is cut and cleaned for the log, and only there. */
function idsOf(task: TaskIds | null | undefined) {
  if (!task) return {};
  const request_id = task.requestId === null ? null : redact(task.requestId).slice(0, 128);
  return { request_id, session_id: task.sessionId, channel: task.channel };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function fieldsOf(event: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [snakeCase(name), value as unknown]),
  );
}

/** Records events in the log; an error of a loop that keeps coming back, once a minute. */
export function createEventLog(logger: Logger): RecordEvent {
  const limit = limitRepeats();
  return (occurred) => {
    const limited = occurred.event === 'loop_error' ? limit(occurred) : occurred;
    if (limited === null) return;
    const { event, ...details } = limited;
    const { task, usage, ...rest } = details as { task?: TaskIds; usage?: object };
    logger[LEVELS[event]]({ ...idsOf(task), ...fieldsOf({ ...rest, ...usage }) }, event);
  };
}

type LoopError = Extract<WorkerEvent, { event: 'loop_error' }>;

/** A little less than the minute after which an ongoing outage is reported again. */
const REPEAT_MS = 55_000;
/** Errors with different texts are counted separately up to this number. */
const MOST_KINDS = 100;

/** Passes an error on unless the same one of the same loop was passed on in the last minute. */
function limitRepeats(): (error: LoopError) => LoopError | null {
  const seen = new Map<string, { passedAtMs: number; since: number }>();
  return (occurred) => {
    const kind = `${occurred.loop}: ${occurred.error.message.slice(0, 40)}`;
    const nowMs = performance.now();
    const known = seen.get(kind) ?? { passedAtMs: Number.NEGATIVE_INFINITY, since: 0 };
    const since = known.since + (occurred.repeated ?? 1);
    const isDue = nowMs - known.passedAtMs >= REPEAT_MS;
    if (!seen.has(kind) && seen.size >= MOST_KINDS) seen.clear();
    seen.set(kind, isDue ? { passedAtMs: nowMs, since: 0 } : { ...known, since });
    if (!isDue) return null;
    const { repeated: _, ...event } = occurred;
    return since > 1 ? { ...event, repeated: since } : event;
  };
}

const SIZE_LEVELS: Readonly<Record<SizeEvent['event'], Level>> = {
  size_rec_request_started: 'info',
  size_rec_request_succeeded: 'info',
  size_rec_image_download_failed: 'warn',
  size_rec_model_not_loaded: 'warn',
  size_rec_pose_estimation_failed: 'warn',
  size_rec_request_shed: 'warn',
  size_rec_client_gone: 'info',
  size_rec_unexpected_error: 'error',
};

/** Records the events of requests for a size in the log. */
export function createSizeLog(logger: Logger): (event: SizeEvent) => void {
  return ({ event, requestId, ...details }) => {
    const request_id = redact(requestId).slice(0, 128);
    logger[SIZE_LEVELS[event]]({ request_id, ...fieldsOf(details) }, event);
  };
}

/** Records every event with each of these, in this order. */
export function recordTo(...recorders: readonly RecordEvent[]): RecordEvent {
  return (event) => {
    for (const record of recorders) record(event);
  };
}
