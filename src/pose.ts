/**
 * What the pose model says about a photo. Positions are fractions of the image after EXIF
 * rotation: x and z of its width, y of its height, from the top left corner. They may lie outside
 * 0..1, where the model guesses. One vocabulary for the pose engine, sizing and callers.
 */

/** Indices in BlazePose's order of 33 points; left and right are the person's own. */
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

/** One of BlazePose's 33 points. */
export interface Landmark {
  readonly x: number;
  readonly y: number;
  /** Depth; the hips are at 0, closer to the camera is negative. */
  readonly z: number;
  /** Probability that the point is inside the image and not hidden, 0..1. */
  readonly visibility: number;
  /** Probability that the point is inside the image, 0..1. */
  readonly presence: number;
}

/** Metres, origin between the hips, y pointing down. Carries almost no true scale. */
export interface WorldLandmark {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly visibility: number;
}

/** A person that the detector found: a box around the face, whose extent says little. */
export interface Detection {
  /** How large the person is: the side of the square that holds them, as a share of the picture's height. */
  readonly size: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly score: number;
}

/**
 * How likely each cell of a grid over the whole image belongs to the person, 0..255, row by row; a
 * value stands for the middle of its cell, 128 and more is person. The grid has the image's
 * proportions and at most 384 rows.
 */
export interface PersonMask {
  readonly columns: number;
  readonly rows: number;
  readonly probability: Uint8Array;
}

export interface Pose {
  /** 33 points. */
  readonly landmarks: readonly Landmark[];
  /** The same 33 points. */
  readonly world: readonly WorldLandmark[];
  readonly mask: PersonMask;
  /** The model's own confidence that it sees a person, 0.5..1. Not a criterion: crowds and half bodies score high. */
  readonly score: number;
  /** Mean brightness of the person (mask ≥ 0.5), 0..1 (gamma-encoded BT.601 luma). */
  readonly luminance: number;
}

export interface PhotoObservation {
  /** Pixels, after EXIF rotation. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Mean brightness of the whole picture, 0..1 (gamma-encoded BT.601 luma). */
  readonly luminance: number;
  /** Everyone the detector found, best first, in a second pass too. People who overlap may still count as one. */
  readonly detections: readonly Detection[];
  /** The pose of the first detection; null where the models see no person. */
  readonly pose: Pose | null;
  /**
   * The same person in the mirror image of a square around `pose`, turned back: a second opinion,
   * steadier since it does not depend on the detector's box. Null where the model sees no person.
   */
  readonly mirrored: Pose | null;
}

/**
 * What became of a photo. `unusable_image`: as INVALID_IMAGE of the error catalogue, with its detail.
 * `busy`: too many wait already; worth a retry after a second or two. `unavailable`: the models
 * are missing or the estimator is stopping.
 */
export type PoseOutcome =
  | { readonly kind: 'observed'; readonly observation: PhotoObservation }
  | { readonly kind: 'unusable_image'; readonly detail: string }
  | { readonly kind: 'busy' }
  | { readonly kind: 'unavailable' };

/** Estimates poses off the event loop, a few at a time. */
export interface PoseEstimator {
  /** Whether the models are loaded; goes from false to true, and back, by itself. */
  readonly ready: boolean;
  /**
   * `image` is the file of a JPEG, PNG or WebP of one frame and at most 50 megapixels. Answers
   * `busy` at once when its line is full. An abort by `signal` rejects with its reason.
   */
  estimate(image: Uint8Array, signal: AbortSignal): Promise<PoseOutcome>;
}
