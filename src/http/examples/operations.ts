/**
 * Descriptions and examples of every operation of the API's documentation. A request and
 * the answer it gets have the same name; tests send the requests and get these answers.
 */
import type { z } from 'zod';
import type { healthBody } from '../health.ts';
import type { Example, OperationNotes } from './notes.ts';
import { REQUESTS } from './requests.ts';
import { RESPONSES } from './responses.ts';

const ESTIMATE_BODY: OperationNotes = {
  operationId: 'estimateBody',
  description: `Estimates body measurements and a size from one photo of a whole person from the front. Nothing of the photo is kept. The response comes within 4.5 seconds.

\`detail\` of a refusal is for people, \`code\` is for programs; neither changes between releases. Every code is shown in an example below.`,
  requests: REQUESTS,
  responses: RESPONSES,
};

const simple = (status: 'ok' | 'unavailable'): Example => ({ summary: status, value: { status } });

const health = (
  status: 'ok' | 'degraded',
  { redis, pose }: { redis: boolean; pose: boolean },
): z.input<typeof healthBody> => ({
  status,
  model_loaded: pose,
  size_rec_model_loaded: pose,
  redis_connected: redis,
  celery_connected: true,
  prometheus_connected: null,
  loki_connected: null,
  grafana_connected: null,
  warnings: [],
});

/** By method and path. */
export const OPERATIONS: Readonly<Record<string, OperationNotes>> = {
  'POST /estimate-body': ESTIMATE_BODY,
  'GET /livez': {
    operationId: 'getLiveness',
    description: 'Liveness probe. It makes no requests, so it says nothing of Redis.',
    responses: {
      200: { description: 'The process is alive.', examples: { alive: simple('ok') } },
    },
  },
  'GET /readyz': {
    operationId: 'getReadiness',
    description: 'Readiness probe, for rolling updates.',
    responses: {
      200: { description: 'It takes tasks.', examples: { ready: simple('ok') } },
      503: {
        description: 'It stops, or Redis is away.',
        examples: { stopping: simple('unavailable') },
      },
    },
  },
  'GET /health': {
    operationId: 'getHealth',
    description:
      'For monitors that were made for the worker which this one replaces: its keys are the same.',
    responses: {
      200: {
        description: 'Every part works.',
        examples: {
          healthy: { summary: 'All is well', value: health('ok', { redis: true, pose: true }) },
        },
      },
      503: {
        description: 'A part does not work.',
        examples: {
          starting: {
            summary: 'The pose models are not loaded yet',
            value: health('degraded', { redis: true, pose: false }),
          },
          redis_away: {
            summary: 'Redis does not answer',
            value: health('degraded', { redis: false, pose: true }),
          },
        },
      },
    },
  },
  'GET /metrics': {
    operationId: 'getMetrics',
    description: 'For Prometheus. Every metric has its HELP line.',
    responses: {
      200: {
        description: 'The text format of Prometheus, version 0.0.4.',
        examples: {
          excerpt: {
            summary: 'Three lines of many',
            value:
              '# HELP wearon_ready 1 while this process can take tasks, also while they are kept on the list.\n# TYPE wearon_ready gauge\nwearon_ready 1\n',
          },
        },
      },
    },
  },
};
