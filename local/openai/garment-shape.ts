/**
 * What kind of garment a silhouette is, and where its shoulders, cuffs and hems are.
 */
import type { CutOut } from './cut-out.ts';
import { between, type Point } from './plane.ts';

/** One side of a garment, `left` and `right` as the viewer sees it laid flat. */
export interface TopSide {
  readonly shoulder: Point;
  /** Where the sleeve, or the hole for the arm, meets the side. */
  readonly armpit: Point;
  readonly waist: Point;
  readonly hem: Point;
  /** Null on a garment without sleeves. */
  readonly sleeve: Sleeve | null;
}

export interface Sleeve {
  /** The middle of its end. */
  readonly cuff: Point;
  /** Its edges at `SLEEVE_LEVEL`; null where a short sleeve is still one piece with the body there. */
  readonly edges: { readonly outer: Point; readonly inner: Point } | null;
}

/** Where the width of a sleeve is measured, from the shoulder (0) to the cuff (1). */
export const SLEEVE_LEVEL = 0.65;

export interface LegSide {
  readonly waist: Point;
  readonly outerHem: Point;
  readonly innerHem: Point;
}

export interface TopShape {
  readonly kind: 'top';
  /** A dress reaches below the hips. */
  readonly long: boolean;
  /** The middle of the upper edge and of the lower one. */
  readonly neck: Point;
  readonly hem: Point;
  readonly left: TopSide;
  readonly right: TopSide;
}

export interface TrousersShape {
  readonly kind: 'trousers';
  readonly crotch: Point;
  readonly left: LegSide;
  readonly right: LegSide;
}

export type GarmentShape = TopShape | TrousersShape;

/** Height to width, from which on a garment without legs counts as a dress. */
const DRESS_PROPORTION = 1.3;
/** Where hems are measured, so that a curved edge does not matter. */
const HEM_ROW = 0.95;

export function shapeOf(garment: CutOut): GarmentShape {
  return hasLegs(garment) ? trousersShape(garment) : topShape(garment);
}

function isCloth({ width, height, rgba }: CutOut, x: number, y: number): boolean {
  const inside = x >= 0 && x < width && y >= 0 && y < height;
  return inside && (rgba[4 * (Math.round(y) * width + Math.round(x)) + 3] ?? 0) > 0;
}

/** The first place from `start` on, stepping by `step`, that is cloth; `start` where there is none. */
function firstCloth(garment: CutOut, start: Point, step: Point): Point {
  let place = start;
  while (place.x >= 0 && place.x < garment.width && place.y >= 0 && place.y < garment.height) {
    if (isCloth(garment, place.x, place.y)) return place;
    place = { x: place.x + step.x, y: place.y + step.y };
  }
  return start;
}

function edges(garment: CutOut, y: number): { left: Point; right: Point } {
  const row = Math.round(y);
  return {
    left: firstCloth(garment, { x: 0, y: row }, { x: 1, y: 0 }),
    right: firstCloth(garment, { x: garment.width - 1, y: row }, { x: -1, y: 0 }),
  };
}

function hasLegs(garment: CutOut): boolean {
  const hem = edges(garment, HEM_ROW * garment.height);
  return !isCloth(garment, Math.round((hem.left.x + hem.right.x) / 2), hem.left.y);
}

function trousersShape(garment: CutOut): TrousersShape {
  const hem = edges(garment, HEM_ROW * garment.height);
  const waist = edges(garment, 0.02 * garment.height);
  const middle = { x: Math.round((hem.left.x + hem.right.x) / 2), y: hem.left.y };
  return {
    kind: 'trousers',
    crotch: firstCloth(garment, middle, { x: 0, y: -1 }),
    left: {
      waist: waist.left,
      outerHem: hem.left,
      innerHem: firstCloth(garment, middle, { x: -1, y: 0 }),
    },
    right: {
      waist: waist.right,
      outerHem: hem.right,
      innerHem: firstCloth(garment, middle, { x: 1, y: 0 }),
    },
  };
}

