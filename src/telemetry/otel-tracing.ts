/**
 * One trace per task, from its order to its end, over retries, replicas and refunds, sent
 * to a collector. Business events become the events of the span they happen in, and those that
 * took a known time child spans; the pipeline itself knows nothing of it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TaskIds, WorkerEvent } from '../ports/events.ts';
import type { Task } from '../ports/session.ts';
import type { AnsweredRequest } from './http-metrics.ts';
import { redact } from './redaction.ts';
import { contextOf, rootOf, SessionIds } from './session-ids.ts';

const EXPORT_TIMEOUT_MS = 5000;
const PROBES: readonly string[] = ['/livez', '/readyz', '/health', '/metrics'];

/** Sends spans to `<endpoint>/v1/traces` in the background; disposing of it sends the rest. */
export function startTracing(endpoint: string) {
  const ids = new SessionIds();
  const provider = createProvider(endpoint, ids);
  const tracer = provider.getTracer('wearon-worker');
  const active = new AsyncLocalStorage<Span>();
  return {
    record: (event: WorkerEvent) => recordEvent(event, { tracer, ids, span: active.getStore() }),
    async within<T>(name: string, task: TaskIds, action: () => Promise<T>): Promise<T> {
      const options = { attributes: attributesOf(task) };
      const span = tracer.startSpan(name, options, contextOf(task.sessionId));
      try {
        return await active.run(span, action);
      } finally {
        span.end();
      }
    },
    answered: (request: AnsweredRequest) => recordAnswer(request, tracer),
    async [Symbol.asyncDispose]() {
      // A collector that is away must not keep the process from stopping.
      await provider.shutdown().catch(() => undefined);
    },
  };
}

function createProvider(endpoint: string, idGenerator: SessionIds): TracerProvider {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS });
  return new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'wearon-worker',
      'service.instance.id': randomUUID(),
    }),
    idGenerator,
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
}

/** A client chooses its request id: it is cut and cleaned, as in the log. */
function cleanRequestId(requestId: string | null): Attributes {
  return requestId === null ? {} : { request_id: redact(requestId).slice(0, 128) };
}

function attributesOf({ requestId, sessionId, channel }: TaskIds): Attributes {
  return { session_id: sessionId, channel, ...cleanRequestId(requestId) };
}

interface SpanScope {
  readonly tracer: Tracer;
  readonly ids: SessionIds;
  /** The span that the event happens in, if there is one. */
  readonly span: Span | undefined;
}

function recordEvent(event: WorkerEvent, scope: SpanScope): void {
  const { span } = scope;
  if (event.event === 'task_received') {
    recordOrder(event.task, scope);
  } else if (span !== undefined) {
    span.addEvent(event.event, scalarsOf(event));
    if ('error' in event) span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(event) });
    for (const [step, durationMs] of stepsOf(event))
      recordStep(step, durationMs, scope.tracer, span);
  } else if ('task' in event && event.task !== null) {
    const options = { attributes: { ...attributesOf(event.task), ...scalarsOf(event) } };
    scope.tracer.startSpan(event.event, options, contextOf(event.task.sessionId)).end();
  }
}

/** The root of the trace: from the order of the task until it is a job. */
function recordOrder(task: TaskIds, { tracer, ids }: SpanScope): void {
  const { createdAt } = task as TaskIds & Partial<Task>;
  const startTime = createdAt === undefined ? Date.now() : Date.parse(createdAt);
  const options = { startTime, attributes: attributesOf(task), kind: SpanKind.CONSUMER };
  ids.give(rootOf(task.sessionId), () => tracer.startSpan('intake', options, ROOT_CONTEXT)).end();
}

/** The steps whose time an event has, the last one ending now. */
function stepsOf(event: WorkerEvent): (readonly [step: string, durationMs: number])[] {
  switch (event.event) {
    case 'images_prepared':
      return [
        ['download', event.downloadMs],
        ['resize', event.resizeMs],
      ];
    case 'provider_call_succeeded':
      return [['generate', event.durationMs]];
    case 'picture_stored':
      return [['store', event.durationMs]];
    default:
      return [];
  }
}

function recordStep(step: string, durationMs: number, tracer: Tracer, parent: Span): void {
  const startTime = Date.now() - durationMs;
  tracer.startSpan(step, { startTime }, trace.setSpan(ROOT_CONTEXT, parent)).end();
}

/** What an event says in addition to ids and errors. */
function scalarsOf(event: WorkerEvent): Attributes {
  const isScalar = (value: unknown): value is string | number | boolean =>
    ['string', 'number', 'boolean'].includes(typeof value);
  return Object.fromEntries(
    Object.entries(event).filter(([name, value]) => name !== 'event' && isScalar(value)),
  );
}

function codeOf(event: WorkerEvent): string {
  return 'code' in event ? event.code : event.event;
}

function recordAnswer(request: AnsweredRequest, tracer: Tracer): void {
  const { method, route, status, durationMs, requestId } = request;
  if (PROBES.includes(route)) return;
  const attributes = {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    ...cleanRequestId(requestId),
  };
  const options = { kind: SpanKind.SERVER, startTime: Date.now() - durationMs, attributes };
  const span = tracer.startSpan(`${method} ${route}`, options, ROOT_CONTEXT);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
