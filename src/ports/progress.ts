/** The progress messages of a session, and their channel. */
import type { ErrorCode } from '../error-catalogue.ts';
import type { Channel } from './session.ts';

/** In the order of a session that meets no trouble; `retried` and `requeued` may come in between. */
const PROGRESS_STAGES = [
  /** The task has become a job. */
  'queued',
  /** An attempt has begun. */
  'started',
  'photos_fetched',
  /** The paid call is under way. */
  'drawing',
  /** The picture has been checked. */
  'checked',
  'stored',
  'completed',
  'failed',
  /** The attempt failed; another one follows after `delay_ms`. */
  'retried',
  /** The process stops; another attempt follows at once. */
  'requeued',
] as const;
export type ProgressStage = (typeof PROGRESS_STAGES)[number];

/** One step of one session, as it is published: ids only, no link, text or e-mail address. */
export interface SessionEvent {
  readonly version: 1;
  readonly event: ProgressStage;
  readonly session_id: string;
  readonly channel: Channel;
  /** ISO 8601, by the clock of the process that took the step. */
  readonly at: string;
  /** With `failed` and `retried`: why (docs/errors.md). */
  readonly code?: ErrorCode;
  /** With `retried`: in how many ms the next attempt may begin. */
  readonly delay_ms?: number;
  /** With `drawing`: the provider (its name in IMAGE_PROVIDERS) and the model that make the picture. */
  readonly provider?: string;
  readonly model?: string;
}

/** Sends an event to current subscribers; later ones never receive it. Rejects when it cannot be sent. */
export type PublishProgress = (event: SessionEvent) => Promise<void>;
