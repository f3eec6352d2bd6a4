/**
 * `GET /metrics` for Prometheus, and the time of every other answer, by route.
 */
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../telemetry/metrics.ts';

/** Paths that no route has all count as one, or anyone could make up series. */
const NO_ROUTE = 'none';

/** Register it before the routes that are to be timed. */
export function registerMetrics(server: FastifyInstance, metrics: Metrics): void {
  const { registry, answered } = metrics;
  server.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? NO_ROUTE;
    answered({ method, route, status: reply.statusCode, durationMs: reply.elapsedTime });
  });
  server.get(
    '/metrics',
    { schema: { tags: ['operation'], summary: 'Metrics in the text format of Prometheus' } },
    async (_request, reply) => {
      const text = await registry.metrics();
      return reply.type(registry.contentType).send(text);
    },
  );
}
