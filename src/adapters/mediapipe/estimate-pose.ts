/**
 * From a photo's bytes to a pose, as MediaPipe's PoseLandmarker computes it (BlazePose full, one
 * picture, minimum confidences 0.5): decode → detect → region → landmarks → project. Works in the
 * calling thread for some 90 ms; the worker calls it in a thread of its own.
 */

import { freeBuffer } from '../../images/free-buffer.ts';
import { flopLandmarks, flopWorld } from '../../mirror.ts';
import type { Detection, PhotoObservation, Pose } from '../../pose.ts';
import { meanLuma } from './brightness.ts';
import { decodeImage, type RgbImage } from './decode-image.ts';
import {
  DETECTOR_SIZE,
  type DetectedPerson,
  decodeDetections,
  mergeOverlapping,
  WHOLE_SQUARE,
} from './detector.ts';
import {
  decodeLandmarks,
  decodeWorldLandmarks,
  LANDMARK_INPUT_SIZE,
  projectToImage,
  refineOnHeatmap,
  sigmoid,
} from './landmarks.ts';
import { type PoseSessions, runModel } from './models.ts';
import {
  areaOf,
  DEFAULT_MASK_ROWS,
  maskGridFor,
  maskProbabilities,
  projectMask,
} from './person-mask.ts';
import { regionOf, regionOfPose, toPixels, wholePicture } from './region.ts';
import { type DetectorInput, fitsPicture, paintOutPerson } from './second-pass.ts';
import { type RotatedSquare, warpSquare } from './warp.ts';

const MIN_POSE_SCORE = 0.5;
/** Most bushes, dogs and things taken for a second person score less, or have a smaller outline (decision 76). */
const MIN_COMPANY_SCORE = 0.7;
/** Against the outline of the first person. */
const MIN_COMPANY_AREA = 0.15;
/** Enough for an area. */
const COMPANY_MASK_ROWS = 96;

/**
 * The pose of the person that the detector is surest of, and what else the photo shows.
 * `image` is the file of a JPEG, PNG or WebP; throws `INVALID_IMAGE` for anything else. The mask
 * gets a row a pixel, but at most `maxMaskRows`.
 */
export async function estimatePose(
  sessions: PoseSessions,
  image: Uint8Array,
  maxMaskRows = DEFAULT_MASK_ROWS,
): Promise<PhotoObservation> {
  using picture = await decodeImage(image);
  return await observe(sessions, picture, maxMaskRows);
}

/** As `estimatePose`, for a picture that is decoded already. */
export async function observe(
  sessions: PoseSessions,
  image: RgbImage,
  maxMaskRows = DEFAULT_MASK_ROWS,
): Promise<PhotoObservation> {
  const { detectorScore: _, ...seen } = await observeOnce(sessions, image, maxMaskRows);
  if (seen.pose === null) return { ...seen, mirrored: null };
  const region = regionOfPose(seen.pose.landmarks, image);
  const mirrored = await poseIn(sessions, { image, region, isMirrored: true }, maxMaskRows);
  return { ...seen, mirrored };
}

/** An observation without the mirror image, which costs a third less. */
interface OneObservation extends Omit<PhotoObservation, 'mirrored'> {
  /** The highest score of any box, 0..1, detection or not. */
  readonly detectorScore: number;
}

/** As `observe`, without the mirror image. */
export async function observeOnce(
  sessions: PoseSessions,
  image: RgbImage,
  maxMaskRows: number,
): Promise<OneObservation> {
  const whole = warpSquare(image, wholePicture(image), { size: DETECTOR_SIZE, border: 'black' });
  const { found, bestScore } = await detectPeople(sessions, { pixels: whole, view: WHOLE_SQUARE });
  const [person = null, ...others] = found;
  const region = person && regionOf(person, image);
  const pose = region && (await poseIn(sessions, { image, region }, maxMaskRows));
  const company = pose && (await confirmedCompany({ sessions, image }, pose, others));
  const people = person === null ? [] : [person, ...(company ?? others)];
  return {
    widthPx: image.width,
    heightPx: image.height,
    luminance: pictureLuminance(whole, image),
    detections: people.map((found) => detectionOf(found, image)),
    pose,
    detectorScore: bestScore,
  };
}

interface Picture {
  readonly sessions: PoseSessions;
  readonly image: RgbImage;
}

/** The other people of the first pass, else of a second pass with the person painted out. */
async function confirmedCompany(
  picture: Picture,
  { mask }: Pose,
  others: readonly DetectedPerson[],
): Promise<DetectedPerson[]> {
  const leastArea = MIN_COMPANY_AREA * areaOf(mask);
  const confirmed = await withPose(picture, others, leastArea);
  if (confirmed.length > 0) return confirmed;
  const withoutPerson = paintOutPerson(picture.image, mask);
  const { found } = await detectPeople(picture.sessions, withoutPerson);
  const fitting = found.filter((person) => fitsPicture(person, picture.image));
  return withPose(picture, fitting, leastArea);
}

