/**
 * Where the person's limbs are in the picture: by the pose model where its files are there and it
 * sees somebody, else by the proportions of an upright person who fills the picture.
 */
import type { RgbImage } from '../../src/adapters/mediapipe/decode-image.ts';
import { observe } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels, type PoseSessions } from '../../src/adapters/mediapipe/models.ts';
import type { Pose } from '../../src/pose.ts';
import type { Point } from './plane.ts';

const JOINTS = ['shoulder', 'elbow', 'wrist', 'hand', 'hip', 'knee', 'ankle'] as const;

export type Limbs = Readonly<Record<(typeof JOINTS)[number], Point>>;

/** `left` and `right` as the viewer sees them. */
export interface Body {
  readonly left: Limbs;
  readonly right: Limbs;
  /** How surely a place shows the person, 0..1. */
  readonly coverAt: (place: Point) => number;
}

export type FindBody = (image: RgbImage) => Promise<Body>;

/** Rows of the person's mask: fine enough for edges of cloth. */
const MASK_ROWS = 512;

/** BlazePose's numbers of the joints; its left is the person's own. */
const VIEWERS_LEFT = [12, 14, 16, 20, 24, 26, 28];
const VIEWERS_RIGHT = [11, 13, 15, 19, 23, 25, 27];

/** In fractions of the height, from the top and from the middle axis (seven and a half heads, arms a little off). */
const PROPORTIONS: Readonly<Record<keyof Limbs, readonly [down: number, aside: number]>> = {
  shoulder: [0.22, 0.09],
  elbow: [0.37, 0.14],
  wrist: [0.5, 0.18],
  hand: [0.54, 0.19],
  hip: [0.49, 0.05],
  knee: [0.7, 0.06],
  ankle: [0.92, 0.06],
};

/** Loads the models of `folder` when the first picture comes. */
export function bodyFinder(folder: string): FindBody {
  let models: Promise<PoseSessions | null> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (image) => {
    models ??= loadPoseModels(folder).catch(() => null);
    // A model must not run twice at once.
    const body = last.then(async () => findBody(await models, image));
    last = body.catch(() => undefined);
    return body;
  };
}

async function findBody(models: PoseSessions | null | undefined, image: RgbImage): Promise<Body> {
  const pose = models ? (await observe(models, image, MASK_ROWS)).pose : null;
  return pose === null ? byProportions(image) : byPose(pose, image);
}

function byPose({ landmarks, mask }: Pose, { width, height }: RgbImage): Body {
  const limbs = (numbers: readonly number[]) =>
    limbsFrom((joint) => {
      const { x = 0, y = 0 } = landmarks[numbers[joint] ?? 0] ?? {};
      return { x: x * width, y: y * height };
    });
  const coverAt = ({ x, y }: Point) => {
    const column = Math.floor((x / width) * mask.columns);
    const row = Math.floor((y / height) * mask.rows);
    const outside = column < 0 || column >= mask.columns || row < 0 || row >= mask.rows;
    return outside ? 0 : (mask.probability[row * mask.columns + column] ?? 0) / 255;
  };
  return { left: limbs(VIEWERS_LEFT), right: limbs(VIEWERS_RIGHT), coverAt };
}

function byProportions({ width, height }: RgbImage): Body {
  const limbs = (side: -1 | 1) =>
    limbsFrom((_, name) => {
      const [down, aside] = PROPORTIONS[name];
      return { x: width / 2 + side * aside * height, y: down * height };
    });
  return { left: limbs(-1), right: limbs(1), coverAt: () => 0 };
}

function limbsFrom(at: (joint: number, name: keyof Limbs) => Point): Limbs {
  return Object.fromEntries(JOINTS.map((name, joint) => [name, at(joint, name)])) as Limbs;
}

/** The body after `place` has been applied to the picture; `back` undoes it. */
export function moveBody(body: Body, place: (p: Point) => Point, back: (p: Point) => Point): Body {
  const limbs = (side: Limbs) => limbsFrom((_, name) => place(side[name]));
  return {
    left: limbs(body.left),
    right: limbs(body.right),
    coverAt: (point) => body.coverAt(back(point)),
  };
}
