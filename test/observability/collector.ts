/**
 * A collector of traces on the loopback interface: takes OTLP over HTTP in JSON and keeps the spans.
 */
import { json } from 'node:stream/consumers';
import { startHttpHost } from '../support/network/http-host.ts';

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly hasError: boolean;
  /** The process that sent it. */
  readonly instance: unknown;
  readonly durationMs: number;
}

export interface Collector extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  readonly spans: readonly SeenSpan[];
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface OtlpExport {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const ERROR = 2;

export async function startCollector(): Promise<Collector> {
  const spans: SeenSpan[] = [];
  const host = await startHttpHost(async (request, response) => {
    const body = (await json(request)) as OtlpExport;
    if (request.url === '/v1/traces') spans.push(...spansOf(body));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  return { endpoint: host.origin, spans, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

function spansOf({ resourceSpans }: OtlpExport): SeenSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const instance = plain(resource.attributes)['service.instance.id'];
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => seen(span, instance)));
  });
}

function seen(span: OtlpSpan, instance: unknown): SeenSpan {
  const { traceId, spanId, parentSpanId, name, status, events } = span;
  const nanoseconds = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
  return {
    traceId,
    spanId,
    ...(parentSpanId ? { parentSpanId } : {}),
    name,
    attributes: plain(span.attributes),
    events: events.map((event) => event.name),
    hasError: status.code === ERROR,
    instance,
    durationMs: Number(nanoseconds) / 1e6,
  };
}

function plain(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
