/** The HTTP server of a worker in any state, without the rest of the worker. */
import {
  type EstimateBodyDeps,
  type EstimateBodyProtection,
  registerEstimateBody,
} from '../../src/http/estimate-body.ts';
import { type ComponentStates, registerHealth } from '../../src/http/health.ts';
import { createServer } from '../../src/http/server.ts';
import { ESTIMATORS } from '../../src/sizing/estimators.ts';
import { BUILT_IN_CHARTS } from '../../src/sizing/size-chart.ts';

/** A worker's server in a state that a healthy worker is not in. */
export async function serverIn(
  deps: Partial<EstimateBodyDeps> = {},
  protection: Partial<EstimateBodyProtection> = {},
  states: Partial<ComponentStates> = {},
  examplePhotoUrl: string | null = null,
) {
  const server = await createServer(() => undefined, { examplePhotoUrl });
  await registerEstimateBody(
    server,
    {
      fetcher: { fetch: async () => new Uint8Array() },
      poses: { ready: true, estimate: async () => ({ kind: 'unavailable' }) },
      estimator: ESTIMATORS.calibrated,
      charts: BUILT_IN_CHARTS,
      record: () => undefined,
      ...deps,
    },
    { secret: null, requestsPerMinute: 0, ...protection },
  );
  const well = { isStopping: false, redisConnected: true, isWorking: true, poseModelLoaded: true };
  registerHealth(server, () => ({ ...well, problems: [], warnings: [], ...states }));
  return server;
}
