/** Mirror images: of pixels, and of what the landmark model says about a picture. */
import type { Landmark } from './pose.ts';

/** For each of the 33 points, its counterpart in the mirror image: left and right are swapped. */
const COUNTERPARTS = [
  0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21, 24, 23, 26, 25,
  28, 27, 30, 29, 32, 31,
];

/** Rows of pixels of `channels` numbers, each row from right to left. */
export function flopRows<T extends Uint8Array | Float32Array>(
  pixels: T,
  columns: number,
  channels: number,
): T {
  const flopped = pixels.slice() as T;
  for (let pixel = 0; pixel < pixels.length / channels; pixel += 1) {
    const from = pixel - 2 * (pixel % columns) + columns - 1;
    for (let channel = 0; channel < channels; channel += 1) {
      flopped[channels * pixel + channel] = pixels[channels * from + channel] ?? 0;
    }
  }
  return flopped;
}

/** Landmarks in fractions of the picture. */
export function flopLandmarks(landmarks: readonly Landmark[]): Landmark[] {
  return COUNTERPARTS.flatMap((index) => {
    const point = landmarks[index];
    return point === undefined ? [] : [{ ...point, x: 1 - point.x }];
  });
}

/** World coordinates as the model gives them: x, y, z of each point. */
export function flopWorld(world: Float32Array): Float32Array {
  return Float32Array.from(
    COUNTERPARTS.flatMap((index) => [
      -(world[3 * index] ?? 0),
      world[3 * index + 1] ?? 0,
      world[3 * index + 2] ?? 0,
    ]),
  );
}
