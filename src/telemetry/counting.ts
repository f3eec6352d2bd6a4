/** What the counts of business events share. Ids never become labels. */
import type { WorkerEvent } from '../ports/events.ts';
import { CHANNELS } from '../ports/session.ts';

/** One function per business event. */
export type Counting = {
  readonly [E in WorkerEvent['event']]: (event: Extract<WorkerEvent, { event: E }>) => void;
};

/** A provider and a model that calls may go to. */
export interface Caller {
  readonly provider: string;
  readonly model: string;
}

export const PER_CHANNEL = CHANNELS.map((channel) => ({ channel }));
export const FINE_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
export const WHOLE_SECONDS = [0.1, 0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 240, 480, 600];
