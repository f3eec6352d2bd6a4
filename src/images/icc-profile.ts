/**
 * Colour profiles (ICC.1:2022): which of those in files a decoder may follow, and how one
 * is written for a picture that describes its colours in other words.
 */
import { latin1, viewOf } from './bytes.ts';

/** The colour space of the pixels, in the four letters of a profile's header. */
export type ProfileSpace = 'RGB ' | 'GRAY' | 'CMYK';

/** Larger ones are left out. Printing profiles take 0.5 to 3 MB, all others a few kB. */
export const MAX_PROFILE_BYTES = 4 * 1024 * 1024;

const HEADER_BYTES = 128;
const TAG_ENTRY_BYTES = 12;
/** 4.3, as a header holds it. */
const PROFILE_VERSION = 0x0430_0000;
const MAX_TAGS = 100;

/**
 * Does the profile describe such pixels? Its tags D2Bx are refused, since they hold any number of
 * calculations for every pixel; everything else that a decoder follows is bounded by its kind.
 */
export function isUsableProfile(profile: Uint8Array, space: ProfileSpace): boolean {
  if (profile.length < HEADER_BYTES + 4 || profile.length > MAX_PROFILE_BYTES) return false;
  if (latin1(profile, 36, 40) !== 'acsp' || latin1(profile, 16, 20) !== space) return false;
  const tags = viewOf(profile).getUint32(HEADER_BYTES);
  if (tags > MAX_TAGS || HEADER_BYTES + 4 + tags * TAG_ENTRY_BYTES > profile.length) return false;
  for (let tag = 0; tag < tags; tag += 1) {
    const at = HEADER_BYTES + 4 + tag * TAG_ENTRY_BYTES;
    if (latin1(profile, at, at + 3) === 'D2B') return false;
  }
  return true;
}

/** Coordinates on the chromaticity diagram (CIE 1931). */
export type Chromaticity = readonly [x: number, y: number];

/** The colours of a picture's primaries and of its white. */
export interface Primaries {
  readonly white: Chromaticity;
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
}

/**
 * From a sample s (0 to 1) to light: `(a·s + b)^g` from `d` on and `c·s` below; an ICC parametric
 * curve of type 3.
 */
export type Curve = readonly [g: number, a: number, b: number, c: number, d: number];

export const D65: Chromaticity = [0.3127, 0.329];
export const SRGB_PRIMARIES = primaries(D65, [0.64, 0.33], [0.3, 0.6], [0.15, 0.06]);

export function primaries(
  white: Chromaticity,
  red: Chromaticity,
  green: Chromaticity,
  blue: Chromaticity,
): Primaries {
  return { white, red, green, blue };
}

/** What turns light of these primaries (a column of red, green and blue) into light of sRGB's. */
export function conversionMatrix(from: Primaries): Matrix {
  const toSrgb = inverse(transpose(adaptedColumns(SRGB_PRIMARIES)));
  const [red, green, blue] = adaptedColumns(from);
  return transpose([times(toSrgb, red), times(toSrgb, green), times(toSrgb, blue)]);
}

/** A profile of RGB pixels, or of grey ones when `primaries` is null. */
export function writeProfile(primaries: Primaries | null, curve: Curve): Uint8Array {
  const trc = parametricCurve(curve);
  const tags: [string, Uint8Array][] = [['wtpt', xyz(D50)]];
  if (primaries === null) tags.push(['kTRC', trc]);
  else {
    const columns = adaptedColumns(primaries);
    for (const [at, name] of ['r', 'g', 'b'].entries()) {
      tags.push([`${name}XYZ`, xyz(columns[at] ?? D50)], [`${name}TRC`, trc]);
    }
  }
  return assemble(primaries === null ? 'GRAY' : 'RGB ', tags);
}

function assemble(space: ProfileSpace, tags: readonly [string, Uint8Array][]): Uint8Array {
  const dataFrom = HEADER_BYTES + 4 + tags.length * TAG_ENTRY_BYTES;
  const head = Buffer.alloc(dataFrom);
  const size = tags.reduce((sum, [, data]) => sum + data.length, dataFrom);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(PROFILE_VERSION, 8);
  head.write(`mntr${space}XYZ `, 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  xyz(D50).copy(head, 68, 8);
  head.writeUInt32BE(tags.length, HEADER_BYTES);
  let offset = dataFrom;
  for (const [at, [name, data]] of tags.entries()) {
    const entry = HEADER_BYTES + 4 + at * TAG_ENTRY_BYTES;
    head.write(name, entry, 'latin1');
    head.writeUInt32BE(offset, entry + 4);
    head.writeUInt32BE(data.length, entry + 8);
    offset += data.length;
  }
  return Buffer.concat([head, ...tags.map(([, data]) => data)]);
}

type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** The white of every profile. */
const D50: Vector = [0.9642, 1, 0.8249];

/** Bradford's cone responses, in which whites are adapted (ICC.1:2022, annex E). */
const CONES: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

function xyz(values: Vector): Buffer {
  return fixedPoints('XYZ ', values);
}

function parametricCurve(curve: Curve): Buffer {
  const data = fixedPoints('para', [0, ...curve]);
  data.writeUInt32BE(0x0003_0000, 8);
  return data;
}

/** A tag of numbers with 16 bits behind the point. */
function fixedPoints(type: string, values: readonly number[]): Buffer {
  const data = Buffer.alloc(8 + 4 * values.length);
  data.write(type, 'latin1');
  for (const [at, value] of values.entries())
    data.writeInt32BE(Math.round(value * 65_536), 8 + 4 * at);
  return data;
}

/** The tristimulus values of red, green and blue at full strength, under D50. */
function adaptedColumns({ white, red, green, blue }: Primaries): Matrix {
  const primaries = [tristimulus(red), tristimulus(green), tristimulus(blue)] as const;
  const strengths = times(inverse(transpose(primaries)), tristimulus(white));
  const from = times(CONES, tristimulus(white));
  const to = times(CONES, D50);
  const toXyz = inverse(CONES);
  const adapted = (at: 0 | 1 | 2) => {
    const cones = times(CONES, scaled(primaries[at], strengths[at]));
    return times(
      toXyz,
      mapVector(cones, (cone, of) => (cone * to[of]) / from[of]),
    );
  };
  return [adapted(0), adapted(1), adapted(2)];
}

function tristimulus([x, y]: Chromaticity): Vector {
  return [x / y, 1, (1 - x - y) / y];
}

function mapVector(vector: Vector, change: (value: number, at: 0 | 1 | 2) => number): Vector {
  return [change(vector[0], 0), change(vector[1], 1), change(vector[2], 2)];
}

function scaled(vector: Vector, factor: number): Vector {
  return mapVector(vector, (value) => value * factor);
}

function times(matrix: Matrix, [x, y, z]: Vector): Vector {
  const row = ([a, b, c]: Vector) => a * x + b * y + c * z;
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
}

function transpose([a, b, c]: Matrix): Matrix {
  return [
    [a[0], b[0], c[0]],
    [a[1], b[1], c[1]],
    [a[2], b[2], c[2]],
  ];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function inverse([a, b, c]: Matrix): Matrix {
  const bc = cross(b, c);
  const determinant = a[0] * bc[0] + a[1] * bc[1] + a[2] * bc[2];
  return transpose([
    scaled(bc, 1 / determinant),
    scaled(cross(c, a), 1 / determinant),
    scaled(cross(a, b), 1 / determinant),
  ]);
}
