/**
 * A progressive JPEG of few bytes and many scans, each of which has a decoder go over all blocks.
 * It is a sound file: every scan refines another bit of another coefficient.
 */

const HIGHEST_BIT = 13;
const COEFFICIENTS = 63;

/** Grey, of one colour, with `scans` scans: from 1 to 882. Each side a multiple of 8. */
export function scanBomb(widthPx: number, heightPx: number, scans: number): Buffer {
  const blocks = (widthPx / 8) * (heightPx / 8);
  const nothing = endOfBands(blocks);
  const parts = [
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(0xc2, [8, heightPx >> 8, heightPx & 255, widthPx >> 8, widthPx & 255, 1, 1, 0x11, 0]),
    // One code of one bit each: a DC difference of none, and a run of 2^14 and more empty bands.
    segment(0xc4, [0x00, 1, ...Array<number>(15).fill(0), 0x00]),
    segment(0xc4, [0x10, 1, ...Array<number>(15).fill(0), 0xe0]),
    scan(0, 0, 0),
    Buffer.alloc(Math.ceil(blocks / 8)),
  ];
  for (let at = 0; at < scans - 1; at += 1) {
    const coefficient = 1 + (at % COEFFICIENTS);
    const bit = HIGHEST_BIT - Math.floor(at / COEFFICIENTS);
    parts.push(scan(coefficient, bit === HIGHEST_BIT ? 0 : bit + 1, bit), nothing);
  }
  return Buffer.concat([...parts, Buffer.from([0xff, 0xd9])]);
}

function segment(marker: number, data: readonly number[]): Buffer {
  return Buffer.from([0xff, marker, 0, data.length + 2, ...data]);
}

function scan(coefficient: number, high: number, low: number): Buffer {
  return segment(0xda, [1, 1, 0x00, coefficient, coefficient, (high << 4) | low]);
}

/** Says of all blocks that their bands are empty: a code, and 14 bits that add to its 2^14. */
function endOfBands(blocks: number): Buffer {
  const longest = 2 ** 15 - 1;
  let bits = '';
  for (let left = blocks; left > 0; left -= longest) {
    const run = Math.max(2 ** 14, Math.min(left, longest));
    bits += `0${(run - 2 ** 14).toString(2).padStart(14, '0')}`;
  }
  const bytes = [];
  for (let at = 0; at < bits.length; at += 8) {
    const byte = Number.parseInt(bits.slice(at, at + 8).padEnd(8, '1'), 2);
    bytes.push(byte);
    if (byte === 0xff) bytes.push(0);
  }
  return Buffer.from(bytes);
}
