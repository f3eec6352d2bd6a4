/**
 * Does the photo show no person that an image model could dress? Half bodies, missing heads, seated
 * people, backs and mirror photos are normal photos for a try-on and pass. Measured in
 * docs/picture-check.md.
 */
import type { PictureView, Thumbnail } from '../ports/picture-views.ts';

/** Below, the detector finds no person, not even in a trunk without a head. */
export const LEAST_SCORE = 0.05;
/**
 * The same where nothing reaches the edge of the picture, as on a shop's picture of a garment: a
 * person in it is whole, and whole people score 0.7 and more (decision 74).
 */
const LEAST_SCORE_OF_WHOLE = 0.3;
/** Cells of the thumbnail that count as its edge, from each side. */
const EDGE_CELLS = 2;
/** Levels (of 255) by which all but a fiftieth of the edge may differ from its median colour. */
const EDGE_DEVIATION = 20;
const EDGE_SHARE = 0.98;
/** Mean brightness of the photo, 0..1: below, nothing can be made out. */
const LEAST_LUMINANCE = 0.02;
/** Height of the person's square: below, a model could not distinguish arms and trunk. */
const LEAST_PERSON_PX = 64;

export const PERSON_REASONS = ['no_person', 'too_small', 'too_dark'] as const;

type PersonReason = (typeof PERSON_REASONS)[number];

/** Why no one in it could be dressed; null for every other photo. */
export function checkPerson(photo: PictureView): PersonReason | null {
  if (photo.luminance < LEAST_LUMINANCE) return 'too_dark';
  if (photo.person === null) return showsNoOne(photo) ? 'no_person' : null;
  return photo.person.size * photo.heightPx < LEAST_PERSON_PX ? 'too_small' : null;
}

function showsNoOne({ detectorScore, thumbnail }: PictureView): boolean {
  if (detectorScore < LEAST_SCORE) return true;
  return detectorScore < LEAST_SCORE_OF_WHOLE && hasPlainEdge(thumbnail);
}

/** Whether the edge has one colour all around. */
function hasPlainEdge(thumbnail: Thumbnail): boolean {
  const edge = edgeColours(thumbnail);
  const median = [0, 1, 2].map((channel) => {
    const values = edge.map((colour) => colour[channel] ?? 0).sort((a, b) => a - b);
    return values[values.length >> 1] ?? 0;
  });
  const alike = edge.filter((colour) =>
    median.every((level, channel) => Math.abs((colour[channel] ?? 0) - level) <= EDGE_DEVIATION),
  );
  return alike.length >= EDGE_SHARE * edge.length;
}

function edgeColours({ columns, rows, rgb }: Thumbnail): Uint8Array[] {
  const isEdge = (at: number, length: number) => at < EDGE_CELLS || at >= length - EDGE_CELLS;
  const edge: Uint8Array[] = [];
  for (let cell = 0; cell < columns * rows; cell += 1) {
    const isOnEdge = isEdge(cell % columns, columns) || isEdge(Math.floor(cell / columns), rows);
    if (isOnEdge) edge.push(rgb.subarray(3 * cell, 3 * cell + 3));
  }
  return edge;
}
