/** Bad results: what image models get wrong, planted into pictures. */
import sharp from 'sharp';
import type { PictureView } from '../../src/ports/picture-views.ts';
import { LANDMARK, type LandmarkName } from '../../src/pose.ts';
import { viewOf } from './cached-views.ts';
import { dressed, HEIGHT, WIDTH } from './dressed.ts';

/** One person's photo and pictures, and someone else's. */
export interface Scene {
  readonly index: number;
  readonly person: Uint8Array;
  readonly garment: Uint8Array;
  readonly other: Uint8Array;
}

const JPEG = { quality: 90 } as const;

/** The good picture of the person, in the garment. */
function good({ person, garment }: Scene): Promise<Uint8Array> {
  return dressed(person, garment);
}

/** The photo as it was, put into the size asked for and encoded again. */
async function unchanged({ person, index }: Scene): Promise<Uint8Array> {
  const picture = sharp(await undressed(person));
  const light = [picture, picture.linear(1.05, 4), picture.linear([1.04, 1, 0.95], [3, 0, -2])];
  return (light[index % 3] ?? picture).jpeg({ quality: 60 + (index % 4) * 10 }).toBuffer();
}

/** The photo in the middle of the picture; what it does not fill is a blurred copy of it. */
export async function undressed(person: Uint8Array): Promise<Uint8Array> {
  const small = await sharp(person)
    .resize(WIDTH / 4, HEIGHT / 4, { fit: 'cover' })
    .toBuffer();
  const back = await sharp(small).blur(5).resize(WIDTH, HEIGHT).toBuffer();
  const { width = 1, height = 1 } = await sharp(person).metadata();
  const fit = width * HEIGHT > height * WIDTH ? 'cover' : 'inside';
  const front = await sharp(person).resize(WIDTH, HEIGHT, { fit }).toBuffer();
  return sharp(back)
    .composite([{ input: front }])
    .jpeg(JPEG)
    .toBuffer();
}

