/** What a photo says about a body: the weighted mean of the photo and its mirror image, and how clearly it shows. */
import { LANDMARK, type Pose } from '../pose.ts';
import { degrees } from './body-points.ts';
import type { PhotoEvidence } from './body-posterior.ts';
import type { Figures } from './figure.ts';
import { mean } from './matrix.ts';
import { measurePhoto } from './measure-photo.ts';
import { turnOf } from './perspective.ts';
import { PHOTO_FEATURES, type PhotoFeature, type PhotoFeatures } from './photo-features.ts';

/** The weight of the mirror image: harmless edits move its answer by 0.8 of what they move the photo's (decision 52). */
const MIRRORED_WEIGHT = 2 / 3;

/** Null when nothing can be measured in the photo. */
export function photoEvidence(
  { asTaken, mirrored }: Figures,
  heightCm: number,
): PhotoEvidence | null {
  const one = measurePhoto(asTaken, heightCm);
  if (one === null) return null;
  const other = (mirrored && measurePhoto(mirrored, heightCm)) ?? one;
  return {
    features: blendFeatures(one.features, other.features),
    perspective: one.perspective.map((value, i) => blend(value, other.perspective[i] ?? value)),
    clarity: clarityOf(asTaken.pose),
  };
}

function blend(asTaken: number, mirrored: number): number {
  return asTaken + MIRRORED_WEIGHT * (mirrored - asTaken);
}

/** What only one of them shows counts as it is. */
function blendFeatures(one: PhotoFeatures, other: PhotoFeatures): PhotoFeatures {
  const blended = (name: PhotoFeature) => {
    const [a, b] = [one[name] ?? other[name], other[name] ?? one[name]];
    return [name, a === null || b === null ? null : blend(a, b)] as const;
  };
  return Object.fromEntries(PHOTO_FEATURES.map(blended)) as PhotoFeatures;
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
  const beyond = Math.max(degrees(Math.abs(turnOf(world))) - FRONTAL_DEGREES, 0) / FRONTAL_DEGREES;
  return Math.min(Math.max(mean(seen) / Math.hypot(1, beyond), 0.3), 1);
}
