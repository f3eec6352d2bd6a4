/** How broad the trunk's outline is, clothes included, without the arms next to it. */
import {
  armCrossing,
  type BodyPoints,
  type PixelPoint,
  SIDES,
  type Side,
  trunkPoint,
} from './body-points.ts';
import { mean } from './matrix.ts';
import { gapBetween, type RowSpan, type Silhouette, spanAround } from './silhouette.ts';

/** A horizontal stretch in the image, in pixels, to draw over the photo. */
export interface MeasuredBreadth {
  readonly name: 'shoulder' | 'chest' | 'waist' | 'hip';
  readonly yPx: number;
  readonly leftPx: number;
  readonly rightPx: number;
}

/** One person's outline, and the scale that their height gives. */
export interface Outline {
  readonly points: BodyPoints;
  readonly silhouette: Silhouette;
  readonly cmPerPx: number;
}

/**
 * Levels of the trunk (0 shoulders, 1 hip joints) whose row of median breadth is taken. The waist's
 * rows reach from the lower ribs to the hip joints.
 */
const LEVELS = {
  shoulder: levels(0, 0.15, 0.025),
  waist: levels(0.6, 1, 0.05),
  hip: levels(0.9, 1.15, 0.05),
} as const;

/** Where armpits are looked for. The chest's girth is measured at 0.28 (sd 0.02) of the renders' trunks. */
const ARMPIT_STEP = 0.0125;
const ARMPIT_LEVELS = levels(0.15, 0.4875, ARMPIT_STEP);
/** Rows in succession with a gap between arm and trunk that make an armpit; one alone may be a fold. */
const ARMPIT_ROWS = 4;
/** How much trunks narrow from shoulder level to hip level, in the undressed renders. */
const TAPER_CM = 10;
/** The level for which the breadth of the chest is given. */
const TYPICAL_ARMPIT = 0.35;

/** Breadth of a sleeved arm next to the trunk in cm: the mean of the dressed renders. */
const TYPICAL_ARM_CM = 7.8;

/** The outline over both upper arms. */
export function shoulderBreadth(outline: Outline): MeasuredBreadth | null {
  return medianBreadth(
    'shoulder',
    LEVELS.shoulder.map((level) => {
      const { x, y } = trunkPoint(outline.points, level);
      return placed(spanAround(outline.silhouette, y, x), y);
    }),
  );
}

export function waistBreadth(outline: Outline): MeasuredBreadth | null {
  return medianBreadth(
    'waist',
    LEVELS.waist.map((level) => trunkRow(outline, level)),
  );
}

export function hipBreadth(outline: Outline): MeasuredBreadth | null {
  return medianBreadth(
    'hip',
    LEVELS.hip.map((level) => trunkRow(outline, level)),
  );
}

/**
 * The trunk just under the armpits, where the gaps between arms and trunk begin, as broad as if
 * that were at a typical level; null where arms and trunk cannot be separated so high up.
 */
export function chestBreadth(outline: Outline): MeasuredBreadth | null {
  // The person faces the camera, so their left is on the right of the image.
  const [onRight, onLeft] = SIDES.map((side) => armpit(outline, side));
  if (onRight == null || onLeft == null) return null;
  const level = (onRight.level + onLeft.level) / 2;
  const taperPx = (TAPER_CM * (level - TYPICAL_ARMPIT)) / outline.cmPerPx;
  const { x, y } = trunkPoint(outline.points, level);
  return {
    name: 'chest',
    yPx: y,
    leftPx: x - onLeft.halfPx - taperPx / 2,
    rightPx: x + onRight.halfPx + taperPx / 2,
  };
}

interface Armpit {
  readonly level: number;
  /** From the trunk's middle line to its border. */
  readonly halfPx: number;
}

/** The first rows from above in which a gap parts the arm from the trunk. */
function armpit(outline: Outline, side: Side): Armpit | null {
  let rows: number[] = [];
  for (const level of ARMPIT_LEVELS) {
    const middle = trunkPoint(outline.points, level);
    const border = borderOf(outline, middle, side);
    rows = border?.kind === 'gap' ? [...rows, Math.abs(border.x - middle.x)] : [];
    if (rows.length === ARMPIT_ROWS) {
      return { level: level - (ARMPIT_ROWS - 1) * ARMPIT_STEP, halfPx: mean(rows) };
    }
  }
  return null;
}

function trunkRow(outline: Outline, level: number): PlacedSpan | null {
  const middle = trunkPoint(outline.points, level);
  const [onRight, onLeft] = SIDES.map((side) => borderOf(outline, middle, side));
  if (onLeft == null || onRight == null) return null;
  return { y: middle.y, left: onLeft.x, right: onRight.x };
}

interface Border {
  readonly x: number;
  /** No arm next to the trunk; a gap between them; or an arm that touches, so that the border is a guess. */
  readonly kind: 'free' | 'gap' | 'hidden';
}

/**
 * The trunk's border on one side of its `middle`; null when the middle is not on the person. Where
 * an arm touches, its outer border is visible and its middle is known from the joints, so its
 * breadth is twice the distance between them; joints hidden by sleeves are uncertain, so that is
 * averaged with a typical arm.
 */
function borderOf(
  { points, silhouette, cmPerPx }: Outline,
  middle: PixelPoint,
  side: Side,
): Border | null {
  const span = spanAround(silhouette, middle.y, middle.x);
  if (span === null) return null;
  const outwards = side === 'left' ? 1 : -1;
  const outer = side === 'left' ? span.right : span.left;
  const arm = armCrossing(points, side, middle.y);
  if (arm === null) return { x: outer, kind: 'free' };
  if ((outer - arm) * outwards <= 0) return { x: outer, kind: 'gap' };
  const gap =
    (arm - middle.x) * outwards > 0 ? gapBetween(silhouette, middle.y, middle.x, arm) : null;
  if (gap !== null) return { x: gap, kind: 'gap' };
  const armPx = Math.abs(outer - arm) + TYPICAL_ARM_CM / cmPerPx / 2;
  return { x: outer - outwards * armPx, kind: 'hidden' };
}

interface PlacedSpan extends RowSpan {
  readonly y: number;
}

function placed(span: RowSpan | null, y: number): PlacedSpan | null {
  return span === null ? null : { ...span, y };
}

/** The row of median breadth; null when no row shows the person. */
function medianBreadth(
  name: MeasuredBreadth['name'],
  rows: readonly (PlacedSpan | null)[],
): MeasuredBreadth | null {
  const spans = rows
    .filter((row) => row !== null)
    .toSorted((a, b) => a.right - a.left - (b.right - b.left));
  const median = spans[(spans.length - 1) >> 1];
  if (median === undefined) return null;
  return { name, yPx: median.y, leftPx: median.left, rightPx: median.right };
}

/** The outline's breadth in cm. */
export function breadthCm(breadth: MeasuredBreadth | null, cmPerPx: number): number | null {
  return breadth === null ? null : (breadth.rightPx - breadth.leftPx) * cmPerPx;
}

function levels(from: number, to: number, step: number): readonly number[] {
  const steps = Math.round((to - from) / step);
  return Array.from({ length: steps + 1 }, (_, n) => from + n * step);
}
