/**
 * A picture as the checks see it: the pose, and small copies of the whole and of the face. One look
 * at the person; works in the calling thread for about 80 ms.
 */
import sharp from 'sharp';
import {
  FACE_SIDE,
  type PictureView,
  THUMBNAIL_SIDE,
  type Thumbnail,
  type ViewedPerson,
} from '../../ports/picture-views.ts';
import { LANDMARK, type Pose } from '../../pose.ts';
import { decodeImage, type RgbImage } from './decode-image.ts';
import { observeOnce } from './estimate-pose.ts';
import type { PoseSessions } from './models.ts';
import { middleOf, squareBetween } from './region.ts';
import { warpSquare } from './warp.ts';

/** Within 48 MB of memory. Smaller would take more CPU for a vendor's picture (decision 68). */
const LONGEST_SIDE_PX = 4096;

/** `file` is a JPEG, PNG or WebP; throws `INVALID_IMAGE` for anything else. */
export async function viewPicture(sessions: PoseSessions, file: Uint8Array): Promise<PictureView> {
  using image = await decodeImage(file, LONGEST_SIDE_PX);
  const thumbnail = await shrink(image);
  const seen = await observeOnce(sessions, image, thumbnail.rows);
  const { widthPx, heightPx, luminance, detectorScore, detections, pose } = seen;
  const person = pose && viewPerson(image, thumbnail, { pose, size: detections[0]?.size ?? 0 });
  const people = detections.length;
  return { widthPx, heightPx, luminance, detectorScore, people, person, thumbnail };
}

async function shrink({ width, height, data }: RgbImage): Promise<Thumbnail> {
  const scale = THUMBNAIL_SIDE / Math.max(width, height);
  const columns = Math.max(Math.round(width * scale), 1);
  const rows = Math.max(Math.round(height * scale), 1);
  const rgb = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(columns, rows, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  return { columns, rows, rgb: new Uint8Array(rgb) };
}

function viewPerson(
  image: RgbImage,
  { columns, rows }: Thumbnail,
  { pose, size }: { readonly pose: Pose; readonly size: number },
): ViewedPerson {
  const { landmarks, mask, luminance } = pose;
  return {
    landmarks,
    mask: resample(mask, columns, rows),
    face: faceOf(image, pose),
    size,
    luminance,
  };
}

/** The mask's grid may be a column off, or coarser where the picture is smaller than the thumbnail. */
function resample(mask: Pose['mask'], columns: number, rows: number): Uint8Array {
  if (mask.columns === columns && mask.rows === rows) return mask.probability;
  const resampled = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row += 1) {
    const from = Math.floor(((row + 0.5) / rows) * mask.rows) * mask.columns;
    for (let column = 0; column < columns; column += 1) {
      const at = from + Math.floor(((column + 0.5) / columns) * mask.columns);
      resampled[row * columns + column] = mask.probability[at] ?? 0;
    }
  }
  return resampled;
}

/** The face's square is so many times as large as the distance from the eyes to the mouth. */
const FACE_MARGIN = 3;
/** BlazePose's numbers of the corners of the mouth. */
const MOUTH = [9, 10] as const;

function faceOf(image: RgbImage, { landmarks }: Pose): Uint8Array {
  const eyes = middleOf(landmarks, image, [LANDMARK.leftEye, LANDMARK.rightEye]);
  const mouth = middleOf(landmarks, image, MOUTH);
  const square = squareBetween(eyes, mouth, FACE_MARGIN);
  const size = Math.max(square.size, 1);
  return greyOf(warpSquare(image, { ...square, size }, { size: FACE_SIDE, border: 'replicate' }));
}

function greyOf(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = rgb.subarray(3 * pixel, 3 * pixel + 3);
    grey[pixel] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  return grey;
}
