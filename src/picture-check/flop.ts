/** A view of the mirror image of a picture. */
import { FACE_SIDE, type PictureView } from '../ports/picture-views.ts';
import type { Landmark } from '../pose.ts';

/** For each of the 33 points the one that is in its place in the mirror: left and right change. */
const COUNTERPARTS = [
  0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21, 24, 23, 26, 25,
  28, 27, 30, 29, 32, 31,
];

export function flopView(view: PictureView): PictureView {
  const { person, thumbnail } = view;
  const { columns } = thumbnail;
  return {
    ...view,
    thumbnail: { ...thumbnail, rgb: flopRows(thumbnail.rgb, columns, 3) },
    person: person && {
      ...person,
      landmarks: flopLandmarks(person.landmarks),
      mask: flopRows(person.mask, columns, 1),
      face: flopRows(person.face, FACE_SIDE, 1),
    },
  };
}

function flopLandmarks(landmarks: readonly Landmark[]): Landmark[] {
  return COUNTERPARTS.flatMap((index) => {
    const point = landmarks[index];
    return point === undefined ? [] : [{ ...point, x: 1 - point.x }];
  });
}

/** Rows of pixels of `channels` bytes, each row from right to left. */
function flopRows(pixels: Uint8Array, columns: number, channels: number): Uint8Array {
  const flopped = new Uint8Array(pixels.length);
  for (let pixel = 0; pixel < pixels.length / channels; pixel += 1) {
    const from = pixel - 2 * (pixel % columns) + columns - 1;
    for (let channel = 0; channel < channels; channel += 1) {
      flopped[channels * pixel + channel] = pixels[channels * from + channel] ?? 0;
    }
  }
  return flopped;
}
