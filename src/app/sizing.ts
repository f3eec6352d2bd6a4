/**
 * Puts the sizing together: pose threads, size charts, and the endpoint.
 */
import type { FastifyInstance } from 'fastify';
import { PosePool } from '../adapters/mediapipe/pose-pool.ts';
import type { Config } from '../config.ts';
import { type EstimateBodyDeps, registerEstimateBody } from '../http/estimate-body.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import { readCharts } from '../size-pipeline/read-charts.ts';
import { ESTIMATORS } from '../sizing/estimators.ts';
import { createSizeLog } from '../telemetry/event-log.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What answers requests for sizes, and the pose threads. */
export interface Sizing {
  readonly deps: EstimateBodyDeps;
  readonly poses: PosePool;
}

/** Adds `/estimate-body` to the server; the models load in the background. Throws a ConfigError. */
export async function startSizing(
  config: Config,
  fetcher: ImageFetcher,
  server: FastifyInstance,
  { logger, metrics, stack }: { logger: Logger; metrics: Metrics; stack: AsyncDisposableStack },
): Promise<Sizing> {
  const poses = stack.use(
    new PosePool({
      modelFolder: config.poseModelPath,
      threads: config.poseWorkers,
      onReady: () => logger.info('pose_model_loaded'),
      onProblem: (problem) => logger.error({ problem }, 'mediapipe_load_failed'),
    }),
  );
  const log = createSizeLog(logger);
  const deps: EstimateBodyDeps = {
    fetcher,
    poses: metrics.timedPoses(poses),
    charts: await readCharts(config.sizeChartsFile),
    estimator: ESTIMATORS[config.sizeEstimator],
    record: (event) => {
      log(event);
      metrics.recordSizing(event);
    },
  };
  await registerEstimateBody(server, deps, {
    secret: config.estimateBodySecret,
    requestsPerMinute: config.estimateBodyRatePerMinute,
  });
  return { deps, poses };
}
