/**
 * A session's id has as many bits as a trace's, so it *is* its trace's id: every process knows
 * where its spans belong, nothing has to travel in the jobs, and anyone with a session's id finds
 * the trace.
 */
import { type Context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { type IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace';

interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** The ids of a session's trace and of the span that stands for the whole task. */
export function rootOf(sessionId: string): SpanIds {
  const traceId = sessionId.replaceAll('-', '').toLowerCase();
  return { traceId, spanId: traceId.slice(16) };
}

/** Below the span of the whole task, whichever replica sends that one. */
export function contextOf(sessionId: string): Context {
  const root = { ...rootOf(sessionId), traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, root);
}

/** Random ids, except for a span that is started as the root of a session's trace. */
export class SessionIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: SpanIds | null = null;

  /** Runs `start`, which starts one span, with these ids for it. */
  give<T>(ids: SpanIds, start: () => T): T {
    this.#next = ids;
    try {
      return start();
    } finally {
      this.#next = null;
    }
  }

  generateTraceId(): string {
    return this.#next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#next?.spanId ?? this.#random.generateSpanId();
  }
}
