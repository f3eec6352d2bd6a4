/** Fits how the place of the camera shows in a photo. */
import type { PerspectiveModel } from '../../src/sizing/coefficients.ts';
import { transpose } from '../../src/sizing/matrix.ts';
import { bodyScale } from '../../src/sizing/measure-photo.ts';
import { perspectiveTerms } from '../../src/sizing/perspective.ts';
import { CHOICES } from './choices.ts';
import { leastSquares, spread } from './least-squares.ts';
import type { PhotographedPerson } from './people.ts';

/** Ridge on standardised numbers and their products, of the true scale at the trunk against that of the body. */
export function fitPerspective(photos: readonly PhotographedPerson[]): PerspectiveModel {
  const known = photos.flatMap(({ evidence: { perspective }, pxPerCm, figures, statureCm }) => {
    if (pxPerCm === null) return [];
    return [{ perspective, pxPerCm, cmPerPx: bodyScale(figures.asTaken, statureCm) }];
  });
  const numbers = transpose(known.map(({ perspective }) => perspective)).map(spread);
  const usual = { mean: numbers.map((one) => one.mean), sd: numbers.map((one) => one.sd) };
  const inputs = known.map(({ perspective }) => perspectiveTerms(perspective, usual));
  const penalties = inputs[0]?.map((_, i) =>
    i === 0 ? 0 : CHOICES.ridgePerspective * known.length,
  );
  const fit = (level: 'chest' | 'hip') =>
    leastSquares(
      inputs,
      known.map(({ pxPerCm, cmPerPx }) => Math.log(pxPerCm[level] * cmPerPx)),
      undefined,
      penalties,
    );
  return { ...usual, chest: fit('chest'), hip: fit('hip') };
}
