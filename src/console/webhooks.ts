/** The webhooks' deliveries: listed without their messages, and sent again. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { countDeliveries, DELIVERY_STATES } from '../adapters/redis/jobs/webhook-views.ts';
import {
  countEndpoints,
  listWebhooks,
  redeliverSession,
  redeliverUndelivered,
} from '../operations/webhooks.ts';
import type { OpenOperations } from './operation-connection.ts';
import { parse, refusal } from './parse.ts';

/** In each state, the newest. */
const MOST_SEARCHED = 1000;
const MOST_SHOWN = 200;

/** `platform`, or a store's id. */
const endpoint = z.union([z.literal('platform'), z.uuid().toLowerCase()]);

const filter = z.object({
  state: z.union([z.literal('open'), z.enum(DELIVERY_STATES)]).default('open'),
  endpoint: z.union([z.literal(''), endpoint]).default(''),
});
const named = z.object({ session: z.uuid().toLowerCase() });
const target = z.object({ endpoint: endpoint.optional() });

export function addWebhooks(api: FastifyInstance, open: OpenOperations): void {
  api.get('/webhooks', async (request) => {
    const { state, endpoint } = parse(filter, request.query);
    const deps = await open();
    const found = await listWebhooks(deps, {
      states: state === 'open' ? ['pending', 'undelivered'] : [state],
      endpoint: endpoint === '' ? undefined : endpoint,
      mostJobs: MOST_SEARCHED,
    });
    return {
      endpoints: countEndpoints(deps.config),
      counts: await countDeliveries(deps.redis),
      webhooks: found.slice(0, MOST_SHOWN).map(({ ownerId: _, ...facts }) => facts),
      most: MOST_SHOWN,
    };
  });

  api.post('/webhooks/redeliver', async (request) => {
    const { endpoint } = parse(target, request.body ?? {});
    return { redelivered: await redeliverUndelivered(await open(), endpoint) };
  });

  api.post('/webhooks/:session/redeliver', async (request) => {
    const { session } = parse(named, request.params);
    const { endpoint } = parse(target, request.body ?? {});
    const redelivered = await redeliverSession(await open(), session, endpoint);
    if (typeof redelivered !== 'number') throw refusal(409, redelivered.problem);
    return { redelivered };
  });
}
