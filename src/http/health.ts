/**
 * `/livez`, `/readyz` and `/health`: answered from states that others keep up to date, never by
 * asking anyone in the request.
 */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** What the worker knows about its parts; read at every request, so it must be cheap. */
export interface ComponentStates {
  /** A stop was requested (SIGTERM, SIGINT). */
  readonly isStopping: boolean;
  readonly redisConnected: boolean;
  /** The loops that take tasks and run jobs are alive. */
  readonly isWorking: boolean;
  /** Why no picture can be stored, or null. */
  readonly storageProblem?: string | null;
  /** The pose model is loaded: sizes can be estimated. */
  readonly poseModelLoaded: boolean;
  /** Why no picture can be made now although the worker runs, e.g. that Supabase answers 503. */
  readonly problems: readonly string[];
  /** What an operator should know, e.g. that the image model retires soon. */
  readonly warnings: readonly string[];
}

/** Every key of the worker that this one replaces, and what else monitors may want to know. */
export const healthBody = z
  .object({
    status: z
      .enum(['ok', 'degraded'])
      .describe('ok when every part works and pictures can be made'),
    model_loaded: z.boolean().describe('the pose model is loaded'),
    size_rec_model_loaded: z.boolean().describe('the same, under its other name'),
    redis_connected: z.boolean(),
    celery_connected: z
      .boolean()
      .describe('the job workers run; the name is kept for old monitors'),
    prometheus_connected: z.null().describe('not checked: monitoring does not influence health'),
    loki_connected: z.null().describe('not checked'),
    grafana_connected: z.null().describe('not checked'),
    warnings: z
      .array(z.string())
      .describe(
        'what keeps pictures from being made, then what an operator should know, e.g. that the image model will be shut down soon',
      ),
  })
  .meta({ id: 'Health' });

/** Does the worker take tasks? */
export function isReady(states: ComponentStates): boolean {
  const { isStopping, redisConnected, isWorking, storageProblem } = states;
  return !isStopping && redisConnected && isWorking && storageProblem == null;
}

function healthOf(states: ComponentStates): z.infer<typeof healthBody> {
  const isOk = isReady(states) && states.poseModelLoaded && states.problems.length === 0;
  return {
    status: isOk ? 'ok' : 'degraded',
    model_loaded: states.poseModelLoaded,
    size_rec_model_loaded: states.poseModelLoaded,
    redis_connected: states.redisConnected,
    celery_connected: states.isWorking,
    prometheus_connected: null,
    loki_connected: null,
    grafana_connected: null,
    warnings: [states.storageProblem ?? [], ...states.problems, ...states.warnings].flat(),
  };
}

/** Registers the three; `states` is called at every request. */
export function registerHealth(server: FastifyInstance, states: () => ComponentStates): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const simple = z.object({ status: z.enum(['ok', 'unavailable']) });
  const tags = ['operation'];

  app.get(
    '/livez',
    { schema: { tags, summary: 'Is the process alive?', response: { 200: simple } } },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    {
      schema: {
        tags,
        summary: 'Does it take tasks?',
        response: { 200: simple, 503: simple },
      },
    },
    async (_request, reply) =>
      isReady(states())
        ? { status: 'ok' as const }
        : reply.code(503).send({ status: 'unavailable' as const }),
  );
  app.get(
    '/health',
    {
      schema: {
        tags,
        summary: 'The state of every part',
        response: { 200: healthBody, 503: healthBody },
      },
    },
    async (_request, reply) => {
      const health = healthOf(states());
      return reply.code(health.status === 'ok' ? 200 : 503).send(health);
    },
  );
}
