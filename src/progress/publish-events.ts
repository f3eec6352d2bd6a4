/**
 * Publishes every step of every session, at the cost of one message each. Nothing waits for it and
 * nothing fails with it: what cannot be sent is dropped and counted.
 */
import type { RecordEvent } from '../ports/events.ts';
import type { PublishProgress } from '../ports/progress.ts';
import { sessionEventOf } from './session-event.ts';

/** Messages that may wait for Redis; more are dropped, so that an outage costs no memory. */
const MOST_UNDER_WAY = 1000;

/** A recorder that publishes. `onError` gets the reason for each dropped step. */
export function publishEvents(
  publish: PublishProgress,
  onError: (error: Error) => void,
): RecordEvent {
  let underWay = 0;
  return (occurred) => {
    const step = sessionEventOf(occurred, new Date());
    if (step === null) return;
    if (underWay >= MOST_UNDER_WAY) {
      onError(new Error(`${MOST_UNDER_WAY} steps wait to be published`));
      return;
    }
    underWay += 1;
    publish(step)
      .catch(onError)
      .finally(() => {
        underWay -= 1;
      });
  };
}