function topShape(garment: CutOut): TopShape {
  const { width, height } = garment;
  const hem = edges(garment, HEM_ROW * height);
  const sleeved = hem.left.x > 0.08 * width && hem.right.x < 0.92 * width;
  const side = sleeved ? sleevedSide : sleevelessSide;
  const middle = Math.round((hem.left.x + hem.right.x) / 2);
  return {
    kind: 'top',
    long: !sleeved && height > DRESS_PROPORTION * width,
    neck: firstCloth(garment, { x: middle, y: 0 }, { x: 0, y: 1 }),
    hem: firstCloth(garment, { x: middle, y: height - 1 }, { x: 0, y: -1 }),
    left: side(garment, hem.left, 1),
    right: side(garment, hem.right, -1),
  };
}

/** `inward` is the direction along x from this side to the other. */
function sleevedSide(garment: CutOut, hem: Point, inward: 1 | -1): TopSide {
  const { width, height } = garment;
  const shoulder = firstCloth(garment, { x: hem.x, y: 0 }, { x: 0, y: 1 });
  // Just outside the body the sleeve is cloth from its upper edge to its lower one.
  const outside = Math.round(hem.x - inward * 0.03 * width);
  const upper = firstCloth(garment, { x: outside, y: 0 }, { x: 0, y: 1 });
  let armpitY = upper.y;
  while (isCloth(garment, outside, armpitY) && armpitY < 0.7 * height) armpitY += 1;
  const waistY = Math.round((armpitY + hem.y) / 2);
  return {
    shoulder,
    hem,
    armpit: { x: hem.x, y: armpitY },
    waist: { x: hem.x, y: waistY },
    sleeve: sleeveOf(garment, shoulder, inward),
  };
}

function sleeveOf(garment: CutOut, shoulder: Point, inward: 1 | -1): Sleeve {
  const cuff = cuffOf(garment, inward);
  const { x, y } = between(shoulder, cuff, SLEEVE_LEVEL);
  const middle = { x: Math.round(x), y: Math.round(y) };
  const outer = lastCloth(garment, middle, -inward);
  const inner = lastCloth(garment, middle, inward);
  const apart = inward * (shoulder.x - inner.x) > 0;
  return { cuff, edges: apart ? { outer, inner } : null };
}

/** The edge of the cloth in a direction along x. */
function lastCloth(garment: CutOut, { x: start, y }: Point, step: number): Point {
  let x = start;
  while (isCloth(garment, x + step, y)) x += step;
  return { x, y };
}

/** The middle of the cloth in the outermost part of the garment. */
function cuffOf(garment: CutOut, inward: 1 | -1): Point {
  const { width, height } = garment;
  const strip = Math.round(0.05 * width);
  const [from, to] = inward === 1 ? [0, strip] : [width - strip, width];
  const places: Point[] = [];
  for (let x = from; x < to; x += 1) {
    for (let y = 0; y < height; y += 2) if (isCloth(garment, x, y)) places.push({ x, y });
  }
  const mean = (pick: (place: Point) => number) =>
    places.reduce((sum, place) => sum + pick(place), 0) / Math.max(places.length, 1);
  return { x: mean(({ x }) => x), y: mean(({ y }) => y) };
}

function sleevelessSide(garment: CutOut, hem: Point, inward: 1 | -1): TopSide {
  const side = inward === 1 ? 'left' : 'right';
  const outermost = (rows: readonly number[]) =>
    rows
      .map((y) => edges(garment, y * garment.height)[side])
      .toSorted((a, b) => inward * (a.x - b.x));
  const shoulder = outermost([0.02, 0.04, 0.06]).at(0) ?? hem;
  const armpit = outermost([0.18, 0.2, 0.22, 0.24]).at(0) ?? hem;
  const waist = outermost([0.3, 0.34, 0.38, 0.42, 0.46]).at(-1) ?? hem;
  return { shoulder, armpit, waist, hem, sleeve: null };
}
