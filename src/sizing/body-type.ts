/** Body types, from waist against height and shoulders against waist; silent when unsure. */
import type { BodyType } from './body-estimate.ts';
import type { BodySample } from './body-samples.ts';
import type { SizingCoefficients } from './coefficients.ts';

/** How likely a type must be to be named. */
const SURE = 0.6;

/**
 * slim and broad: the waist for this height is in the lowest or highest quarter of the people
 * measured by tape; athletic: between them, with shoulders broad for that waist (highest quarter);
 * average: the rest. Null when no type is likely enough.
 */
export function bodyTypeOf(
  samples: readonly BodySample[],
  heightCm: number,
  { bodyTypes }: SizingCoefficients,
): BodyType | null {
  const shares: Record<BodyType, number> = { athletic: 0, slim: 0, average: 0, broad: 0 };
  for (const { body, share } of samples) {
    shares[typeOf(body.waist / heightCm, body.bideltoid / body.waist, bodyTypes)] += share;
  }
  const types = Object.keys(shares) as BodyType[];
  return types.find((type) => shares[type] >= SURE) ?? null;
}

function typeOf(
  waistToHeight: number,
  shoulderToWaist: number,
  limits: SizingCoefficients['bodyTypes'],
): BodyType {
  if (waistToHeight < limits.slimBelowWaistToHeight) return 'slim';
  if (waistToHeight > limits.broadAboveWaistToHeight) return 'broad';
  return shoulderToWaist > limits.athleticAboveShoulderToWaist ? 'athletic' : 'average';
}
