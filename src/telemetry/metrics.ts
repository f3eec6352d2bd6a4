/**
 * The metrics of one app: a registry of its own, fed by business events, by HTTP and by gauges
 * that are read at the scrape.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { RecordEvent, SizeEvent } from '../ports/events.ts';
import type { PoseEstimator } from '../pose.ts';
import { countEvents } from './event-metrics.ts';
import { addGauges, type GaugeSources } from './gauges.ts';
import { type AnsweredRequest, timeAnswers } from './http-metrics.ts';
import { METRIC_PREFIX, metersOf } from './meters.ts';
import { countSizing, timePoses } from './sizing-metrics.ts';

export interface Metrics {
  readonly registry: Registry;
  /** Counts business events. */
  readonly record: RecordEvent;
  /** Counts what happens to requests for a size. */
  readonly recordSizing: (event: SizeEvent) => void;
  /** Measures the time of answers over HTTP. */
  readonly answered: (request: AnsweredRequest) => void;
  /** The same estimator, with its time measured. */
  readonly timedPoses: (poses: PoseEstimator) => PoseEstimator;
  /** Adds what is read at the scrape; called once, when there is something to read. */
  readonly watch: (sources: GaugeSources) => void;
}

/** Metrics in a registry of their own; `processMetrics` adds event loop, memory and garbage collection; `callers` are the providers and models whose counters begin at 0. */
export function createMetrics({
  processMetrics = true,
  callers = [{ provider: 'openai', model: 'gpt-image-2.6-sunburst' }],
} = {}): Metrics {
  const registry = new Registry();
  if (processMetrics) addProcessMetrics(registry);
  const meters = metersOf(registry);
  return {
    registry,
    record: countEvents(meters, callers),
    recordSizing: countSizing(meters),
    answered: timeAnswers(meters),
    timedPoses: timePoses(meters),
    watch: (sources) => addGauges(meters, sources),
  };
}

/** Gauges of the library's own that are named like counters; each has a twin with a proper name. */
const MISNAMED = ['nodejs_active_handles', 'nodejs_active_requests', 'nodejs_active_resources'];

function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, prefix: METRIC_PREFIX });
  for (const name of MISNAMED) registry.removeSingleMetric(`${METRIC_PREFIX}${name}_total`);
}
