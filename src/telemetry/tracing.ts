/**
 * Traces as the worker uses them. Off, they cost nothing: OpenTelemetry is loaded only when an
 * endpoint is configured.
 */
import type { RecordEvent, TaskIds } from '../ports/events.ts';
import type { AnsweredRequest } from './http-metrics.ts';

export interface Tracing {
  /** Notes an event in its task's trace. */
  readonly record: RecordEvent;
  /** Runs `action` as a span of the task's trace; events recorded meanwhile belong to it. */
  within<T>(name: string, task: TaskIds, action: () => Promise<T>): Promise<T>;
  /** Notes an answered request over HTTP. */
  answered(request: AnsweredRequest): void;
}

const OFF: Tracing = {
  record: () => {},
  within: (_name, _task, action) => action(),
  answered: () => {},
};

/** Sends traces to an OTLP/HTTP endpoint, e.g. `http://collector:4318`; null turns them off. What is left is sent when the stack is disposed of. */
export async function openTracing(
  endpoint: string | null,
  stack: AsyncDisposableStack,
): Promise<Tracing> {
  if (endpoint === null) return OFF;
  const { startTracing } = await import('./otel-tracing.ts');
  return stack.use(startTracing(endpoint));
}
