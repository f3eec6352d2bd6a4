/**
 * Where garments go in a picture: by the pose model where its files are there and it sees a person,
 * else by the proportions of an upright person who fills the picture.
 */
import type { RgbImage } from '../../src/adapters/mediapipe/decode-image.ts';
import { observe } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels, type PoseSessions } from '../../src/adapters/mediapipe/models.ts';
import { LANDMARK } from '../../src/pose.ts';

/** In pixels from the top left corner. */
export interface Body {
  readonly middleX: number;
  readonly shouldersY: number;
  readonly hipsY: number;
  readonly anklesY: number;
}

export type FindBody = (image: RgbImage) => Promise<Body>;

/** The joints of both sides. */
const SHOULDERS = [LANDMARK.leftShoulder, LANDMARK.rightShoulder];
const HIPS = [LANDMARK.leftHip, LANDMARK.rightHip];
const ANKLES = [LANDMARK.leftAnkle, LANDMARK.rightAnkle];

/** In fractions of the picture's height (seven and a half heads). */
const PROPORTIONS = { shoulders: 0.22, hips: 0.49, ankles: 0.92 } as const;

/** Loads the models of `folder` when the first picture comes. */
export function bodyFinder(folder: string): FindBody {
  let models: Promise<PoseSessions | null> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (image) => {
    models ??= loadPoseModels(folder).catch(() => null);
    // A model must not run twice at once.
    const body = last.then(async () => findBody((await models) ?? null, image));
    last = body.catch(() => undefined);
    return body;
  };
}

async function findBody(models: PoseSessions | null, image: RgbImage): Promise<Body> {
  const { width, height } = image;
  const pose = models && (await observe(models, image)).pose;
  if (!pose) {
    const { shoulders, hips, ankles } = PROPORTIONS;
    const [shouldersY, hipsY, anklesY] = [shoulders * height, hips * height, ankles * height];
    return { middleX: width / 2, shouldersY, hipsY, anklesY };
  }
  const middle = (joints: readonly number[], axis: 'x' | 'y') =>
    joints.reduce((sum, joint) => sum + (pose.landmarks[joint]?.[axis] ?? 0), 0) / joints.length;
  return {
    middleX: middle([...SHOULDERS, ...HIPS], 'x') * width,
    shouldersY: middle(SHOULDERS, 'y') * height,
    hipsY: middle(HIPS, 'y') * height,
    anklesY: middle(ANKLES, 'y') * height,
  };
}