/** One colour, or going from one to another. */
export async function blank({ index }: Pick<Scene, 'index'>): Promise<Uint8Array> {
  const colours = ['#8c8c8c', '#ffffff', '#000000', '#c8b8a0', '#406080'];
  const [from, to] = [index, index + (index % 2)].map((at) => colours[at % colours.length]);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><linearGradient id="g" y2="1"><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient><rect width="100%" height="100%" fill="url(#g)"/></svg>`;
  return sharp(Buffer.from(svg)).jpeg(JPEG).toBuffer();
}

/** Someone else in a picture of their own, as when another customer's or the garment's model comes back. */
function anotherPerson({ other, garment }: Scene): Promise<Uint8Array> {
  return dressed(other, garment);
}

/** The person again, smaller or as large, next to the first one and partly behind the edge or the first. */
async function twoPeople(scene: Scene): Promise<Uint8Array> {
  const [picture, second] = [await good(scene), await dressed(scene.other, scene.garment)];
  const side = scene.index % 2 === 0 ? -1 : 1;
  const scale = 0.8 + 0.1 * (scene.index % 3);
  const figure = await cutOut(second, scale);
  const place = { x: WIDTH / 2 + side * WIDTH * 0.3, y: HEIGHT * (1 - scale / 2) };
  return compose(picture, figure, place);
}

/** Feet, legs or the head cut off: the rest fills the picture. */
async function cutOff(scene: Scene): Promise<Uint8Array> {
  const shares = [
    [0, 0.55],
    [0, 0.65],
    [0.25, 1],
    [0.1, 0.6],
  ] as const;
  const [from, to] = shares[scene.index % 4] ?? shares[0];
  const height = Math.round((to - from) * HEIGHT);
  const width = Math.round((to - from) * WIDTH);
  const top = Math.round(from * HEIGHT);
  const left = Math.round((WIDTH - width) / 2);
  return sharp(await good(scene))
    .extract({ left, top, width, height })
    .resize(WIDTH, HEIGHT)
    .jpeg(JPEG)
    .toBuffer();
}

async function mirrored(scene: Scene): Promise<Uint8Array> {
  return sharp(await good(scene))
    .flop()
    .jpeg(JPEG)
    .toBuffer();
}

async function wrongSize(scene: Scene): Promise<Uint8Array> {
  const sizes = [
    [WIDTH, WIDTH],
    [HEIGHT, WIDTH],
    [WIDTH / 2, HEIGHT / 2],
    [WIDTH, Math.round(WIDTH * (4 / 3))],
  ] as const;
  const [width, height] = sizes[scene.index % 4] ?? sizes[0];
  return sharp(await good(scene))
    .resize(width, height, { fit: 'cover' })
    .jpeg(JPEG)
    .toBuffer();
}

/** The garment alone on white, or where the person was. */
async function garmentWithoutPerson(scene: Scene): Promise<Uint8Array> {
  if (scene.index % 2 === 0) {
    return sharp(scene.garment)
      .resize(WIDTH, HEIGHT, { fit: 'contain', background: '#ffffff' })
      .jpeg(JPEG)
      .toBuffer();
  }
  const [bare, worn] = [await dressed(scene.person, null), await good(scene)];
  const raw = (file: Uint8Array) => sharp(file).removeAlpha().raw().toBuffer();
  const [before, after] = [await raw(bare), await raw(worn)];
  const empty = await raw(await paintOutPerson(bare));
  for (let at = 0; at < after.length; at += 3) {
    const change = [0, 1, 2].map((c) => Math.abs((after[at + c] ?? 0) - (before[at + c] ?? 0)));
    if (Math.max(...change) > 40) empty.set(after.subarray(at, at + 3), at);
  }
  return sharp(empty, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();
}

/** Someone else in the same clothes, at the same place before the same background. */
export async function impostor(scene: Scene): Promise<Uint8Array> {
  const picture = await dressed(scene.person, null);
  const second = await dressed(scene.other, scene.garment);
  const [mine, theirs] = [await placeOf(picture), await placeOf(second)];
  const scale = mine.length / theirs.length;
  const figure = await cutOut(second, scale);
  const place = {
    x: mine.x + (WIDTH / 2 - theirs.x) * scale,
    y: mine.y + (HEIGHT / 2 - theirs.y) * scale,
  };
  return compose(await paintOutPerson(picture), figure, place);
}

/** What is planted, by name. */
export const FAULTS: Readonly<Record<string, (scene: Scene) => Promise<Uint8Array>>> = {
  unchanged,
  blank,
  'another person': anotherPerson,
  'two people': twoPeople,
  'cut off': cutOff,
  mirrored,
  'wrong size': wrongSize,
  'garment without a person': garmentWithoutPerson,
};

async function maskOf(view: PictureView, grow: number): Promise<Buffer> {
  const { columns, rows } = view.thumbnail;
  const mask = view.person?.mask ?? new Uint8Array(columns * rows);
  const large = sharp(mask, { raw: { width: columns, height: rows, channels: 1 } })
    .resize(WIDTH, HEIGHT, { fit: 'fill' })
    .toColourspace('b-w');
  return (grow > 0 ? large.blur(grow).linear(6, 0) : large.linear(3, -255)).raw().toBuffer();
}

/** The person of a picture as a transparent PNG of the whole picture's shape, `scale` times as large. */
async function cutOut(picture: Uint8Array, scale: number): Promise<Buffer> {
  const view = await viewOf(picture);
  if (view === null) throw new Error('a picture does not decode');
  const alpha = await maskOf(view, 0);
  const figure = await sharp(picture)
    .joinChannel(alpha, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return sharp(figure)
    .resize(Math.round(WIDTH * scale), Math.round(HEIGHT * scale), { fit: 'fill' })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** Lays the figure over the picture, its middle at `place`; what lies outside is cut. */
async function compose(
  picture: Uint8Array,
  figure: Buffer,
  place: { x: number; y: number },
): Promise<Uint8Array> {
  const { width, height } = await sharp(figure).metadata();
  const canvas = await sharp(figure)
    .extend({ left: WIDTH, right: WIDTH, top: HEIGHT, bottom: HEIGHT, background: '#00000000' })
    .png({ compressionLevel: 1 })
    .toBuffer();
  const whole = await sharp(canvas)
    .extract({
      left: Math.round(WIDTH + width / 2 - place.x),
      top: Math.round(HEIGHT + height / 2 - place.y),
      width: WIDTH,
      height: HEIGHT,
    })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return sharp(picture)
    .composite([{ input: whole }])
    .jpeg(JPEG)
    .toBuffer();
}

/** The picture with its person painted over: a strongly blurred copy of what surrounds them. */
export async function paintOutPerson(picture: Uint8Array): Promise<Uint8Array> {
  const view = await viewOf(picture);
  if (view === null) throw new Error('a picture does not decode');
  const covered = await maskOf(view, 7);
  const { data } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  for (let row = 0; row < HEIGHT; row += 1) bridgeRow(data, covered, row);
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();
}

/** Goes evenly from what is left of every covered stretch to what is right of it. */
function bridgeRow(data: Buffer, covered: Buffer, row: number): void {
  const isCovered = (column: number) => (covered[row * WIDTH + column] ?? 0) > 100;
  for (let start = 0; start < WIDTH; start += 1) {
    if (!isCovered(start)) continue;
    let end = start;
    while (end < WIDTH && isCovered(end)) end += 1;
    const [left, right] = [Math.max(start - 1, 0), Math.min(end, WIDTH - 1)];
    for (let column = start; column < end; column += 1) {
      const share = (column - start + 1) / (end - start + 1);
      for (let channel = 0; channel < 3; channel += 1) {
        const at = (c: number) => data[3 * (row * WIDTH + c) + channel] ?? 0;
        data[3 * (row * WIDTH + column) + channel] = at(left) + share * (at(right) - at(left));
      }
    }
    start = end;
  }
}

/** The middle between shoulders and hips, and the distance between them, in pixels. */
async function placeOf(picture: Uint8Array): Promise<{ x: number; y: number; length: number }> {
  const landmarks = (await viewOf(picture))?.person?.landmarks;
  const at = (name: LandmarkName) => ({
    x: (landmarks?.[LANDMARK[name]]?.x ?? 0.5) * WIDTH,
    y: (landmarks?.[LANDMARK[name]]?.y ?? 0.5) * HEIGHT,
  });
  const [left, right] = [at('leftShoulder'), at('rightShoulder')];
  const [leftHip, rightHip] = [at('leftHip'), at('rightHip')];
  const x = (left.x + right.x + leftHip.x + rightHip.x) / 4;
  const [top, bottom] = [(left.y + right.y) / 2, (leftHip.y + rightHip.y) / 2];
  return { x, y: (top + bottom) / 2, length: Math.max(bottom - top, 1) };
}
