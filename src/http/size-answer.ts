/** Between the fields of `/estimate-body` and the words of the size pipeline. */
import type { z } from 'zod';
import type { SizeOrder, SizeOutcome } from '../size-pipeline/recommend-size.ts';
import { ORIGINAL_CHART, type SizeChart } from '../sizing/size-chart.ts';
import { toSizeChart } from '../sizing/size-chart-schema.ts';
import type { EstimateBodyRequest, estimateBodyAnswer } from './estimate-body-schemas.ts';

/** `charts`: those that the request may name. */
export function orderOf(body: EstimateBodyRequest, charts: readonly SizeChart[]): SizeOrder {
  return {
    facts: {
      heightCm: body.height_cm,
      weightKg: body.weight_kg,
      sex: body.sex,
      ageYears: body.age,
    },
    chart: chartOf(body.size_chart, charts),
    fit: body.fit ?? 'regular',
  };
}

function chartOf(
  wanted: EstimateBodyRequest['size_chart'],
  charts: readonly SizeChart[],
): SizeChart {
  if (typeof wanted === 'object') return toSizeChart(wanted);
  return charts.find(({ name }) => name === wanted) ?? ORIGINAL_CHART;
}

/** The body of the answer. */
export function answerOf(
  { estimate, photo, findings }: Extract<SizeOutcome, { kind: 'estimated' }>,
  withLandmarks: boolean,
): z.input<typeof estimateBodyAnswer> {
  const { measurements, uncertaintyCm } = estimate;
  return {
    recommended_size: estimate.recommendedSize,
    measurements: {
      chest_cm: measurements.chestCm,
      waist_cm: measurements.waistCm,
      hip_cm: measurements.hipCm,
      shoulder_cm: measurements.shoulderCm,
      ...(measurements.inseamCm === null ? {} : { inseam_cm: measurements.inseamCm }),
    },
    confidence: estimate.confidence,
    body_type: estimate.bodyType,
    size_range: estimate.sizeRange,
    size_probabilities: estimate.sizeProbabilities && { ...estimate.sizeProbabilities },
    uncertainty_cm: uncertaintyCm && {
      chest_cm: uncertaintyCm.chest,
      waist_cm: uncertaintyCm.waist,
      hip_cm: uncertaintyCm.hip,
    },
    estimator: estimate.estimator,
    size_chart: estimate.sizeChart,
    reasons: estimate.reasons.map(({ girth, finding, byCm }) => ({ girth, finding, by_cm: byCm })),
    would_help: [...estimate.wouldHelp],
    ...(withLandmarks && {
      landmarks: [...(photo.pose?.landmarks ?? [])],
      world_landmarks: [...(photo.pose?.world ?? [])],
      photo_findings: [...findings],
    }),
  };
}
