/**
 * The one thing of a photo's EXIF that decoding needs: which way is up. The rest (place, time,
 * camera, a preview) reaches no decoder, and neither does the block itself.
 */
import { latin1, viewOf } from './bytes.ts';

/** How a stored picture is to be turned, 1 to 8; 1 is upright (EXIF 2.3, tag 0x0112). */
type Orientation = number;

const TAG = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;

/** The orientation in a TIFF block (EXIF without its `Exif\0\0`); 1 where it says none. */
export function readOrientation(tiff: Uint8Array): Orientation {
  const order = latin1(tiff, 0, 4);
  if (tiff.length < 14 || (order !== 'II*\0' && order !== 'MM\0*')) return 1;
  const little = order === 'II*\0';
  const view = viewOf(tiff);
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + entry * ENTRY_BYTES;
    if (at + ENTRY_BYTES > tiff.length) return 1;
    if (view.getUint16(at, little) !== TAG) continue;
    const value = view.getUint16(at + 8, little);
    return view.getUint16(at + 2, little) === SHORT && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** A TIFF block that holds nothing but the orientation. */
export function writeOrientation(orientation: Orientation): Uint8Array {
  const tiff = Buffer.alloc(26);
  tiff.write('MM\0*\0\0\0\x08\0\x01', 'latin1');
  tiff.writeUInt16BE(TAG, 10);
  tiff.writeUInt16BE(SHORT, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}
