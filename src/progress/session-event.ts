/**
 * Business events → the steps of a session that a screen may show.
 */
import type { TaskIds, WorkerEvent } from '../ports/events.ts';
import type { ProgressStage, SessionEvent } from '../ports/progress.ts';

/** The stage that each business event stands for; the others are no step. */
const STAGES: Partial<Record<WorkerEvent['event'], ProgressStage>> = {
  task_received: 'queued',
  generation_processing: 'started',
  images_prepared: 'photos_fetched',
  provider_call_started: 'drawing',
  picture_checked: 'checked',
  picture_stored: 'stored',
  generation_completed: 'completed',
  generation_failed: 'failed',
  generation_retried: 'retried',
  generation_interrupted: 'requeued',
};

/** The event as a step; null when it is not one. `at` is now. */
export function sessionEventOf(occurred: WorkerEvent, at: Date): SessionEvent | null {
  const event = stageOf(occurred);
  if (event === null || !('task' in occurred) || occurred.task === null) return null;
  const { sessionId, channel }: TaskIds = occurred.task;
  return {
    version: 1,
    event,
    session_id: sessionId,
    channel,
    at: at.toISOString(),
    ...detailsOf(occurred),
  };
}

function stageOf(occurred: WorkerEvent): ProgressStage | null {
  // Its picture was stored by an attempt whose process is gone.
  if (occurred.event === 'session_rescued')
    return occurred.by === 'completion' ? 'completed' : null;
  return STAGES[occurred.event] ?? null;
}

type Details = Pick<SessionEvent, 'code' | 'delay_ms' | 'provider' | 'model'>;

function detailsOf(occurred: WorkerEvent): Details {
  switch (occurred.event) {
    case 'provider_call_started':
      return { provider: occurred.provider, model: occurred.model };
    case 'generation_failed':
      return { code: occurred.code };
    case 'generation_retried':
      return { code: occurred.code, delay_ms: occurred.delayMs };
    default:
      return {};
  }
}
