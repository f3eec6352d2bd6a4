/** What a photo tells about a body: the mean of the photo and its mirror image, and how clearly it shows. */
import { LANDMARK, type Pose } from '../pose.ts';
import type { PhotoEvidence } from './body-posterior.ts';
import type { Figures } from './figure.ts';
import {
  measurePhoto,
  PHOTO_FEATURES,
  type PhotoFeature,
  type PhotoFeatures,
} from './measure-photo.ts';
import { turnOf } from './perspective.ts';

/** Null when nothing can be measured in the photo. */
export function photoEvidence(
  { asTaken, mirrored }: Figures,
  heightCm: number,
): PhotoEvidence | null {
  const one = measurePhoto(asTaken, heightCm);
  if (one === null) return null;
  const other = (mirrored && measurePhoto(mirrored, heightCm)) ?? one;
  return {
    features: meanFeatures(one.features, other.features),
    perspective: one.perspective.map((value, i) => (value + (other.perspective[i] ?? value)) / 2),
    clarity: clarityOf(asTaken.pose),
  };
}

/** The mean of both; what only one of them shows counts as it is. */
function meanFeatures(one: PhotoFeatures, other: PhotoFeatures): PhotoFeatures {
  const mean = (name: PhotoFeature) => {
    const [a, b] = [one[name] ?? other[name], other[name] ?? one[name]];
    return [name, a === null || b === null ? null : (a + b) / 2] as const;
  };
  return Object.fromEntries(PHOTO_FEATURES.map(mean)) as PhotoFeatures;
}

/** Turned further, a body looks narrower than it is: the photo counts less. */
const FRONTAL_DEGREES = 12;

/** Mean visibility of the joints that are measured from, at least 0.3 so that evidence stays evidence. */
function clarityOf({ landmarks, world }: Pose): number {
  const joints = ['Shoulder', 'Hip', 'Knee', 'Ankle'] as const;
  const seen = joints.flatMap((joint) => [
    landmarks[LANDMARK[`left${joint}`]]?.visibility ?? 0,
    landmarks[LANDMARK[`right${joint}`]]?.visibility ?? 0,
  ]);
  const mean = seen.reduce((sum, visibility) => sum + visibility, 0) / seen.length;
  const turnedBy = (Math.abs(turnOf(world)) * 180) / Math.PI;
  const beyond = Math.max(turnedBy - FRONTAL_DEGREES, 0) / FRONTAL_DEGREES;
  return Math.min(Math.max(mean / Math.hypot(1, beyond), 0.3), 1);
}
