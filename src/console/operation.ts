/**
 * The state of the whole: parts, backlog, rate, paid calls, money at risk; and the switch that drains.
 */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { startDraining, stopDraining } from '../adapters/redis/drain.ts';
import { RedisReconciliation } from '../adapters/redis/reconciliation.ts';
import { endedSince } from '../adapters/supabase/cost-rows.ts';
import { queueOverview } from '../operations/queue-overview.ts';
import type { OpenOperations } from './operation-connection.ts';
import { parse } from './parse.ts';

/** What this process knows of itself. */
export interface OperationState {
  readonly version: string;
  readonly isReady: boolean;
  /** What keeps pictures from being made, then what an operator should know. */
  readonly warnings: readonly string[];
  readonly providers: readonly { readonly name: string; readonly model: string }[];
}

const RATE_MINUTES = 10;

export function addOperation(
  api: FastifyInstance,
  open: OpenOperations,
  state: () => OperationState,
): void {
  api.get('/overview', async () => {
    const deps = await open();
    const since = new Date(Date.now() - RATE_MINUTES * 60_000);
    const { providers, ...own } = shown(state());
    const [queues, ended, reconciliation] = await Promise.all([
      queueOverview(deps),
      endedSince(deps.supabase, since),
      new RedisReconciliation(deps.redis).open(),
    ]);
    const gates = providers.map((provider) => ({
      ...provider,
      ...queues.gates.find((gate) => gate.provider === provider.name),
    }));
    const rate = { minutes: RATE_MINUTES, ...ended };
    return { ...own, gates, queues, rate, reconciliation: reconciliation.slice(0, 100) };
  });

  api.post('/drain', async (request) => {
    const { on } = parse(z.object({ on: z.boolean() }), request.body);
    const { redis } = await open();
    if (on) await startDraining(redis);
    else await stopDraining(redis);
    return { draining: on };
  });
}

/** Names and models, and nothing else of the providers. */
function shown({ providers, ...rest }: OperationState) {
  return { ...rest, providers: providers.map(({ name, model }) => ({ name, model })) };
}
