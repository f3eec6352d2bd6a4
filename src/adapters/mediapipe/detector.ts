/**
 * The first model's output as people: MediaPipe's anchors (SSD), box decoding and weighted
 * non-maximum suppression. Coordinates are fractions of the detector's square input.
 */

/** A box with two of its key points: the hip centre, and the point that gives scale and rotation. */
export interface DetectedPerson {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly hip: Point;
  readonly scale: Point;
  readonly score: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The rectangle of a picture's square that the detector gets, in its pixels. */
export interface DetectorView {
  /** Of the square that the picture is centred in. */
  readonly side: number;
  readonly left: number;
  readonly top: number;
  /** A multiple of `LARGEST_STRIDE`, as the height is. */
  readonly width: number;
  readonly height: number;
}

export const DETECTOR_SIZE = 224;
export const LARGEST_STRIDE = 32;
/** MediaPipe's own: the whole square. */
export const WHOLE_SQUARE: DetectorView = {
  side: DETECTOR_SIZE,
  left: 0,
  top: 0,
  width: DETECTOR_SIZE,
  height: DETECTOR_SIZE,
};
/** Numbers per box: x, y, width, height and four key points. */
const VALUES_PER_BOX = 12;
/** The anchors: how many the model has per cell of each grid, in its order. Together 2254 for the whole square. */
const GRIDS = [
  { stride: 8, anchorsPerCell: 2 },
  { stride: 16, anchorsPerCell: 2 },
  { stride: LARGEST_STRIDE, anchorsPerCell: 6 },
];
const MAX_LOGIT = 100;
const MIN_SCORE = 0.5;
const MIN_OVERLAP = 0.3;

/**
 * The centre of the anchor that a box is relative to, in pixels of the view. Five layers of strides 8,
 * 16, 32, 32, 32 have two anchors per cell each; layers of the same stride share their cells. All
 * anchors have size 1.
 */
export function anchorCentre(
  index: number,
  { width, height }: Pick<DetectorView, 'width' | 'height'>,
): Point {
  let first = 0;
  for (const { stride, anchorsPerCell } of GRIDS) {
    const columns = width / stride;
    const cells = (columns * height) / stride;
    const cell = Math.floor((index - first) / anchorsPerCell);
    if (cell < cells) {
      return {
        x: ((cell % columns) + 0.5) * stride,
        y: (Math.floor(cell / columns) + 0.5) * stride,
      };
    }
    first += cells * anchorsPerCell;
  }
  throw new RangeError(`there is no anchor ${index}`);
}

/** Every box of a view with a score above `minScore` (MediaPipe's 0.5), best first. */
export function decodeDetections(
  boxes: Float32Array,
  logits: Float32Array,
  view: DetectorView = WHOLE_SQUARE,
  minScore = MIN_SCORE,
): DetectedPerson[] {
  const people: DetectedPerson[] = [];
  const least = Math.log(minScore / (1 - minScore));
  for (let index = 0; index < logits.length; index += 1) {
    const logit = logits[index] ?? 0;
    if (logit < least) continue;
    const score = 1 / (1 + Math.exp(-Math.min(Math.max(logit, -MAX_LOGIT), MAX_LOGIT)));
    const values = boxes.subarray(index * VALUES_PER_BOX, (index + 1) * VALUES_PER_BOX);
    if (score > minScore) people.push(decodeBox(values, anchorCentre(index, view), view, score));
  }
  return people.sort((one, other) => other.score - one.score);
}

function decodeBox(
  values: Float32Array,
  anchor: Point,
  { side, left, top }: DetectorView,
  score: number,
): DetectedPerson {
  const point = (field: number) => ({
    x: (left + anchor.x + (values[field] ?? 0)) / side,
    y: (top + anchor.y + (values[field + 1] ?? 0)) / side,
  });
  const centre = point(0);
  const halfWidth = (values[2] ?? 0) / side / 2;
  const halfHeight = (values[3] ?? 0) / side / 2;
  return {
    left: centre.x - halfWidth,
    top: centre.y - halfHeight,
    right: centre.x + halfWidth,
    bottom: centre.y + halfHeight,
    hip: point(4),
    scale: point(6),
    score,
  };
}

/**
 * Weighted non-maximum suppression: the best box and all that overlap it by more than 0.3 (IoU)
 * become one, averaged by score, with the best one's score. Expects and returns best first.
 */
export function mergeOverlapping(people: readonly DetectedPerson[]): DetectedPerson[] {
  const merged: DetectedPerson[] = [];
  let remaining = [...people];
  for (let best = remaining[0]; best !== undefined; best = remaining[0]) {
    const head = best;
    const { same = [], others = [] } = Object.groupBy(remaining, (person) =>
      person === head || overlap(head, person) > MIN_OVERLAP ? 'same' : 'others',
    );
    merged.push(average(same, head.score));
    remaining = others;
  }
  return merged;
}

function average(people: readonly DetectedPerson[], score: number): DetectedPerson {
  const total = people.reduce((sum, person) => sum + person.score, 0);
  const mean = (value: (person: DetectedPerson) => number) =>
    people.reduce((sum, person) => sum + value(person) * person.score, 0) / total;
  return {
    left: mean((person) => person.left),
    top: mean((person) => person.top),
    right: mean((person) => person.right),
    bottom: mean((person) => person.bottom),
    hip: { x: mean((person) => person.hip.x), y: mean((person) => person.hip.y) },
    scale: { x: mean((person) => person.scale.x), y: mean((person) => person.scale.y) },
    score,
  };
}

/** Intersection over union of two boxes. */
function overlap(one: DetectedPerson, other: DetectedPerson): number {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (area(one) + area(other) - shared);
}

function area({ left, top, right, bottom }: DetectedPerson): number {
  return (right - left) * (bottom - top);
}
