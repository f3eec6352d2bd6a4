/**
 * The estimator of the service that this worker replaces, kept to the digit for comparison. It is
 * not accurate (docs/sizing-accuracy.md): joint distances times fixed factors, then clamps.
 */
import { LANDMARK, LANDMARK_COUNT, type Pose, type WorldLandmark } from '../pose.ts';
import type { BodyEstimate, BodyType } from './body-estimate.ts';
import type { Girths } from './person.ts';
import { roundHalfEven } from './rounding.ts';
import { ORIGINAL_CHART, sizeIndex, sizeName } from './size-chart.ts';
import { sizeReasons } from './size-reasons.ts';

/**
 * The original's answer for the world landmarks of one pose and a height in cm. Throws RangeError
 * without exactly 33 points.
 */
export function estimateClassic(
  pose: Pick<Pose, 'landmarks' | 'world'>,
  heightCm: number,
): BodyEstimate {
  const points = pose.world;
  if (points.length !== LANDMARK_COUNT || pose.landmarks.length !== LANDMARK_COUNT) {
    throw new RangeError(`a pose has ${LANDMARK_COUNT} landmarks`);
  }
  const cmPerUnit = heightCm / verticalSpan(points);
  const shoulderWidth = distance(points, LANDMARK.leftShoulder, LANDMARK.rightShoulder) * cmPerUnit;
  const hipWidth = distance(points, LANDMARK.leftHip, LANDMARK.rightHip) * cmPerUnit;
  const shoulder = clamp(shoulderWidth, 30, 65);
  const girths: Girths = {
    chest: clamp(shoulderWidth * 2.15, 70, 150),
    waist: clamp(hipWidth * 1.55, 58, 140),
    hip: clamp(hipWidth * 1.95, 70, 160),
  };
  return answer(girths, shoulder, classicConfidence(pose));
}

function answer(girths: Girths, shoulder: number, confidence: number): BodyEstimate {
  const index = sizeIndex(ORIGINAL_CHART, girths);
  // The original looks at the unrounded confidence, so 0.79997 reads "0.8" with a wide range.
  const reach = confidence >= 0.8 ? 0 : 1;
  return {
    estimator: 'classic',
    recommendedSize: sizeName(ORIGINAL_CHART, index),
    reasons: sizeReasons(ORIGINAL_CHART, index, girths),
    wouldHelp: [],
    measurements: {
      chestCm: roundHalfEven(girths.chest, 1),
      waistCm: roundHalfEven(girths.waist, 1),
      hipCm: roundHalfEven(girths.hip, 1),
      shoulderCm: roundHalfEven(shoulder, 1),
      inseamCm: null,
    },
    uncertaintyCm: null,
    confidence: roundHalfEven(confidence, 3),
    bodyType: classicBodyType(shoulder / Math.max(girths.hip, 1)),
    sizeRange: {
      lower: sizeName(ORIGINAL_CHART, index - reach),
      upper: sizeName(ORIGINAL_CHART, index + reach),
    },
    sizeProbabilities: null,
    sizeChart: { name: ORIGINAL_CHART.name, source: ORIGINAL_CHART.source },
  };
}

/** With the clamps above the ratio never passes 65/70, so this always says slim, as in the original. */
function classicBodyType(shoulderToHip: number): BodyType {
  if (shoulderToHip > 1.12) return 'broad';
  if (shoulderToHip > 1.03) return 'athletic';
  if (shoulderToHip < 0.93) return 'slim';
  return 'average';
}

function classicConfidence(pose: Pick<Pose, 'landmarks'>): number {
  const sum = pose.landmarks.reduce((total, { visibility }) => total + visibility, 0);
  return clamp(0.55 + 0.35 * (sum / pose.landmarks.length), 0.4, 0.98);
}

function verticalSpan(points: readonly WorldLandmark[]): number {
  const ys = points.map(({ y }) => y);
  return Math.max(Math.max(...ys) - Math.min(...ys), 0.25);
}

function distance(points: readonly WorldLandmark[], from: number, to: number): number {
  const [a, b] = [points[from], points[to]];
  if (a === undefined || b === undefined) throw new RangeError('no such landmark');
  return Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2);
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(Math.max(value, lowest), highest);
}
