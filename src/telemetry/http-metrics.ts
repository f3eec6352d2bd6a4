/** Answers over HTTP, timed. */
import type { Meters } from './meters.ts';

/** An answered request; `route` is the pattern, never the path. */
export interface AnsweredRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** As it went out with the answer; null where the route has none. */
  readonly requestId: string | null;
}

/** Buckets for what a client waits for. */
export const ANSWER_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5];

/** Measures the time of every answer. */
export function timeAnswers({ duration }: Meters): (request: AnsweredRequest) => void {
  const took = duration('http_request_duration_seconds', 'How long an answer over HTTP took.', {
    buckets: ANSWER_SECONDS,
    labels: ['method', 'route', 'status'],
  });
  return ({ durationMs, method, route, status }) =>
    took(durationMs, { method, route, status: String(status) });
}
