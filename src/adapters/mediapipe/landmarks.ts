/**
 * The second model's output as landmarks: decoded, refined on the heatmap, and projected back
 * from the person's square into the picture.
 */

import type { Landmark, WorldLandmark } from '../../pose.ts';
import type { Point } from './detector.ts';
import type { RotatedSquare } from './warp.ts';

export const LANDMARK_INPUT_SIZE = 256;
/** The model gives six more points, for tracking. */
const LANDMARKS = 33;
const MODEL_LANDMARKS = 39;
const VALUES_PER_LANDMARK = 5;
const HEATMAP_SIZE = 64;
const HEATMAP_REACH = 3;
const HEATMAP_MIN_CONFIDENCE = 0.5;

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** The 33 points, in fractions of the model's square input. */
export function decodeLandmarks(values: Float32Array): Landmark[] {
  return Array.from({ length: LANDMARKS }, (_, index) => {
    const value = (field: number) => values[index * VALUES_PER_LANDMARK + field] ?? 0;
    return {
      x: value(0) / LANDMARK_INPUT_SIZE,
      y: value(1) / LANDMARK_INPUT_SIZE,
      z: value(2) / LANDMARK_INPUT_SIZE,
      visibility: sigmoid(value(3)),
      presence: sigmoid(value(4)),
    };
  });
}

/**
 * Moves each point to the centre of gravity of the heatmap's 7x7 cells around it, where one of
 * them is sure enough (0.5). Points outside the square stay as they are.
 */
export function refineOnHeatmap(landmarks: readonly Landmark[], heatmap: Float32Array): Landmark[] {
  return landmarks.map((landmark, index) => {
    const column = Math.trunc(landmark.x * HEATMAP_SIZE);
    const row = Math.trunc(landmark.y * HEATMAP_SIZE);
    const outside = column < 0 || row < 0 || column >= HEATMAP_SIZE || row >= HEATMAP_SIZE;
    const centre = outside ? null : centreOfHeat(heatmap, index, column, row);
    return centre === null ? landmark : { ...landmark, ...centre };
  });
}

function centreOfHeat(
  heatmap: Float32Array,
  landmark: number,
  column: number,
  row: number,
): Point | null {
  const lastColumn = Math.min(column + HEATMAP_REACH, HEATMAP_SIZE - 1);
  const lastRow = Math.min(row + HEATMAP_REACH, HEATMAP_SIZE - 1);
  let [total, x, y, highest] = [0, 0, 0, 0];
  for (let r = Math.max(row - HEATMAP_REACH, 0); r <= lastRow; r += 1) {
    for (let c = Math.max(column - HEATMAP_REACH, 0); c <= lastColumn; c += 1) {
      const cell = (r * HEATMAP_SIZE + c) * MODEL_LANDMARKS + landmark;
      const confidence = sigmoid(heatmap[cell] ?? 0);
      total += confidence;
      x += c * confidence;
      y += r * confidence;
      highest = Math.max(highest, confidence);
    }
  }
  if (highest < HEATMAP_MIN_CONFIDENCE) return null;
  return { x: x / HEATMAP_SIZE / total, y: y / HEATMAP_SIZE / total };
}

/** From fractions of the person's square to fractions of the picture; z by the square's width. */
export function projectToImage(
  landmarks: readonly Landmark[],
  region: RotatedSquare,
  image: { width: number; height: number },
): Landmark[] {
  return landmarks.map((landmark) => {
    const turned = rotate({ x: landmark.x - 0.5, y: landmark.y - 0.5 }, region.rotation);
    return {
      x: (region.centerX + turned.x * region.size) / image.width,
      y: (region.centerY + turned.y * region.size) / image.height,
      z: (landmark.z * region.size) / image.width,
      visibility: landmark.visibility,
      presence: landmark.presence,
    };
  });
}

/** The 33 points in metres, turned back by the rotation of the person's square. */
export function decodeWorldLandmarks(
  values: Float32Array,
  landmarks: readonly Landmark[],
  region: RotatedSquare,
): WorldLandmark[] {
  return landmarks.map(({ visibility }, index) => {
    const point = { x: values[3 * index] ?? 0, y: values[3 * index + 1] ?? 0 };
    return { ...rotate(point, region.rotation), z: values[3 * index + 2] ?? 0, visibility };
  });
}

function rotate({ x, y }: Point, angle: number): Point {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return { x: cos * x - sin * y, y: sin * x + cos * y };
}
