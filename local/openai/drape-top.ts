/**
 * How shirts, jackets and dresses hang: from the shoulders, along the arms, off waist and hips.
 */
import type { Limbs } from './body.ts';
import type { Drape, Piece } from './drape.ts';
import { alongArm, bareArm, type Fit, type Outward, outlineFrom, torsoEdge } from './fit.ts';
import { SLEEVE_LEVEL, type Sleeve, type TopShape, type TopSide } from './garment-shape.ts';
import { between, type Capsule, distance, type Point, type PointPair, pair } from './plane.ts';

/** Levels in torso lengths below the joints of the shoulders. */
const ARMPIT = 0.3;
const WAIST = 0.62;
const HIPS = 1.05;
const SHIRT_HEM = 1.14;
/** How far the seam of a shoulder lies above the joint, in shoulder widths. */
const SHOULDER_RISE = 0.15;
/** How far sleeves stand off the arm, in shoulder widths. */
const SLEEVE_EASE = 0.035;
/** On the garment's photo. */
const SEAM_PX = 3;

interface SideFit {
  readonly fit: Fit;
  readonly limbs: Limbs;
  readonly outward: Outward;
  /** Of the garment, in torso lengths from the shoulders to the hem. */
  readonly length: number;
}

export function drapeTop(shape: TopShape, fit: Fit): Drape {
  const { left, right } = fit.body;
  const length = lengthOf(shape, fit);
  const sides = [
    drapeSide(shape.left, { fit, limbs: left, outward: -1, length }),
    drapeSide(shape.right, { fit, limbs: right, outward: 1, length }),
  ];
  const trunk = {
    pairs: [...sides.flatMap(({ pairs }) => pairs), ...drapeMiddle(shape, fit, length)],
    includes: (place: Point) =>
      !isOnSleeve(shape.left, -1, place) && !isOnSleeve(shape.right, 1, place),
  };
  return {
    pieces: [trunk, ...sides.flatMap(({ sleeve }) => sleeve)],
    bare: sides.map(({ bare }) => bare),
  };
}

/** A dress ends at the knees. */
function lengthOf(shape: TopShape, { body, torso, axis }: Fit): number {
  const knees = between(body.left.knee, body.right.knee, 0.5);
  return shape.long ? distance(axis(0), knees) / torso : SHIRT_HEM;
}

/** Whether a place of the garment's photo is beyond the armhole, and below it nearer to the sleeve than to the trunk. */
function isOnSleeve({ sleeve, armpit, hem }: TopSide, outward: Outward, place: Point): boolean {
  if (sleeve === null) return false;
  const gap = between(sleeve.cuff, hem, 0.5);
  const down = Math.max((place.y - armpit.y) / (gap.y - armpit.y), 0);
  return outward * (place.x - between(armpit, gap, down).x) > 0;
}

interface DrapedSide {
  /** Of the trunk. */
  readonly pairs: readonly PointPair[];
  /** None or one. */
  readonly sleeve: readonly Piece[];
  readonly bare: Capsule;
}

function drapeSide(side: TopSide, sideFit: SideFit): DrapedSide {
  const { fit, limbs, outward, length } = sideFit;
  const { shoulders, axis, torso } = fit;
  const aside = (share: number) => limbs.shoulder.x + outward * share * shoulders;
  const tip = {
    x: aside(side.sleeve ? 0.07 : 0.02),
    y: limbs.shoulder.y - SHOULDER_RISE * shoulders,
  };
  const armhole = [
    pair(tip, side.shoulder),
    pair({ x: aside(side.sleeve ? -0.02 : 0.03), y: axis(ARMPIT).y }, side.armpit),
  ];
  const waist = torsoEdge(fit, WAIST, outward);
  const flank = [
    pair(waist, side.waist),
    pair(hemPlace(side, waist, { fit, limbs, outward, length }), side.hem),
  ];
  const pairs = [...armhole, ...flank];
  if (side.sleeve === null) {
    const bare = bareArm(fit, between(limbs.shoulder, limbs.elbow, 0.4), limbs);
    return { pairs, sleeve: [], bare };
  }
  const flat = distance(side.shoulder, side.sleeve.cuff) / (side.hem.y - side.shoulder.y);
  const reach = flat * length * torso;
  const sleeve = {
    pairs: [...armhole, ...drapeSleeve(side.sleeve, reach, sideFit)],
    // A little of the trunk too, so that no gap opens along the seam.
    includes: (place: Point) =>
      isOnSleeve(side, outward, {
        x: place.x + (place.y < side.armpit.y ? outward * SEAM_PX : 0),
        y: place.y,
      }),
  };
  return { pairs, sleeve: [sleeve], bare: bareArm(fit, alongArm(limbs, reach), limbs) };
}

/** As wide as the arm, with some ease. `reach`: from the shoulder to the cuff, in pixels. */
function drapeSleeve(
  { cuff, edges }: Sleeve,
  reach: number,
  { fit: { body, shoulders }, limbs, outward }: SideFit,
): PointPair[] {
  const end = pair(alongArm(limbs, reach), cuff);
  if (edges === null) return [end];
  const level = alongArm(limbs, SLEEVE_LEVEL * reach);
  const bounds = { least: 0.1 * shoulders, most: 0.3 * shoulders, otherwise: 0.15 * shoulders };
  const edge = (direction: Outward) => {
    const half = outlineFrom(body, level, direction, bounds) + SLEEVE_EASE * shoulders;
    return { x: level.x + direction * half, y: level.y };
  };
  return [pair(edge(outward), edges.outer), pair(edge(outward === 1 ? -1 : 1), edges.inner), end];
}

/** A skirt keeps most of its flare against the waist; nothing is narrower than the hips. */
function hemPlace(side: TopSide, waist: Point, { fit, outward, length }: SideFit): Point {
  const hip = torsoEdge(fit, HIPS, outward);
  const flat = Math.abs(side.hem.x - side.waist.x) / Math.abs(side.hem.y - side.waist.y);
  const hem = fit.axis(length);
  const flared = waist.x + outward * 0.8 * flat * (hem.y - waist.y);
  return { x: outward * Math.max(outward * flared, outward * hip.x), y: hem.y };
}

/** The middle hangs as far from the sides' levels as on the garment laid flat. */
function drapeMiddle(shape: TopShape, fit: Fit, length: number): PointPair[] {
  const level = (part: 'shoulder' | 'armpit' | 'waist' | 'hem') =>
    between(shape.left[part], shape.right[part], 0.5);
  const scale = (length * fit.torso) / (level('hem').y - level('shoulder').y);
  const at = (down: number, extra: number) => {
    const { x, y } = fit.axis(down);
    return { x, y: y + extra };
  };
  const collar = scale * (shape.neck.y - level('shoulder').y) - SHOULDER_RISE * fit.shoulders;
  return [
    pair(at(0, collar), shape.neck),
    pair(at(ARMPIT, 0), level('armpit')),
    pair(at(WAIST, 0), level('waist')),
    pair(at(length, scale * (shape.hem.y - level('hem').y)), shape.hem),
  ];
}
