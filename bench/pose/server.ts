/** A process with `/estimate-body` and `/health` for the bench, which reports its memory and loop delay. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PosePool } from '../../src/adapters/mediapipe/pose-pool.ts';
import { WebImageFetcher } from '../../src/adapters/web/image-fetcher.ts';
import { registerEstimateBody } from '../../src/http/estimate-body.ts';
import { registerHealth } from '../../src/http/health.ts';
import { createServer } from '../../src/http/server.ts';
import { ESTIMATORS } from '../../src/sizing/estimators.ts';
import { BUILT_IN_CHARTS } from '../../src/sizing/size-chart.ts';

/** What the parent gets for the message `tell`; figures since the last time. */
export interface ServerFigures {
  readonly eventLoopDelayP99Ms: number;
  readonly rssMb: number;
  /** CPU time of the whole process, threads included. */
  readonly cpuMs: number;
}

const [modelFolder = '', imageOrigin = '', threads = '2'] = process.argv.slice(2);
const delay = monitorEventLoopDelay({ resolution: 5 });
const ready = Promise.withResolvers<void>();
const poses = new PosePool({ modelFolder, threads: Number(threads), onReady: ready.resolve });
const fetcher = new WebImageFetcher({ trustedOrigins: [imageOrigin], hostAllowlist: null });
const server = await createServer((error) => console.error(error));
registerHealth(server, () => ({
  isStopping: false,
  redisConnected: true,
  isWorking: true,
  poseModelLoaded: poses.ready,
  problems: [],
  warnings: [],
}));
await registerEstimateBody(
  server,
  {
    fetcher,
    poses,
    estimator: ESTIMATORS.calibrated,
    charts: BUILT_IN_CHARTS,
    record: () => undefined,
  },
  { secret: null, requestsPerMinute: 0 },
);
const address = await server.listen({ host: '127.0.0.1', port: 0 });
await ready.promise;
delay.enable();
let cpu = process.cpuUsage();

process.on('message', () => {
  const { user, system } = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  const figures: ServerFigures = {
    eventLoopDelayP99Ms: delay.percentile(99) / 1e6,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    cpuMs: (user + system) / 1000,
  };
  delay.reset();
  process.send?.(figures);
});
process.on('disconnect', () => process.exit());
process.send?.({ address });
