/**
 * Puts the sizing together: pose threads, size charts, and the endpoint.
 */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { PosePool } from '../adapters/mediapipe/pose-pool.ts';
import { type Config, ConfigError } from '../config.ts';
import { registerEstimateBody } from '../http/estimate-body.ts';
import type { EstimateBodyDeps } from '../http/estimate-body-steps.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import type { PoseEstimator } from '../pose.ts';
import { BUILT_IN_CHARTS, type SizeChart } from '../sizing/size-chart.ts';
import { parseSizeCharts } from '../sizing/size-chart-file.ts';
import { createRequestLog } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** The built-in charts and the file's; a ConfigError when the file cannot be used. */
async function readCharts(file: string | null): Promise<SizeChart[]> {
  if (file === null) return [...BUILT_IN_CHARTS];
  try {
    return [...BUILT_IN_CHARTS, ...parseSizeCharts(await readFile(file, 'utf8'))];
  } catch (error) {
    throw new ConfigError([`SIZE_CHARTS_FILE ${(error as Error).message}`]);
  }
}

/** Adds `/estimate-body` to the server; the models load in the background. */
export async function startSizing(
  config: Config,
  fetcher: ImageFetcher,
  server: FastifyInstance,
  { logger, metrics, stack }: { logger: Logger; metrics: Metrics; stack: AsyncDisposableStack },
): Promise<PoseEstimator> {
  const known = await readCharts(config.sizeChartsFile);
  // The classic estimator knows the original's chart only; to ask it for another one is refused.
  const charts = config.sizeEstimator === 'classic' ? known.slice(0, 1) : known;
  const poses = stack.use(
    new PosePool({
      modelFolder: config.poseModelPath,
      threads: config.poseWorkers,
      onReady: () => logger.info('pose_model_loaded'),
      onProblem: (problem) => logger.error({ problem }, 'mediapipe_load_failed'),
    }),
  );
  const log = createRequestLog(logger);
  const deps: EstimateBodyDeps = {
    fetcher,
    poses: metrics.timedPoses(poses),
    charts,
    estimator: config.sizeEstimator,
    record: (event) => {
      log(event);
      metrics.recordSizing(event);
    },
  };
  await registerEstimateBody(server, deps, {
    secret: config.estimateBodySecret,
    requestsPerMinute: config.estimateBodyRatePerMinute,
  });
  return poses;
}
