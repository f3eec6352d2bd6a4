/**
 * `GET /metrics` for Prometheus, and the time of every answer, by route.
 */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AnsweredRequest } from '../telemetry/http-metrics.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Paths that no route has all count as one, or anyone could make up series. */
const NO_ROUTE = 'none';

/** Notifies each of them of every answer of the server. */
export function noteAnswers(
  server: FastifyInstance,
  listeners: readonly { answered(request: AnsweredRequest): void }[],
): void {
  server.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? NO_ROUTE;
    const requestId = reply.getHeader('x-request-id');
    const answered: AnsweredRequest = {
      method,
      route,
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
      requestId: requestId === undefined ? null : String(requestId),
    };
    for (const listener of listeners) listener.answered(answered);
  });
}

/** Adds the route. */
export function registerMetrics(server: FastifyInstance, { registry }: Metrics): void {
  server.get(
    '/metrics',
    {
      schema: {
        tags: ['operation'],
        summary: 'Metrics in the text format of Prometheus',
        response: { 200: { content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (_request, reply) => {
      const text = await registry.metrics();
      return reply.type(registry.contentType).send(text);
    },
  );
}
