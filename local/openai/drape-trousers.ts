/**
 * How trousers sit: on the waist, around the hips, down both legs.
 */
import type { Limbs } from './body.ts';
import type { Drape } from './drape.ts';
import { bareArm, type Fit, type Outward, outlineFrom, torsoEdge } from './fit.ts';
import type { LegSide, TrousersShape } from './garment-shape.ts';
import { between, type Point, type PointPair, pair } from './plane.ts';

/** Levels in torso lengths below the joints of the shoulders. */
const WAISTBAND = 0.82;
const HIPS = 1.08;
const CROTCH = 1.2;

export function drapeTrousers(shape: TrousersShape, fit: Fit): Drape {
  const { left, right } = fit.body;
  const legs = [drapeLeg(shape.left, fit, left, -1), drapeLeg(shape.right, fit, right, 1)];
  const pairs = [pair(fit.axis(CROTCH), shape.crotch), ...legs.flat()];
  return {
    pieces: [{ pairs, includes: () => true }],
    bare: [left, right].map((limbs) => bareArm(fit, limbs.elbow, limbs)),
  };
}

function drapeLeg(side: LegSide, fit: Fit, limbs: Limbs, outward: Outward): PointPair[] {
  const { body, shoulders } = fit;
  const bounds = { least: 0.14 * shoulders, most: 0.4 * shoulders, otherwise: 0.2 * shoulders };
  const edge = (joint: Point, direction: Outward, ease: number) => {
    const half = outlineFrom(body, joint, direction, bounds) + ease * shoulders;
    return { x: joint.x + direction * half, y: joint.y };
  };
  const along = (share: number) => between(side.waist, side.outerHem, share);
  return [
    pair(torsoEdge(fit, WAISTBAND, outward), side.waist),
    pair(torsoEdge(fit, HIPS, outward), along(0.22)),
    pair(edge(limbs.knee, outward, 0.08), along(0.56)),
    pair(edge(limbs.ankle, outward, 0.08), side.outerHem),
    pair(edge(limbs.ankle, outward === 1 ? -1 : 1, 0.04), side.innerHem),
  ];
}