/**
 * Those in whom the landmark model sees a person too, with an outline of `leastArea` (of the picture):
 * the detector takes shadows and clothes on a rack for people.
 */
async function withPose(
  { sessions, image }: Picture,
  people: readonly DetectedPerson[],
  leastArea: number,
): Promise<DetectedPerson[]> {
  const confirmed: DetectedPerson[] = [];
  for (const person of people) {
    const cutout = { image, region: regionOf(person, image) };
    const pose = await poseIn(sessions, cutout, COMPANY_MASK_ROWS);
    if (pose === null || pose.score < MIN_COMPANY_SCORE) continue;
    if (areaOf(pose.mask) >= leastArea) confirmed.push(person);
  }
  return confirmed;
}

async function detectPeople(
  { detector }: PoseSessions,
  { pixels, view }: DetectorInput,
): Promise<{ readonly found: DetectedPerson[]; readonly bestScore: number }> {
  using run = await runModel(detector, pixels, view);
  const [boxes, logits] = run.outputs;
  if (boxes === undefined || logits === undefined) throw new Error('not the detector model');
  const found = mergeOverlapping(decodeDetections(boxes, logits, view));
  return { found, bestScore: sigmoid(highest(logits)) };
}

/** A loop, because `reduce` allocates a number for each of the 2,254 values. */
function highest(values: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) most = Math.max(most, values[i] ?? most);
  return most;
}

async function poseIn(
  sessions: PoseSessions,
  cutout: Cutout,
  maxMaskRows: number,
): Promise<Pose | null> {
  const { image, region } = cutout;
  const seen = await landmarksIn(sessions, cutout);
  if (seen.score < MIN_POSE_SCORE) return null;
  const landmarks = projectToImage(seen.local, region, image);
  const mask = projectMask(seen.mask, region, image, maskGridFor(image, maxMaskRows));
  freeBuffer(seen.mask);
  return {
    landmarks,
    world: decodeWorldLandmarks(seen.world, landmarks, region),
    mask,
    score: seen.score,
    luminance: seen.luminance,
  };
}

/** The square of a picture that shows a person; `isMirrored`: the model sees its mirror image. */
interface Cutout {
  readonly image: RgbImage;
  readonly region: RotatedSquare;
  readonly isMirrored?: boolean;
}

/**
 * What the landmark model says about a square: points and mask turned back from the mirror image, and
 * how bright the person is.
 */
async function landmarksIn(sessions: PoseSessions, { image, region, isMirrored = false }: Cutout) {
  const size = LANDMARK_INPUT_SIZE;
  const pixels = warpSquare(image, region, { size, border: 'replicate', isMirrored });
  using run = await runModel(sessions.landmarks, pixels, { width: size, height: size });
  const [points, flag, mask, heatmap, world] = run.outputs;
  if (!points || !flag || !mask || !heatmap || !world) throw new Error('not the landmark model');
  const local = refineOnHeatmap(decodeLandmarks(points), heatmap);
  const luminance = meanLuma(pixels, (pixel) => (mask[pixel] ?? 0) >= 0);
  freeBuffer(pixels);
  return {
    score: flag[0] ?? 0,
    local: isMirrored ? flopLandmarks(local) : local,
    world: isMirrored ? flopWorld(world) : world.slice(),
    mask: maskProbabilities(mask, isMirrored),
    luminance,
  };
}

function detectionOf(person: DetectedPerson, image: RgbImage): Detection {
  const topLeft = toPixels({ x: person.left, y: person.top }, image);
  const bottomRight = toPixels({ x: person.right, y: person.bottom }, image);
  return {
    left: topLeft.x / image.width,
    top: topLeft.y / image.height,
    right: bottomRight.x / image.width,
    bottom: bottomRight.y / image.height,
    score: person.score,
    size: regionOf(person, image).size / image.height,
  };
}

/** Without the black bars around the picture. */
function pictureLuminance(whole: Uint8Array, { width, height }: RgbImage): number {
  const side = Math.max(width, height) / DETECTOR_SIZE;
  const [barX, barY] = [(DETECTOR_SIZE - width / side) / 2, (DETECTOR_SIZE - height / side) / 2];
  return meanLuma(whole, (pixel) => {
    const x = pixel % DETECTOR_SIZE;
    const y = Math.floor(pixel / DETECTOR_SIZE);
    return x >= barX && x < DETECTOR_SIZE - barX && y >= barY && y < DETECTOR_SIZE - barY;
  });
}
