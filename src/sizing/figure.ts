/** A person in a photo, ready to be measured: what is read off more than once is made here, once. */
import type { PhotoObservation, Pose } from '../pose.ts';
import {
  type BodyPoints,
  bodyPoints,
  distancePx,
  type Frame,
  middleOf,
  SIDES,
} from './body-points.ts';
import { type RowSpan, reach, type Silhouette } from './silhouette.ts';

export interface Figure {
  readonly pose: Pose;
  readonly points: BodyPoints;
  readonly silhouette: Silhouette;
  /** The row between the eyes, in pixels. */
  readonly eyesPx: number;
  /** The rows of the top of the head (hair and hats included) and of the soles, in pixels. */
  readonly crownPx: number;
  readonly solesPx: number;
}

/** The person as taken and in the mirror image, turned back. */
export interface Figures {
  readonly asTaken: Figure;
  readonly mirrored: Figure | null;
}

/** The person in the photo; null where the models find no person. Throws RangeError when a landmark is missing. */
export function figuresIn(photo: PhotoObservation): Figures | null {
  const { pose, mirrored } = photo;
  if (pose === null) return null;
  return { asTaken: figureOf(pose, photo), mirrored: mirrored && figureOf(mirrored, photo) };
}

/** One pose in an image of that size. */
export function figureOf(pose: Pose, { widthPx, heightPx }: Frame): Figure {
  const points = bodyPoints(pose, { widthPx, heightPx });
  const silhouette = { mask: pose.mask, widthPx, heightPx };
  const eyesPx = middleOf(points, 'leftEye', 'rightEye').y;
  return { pose, points, silhouette, eyesPx, ...verticalExtent(points, silhouette) };
}

/** How far the head reaches up and the feet reach down. */
function verticalExtent(
  points: BodyPoints,
  silhouette: Silhouette,
): { readonly crownPx: number; readonly solesPx: number } {
  const head = distancePx(points, 'leftEar', 'rightEar');
  const nose = points('nose');
  const around = (x: number): RowSpan => ({ left: x - head / 2, right: x + head / 2 });
  const soles = SIDES.map((side) => {
    const [heel, toe] = [points(`${side}Heel`), points(`${side}Toe`)];
    return reach(silhouette, (heel.y + toe.y) / 2, 1, {
      left: Math.min(heel.x, toe.x) - head / 4,
      right: Math.max(heel.x, toe.x) + head / 4,
    });
  });
  return {
    crownPx: reach(silhouette, nose.y, -1, around(nose.x)),
    solesPx: Math.max(...soles),
  };
}
