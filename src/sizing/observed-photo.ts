/**
 * What the sizing looks at: plain data about one photo, as any pose engine can give it. Positions
 * are fractions of the image: x (and z) of its width, y of its height, from the top left corner.
 */

export interface Landmark {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** 0..1: how sure the engine is that the point can be seen. */
  readonly visibility: number;
}

/** Metres, origin between the hips. */
export interface WorldPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/**
 * Where the person is: a grid of probabilities (0..255) over the rectangle `left, top, right, bottom`
 * of the image (fractions; it may be the whole image or reach beyond it). Row by row from the top;
 * a value stands for the middle of its cell. Outside of the rectangle there is nobody.
 */
export interface PersonMask {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly columns: number;
  readonly rows: number;
  readonly probability: Uint8Array;
}

/** One person as BlazePose sees them: 33 landmarks in its order. */
export interface ObservedPose {
  readonly landmarks: readonly Landmark[];
  /** The same 33 in metres; null when the engine has none. */
  readonly world: readonly WorldPoint[] | null;
  readonly mask: PersonMask | null;
  /** Mean brightness of the person, 0..1 (gamma-encoded luma); null or absent when not measured. */
  readonly luminance?: number | null;
}

/** A person that the detector found: a box around the head, in fractions of the image. */
export interface DetectedPerson {
  /** How large the person is, as a share of the image's height; the box does not tell. */
  readonly size: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface ObservedPhoto {
  /** After EXIF rotation. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Mean brightness of the image, 0..1 (gamma-encoded luma); null when not measured. */
  readonly luminance: number | null;
  /** How many people the detector found. */
  readonly people: number;
  /** Their boxes, where the engine tells; they help to leave out passers-by in the background. */
  readonly detections?: readonly DetectedPerson[];
  readonly pose: ObservedPose | null;
  /** The same person as the engine sees them in the mirror image, turned back; null or absent: not looked at. */
  readonly mirrored?: Pick<ObservedPose, 'landmarks' | 'world' | 'mask'> | null;
}

/** The places in BlazePose's order of 33 that sizing uses. */
export const LANDMARK = {
  nose: 0,
  leftEye: 2,
  rightEye: 5,
  leftEar: 7,
  rightEar: 8,
  leftShoulder: 11,
  rightShoulder: 12,
  leftElbow: 13,
  rightElbow: 14,
  leftWrist: 15,
  rightWrist: 16,
  leftIndex: 19,
  rightIndex: 20,
  leftHip: 23,
  rightHip: 24,
  leftKnee: 25,
  rightKnee: 26,
  leftAnkle: 27,
  rightAnkle: 28,
  leftHeel: 29,
  rightHeel: 30,
  leftToe: 31,
  rightToe: 32,
} as const;

export type LandmarkName = keyof typeof LANDMARK;

export const LANDMARK_COUNT = 33;
