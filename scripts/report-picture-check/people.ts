/** The people whom the report judges the checks on: photos as the worker prepares them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { Semaphore } from '../../src/concurrency/semaphore.ts';
import { prepareImage } from '../../src/tryon/resize.ts';
import { MANY, recordsIn } from '../data-sets.ts';

export interface PersonPhoto {
  readonly name: string;
  /** As it goes to the image model. */
  readonly jpeg: Uint8Array;
}

const DECODING = new Semaphore(500_000_000);
const NEVER = new AbortController().signal;

/** The photo as a task's: upright, at most 1024 px, JPEG. */
export function prepared(file: Uint8Array): Promise<Uint8Array> {
  return prepareImage(file, DECODING, NEVER);
}

/** One photo of each of `count` different people of the set `people-many`, spread over all of it. */
export async function differentPeople(data: string, count: number): Promise<PersonPhoto[]> {
  const records = recordsIn(await readFile(join(data, MANY, 'people.jsonl')));
  const firsts = [...new Map(records.map((record) => [record.person, record])).values()];
  const chosen = Array.from(
    { length: count },
    (_, index) => firsts[Math.floor((index * firsts.length) / count)],
  );
  return Promise.all(
    chosen.flatMap((record) => (record === undefined ? [] : [photoOf(data, record.file)])),
  );
}

async function photoOf(data: string, file: string): Promise<PersonPhoto> {
  const bytes = await readFile(join(data, MANY, 'images', file));
  return { name: file, jpeg: await prepared(bytes) };
}

/** Parts of a photo that people send for a try-on, by where they are cut (shares of the height). */
export const CROPS = [
  ['upper half', [0, 0.55]],
  ['head to knees', [0, 0.75]],
  ['no head', [0.22, 1]],
  ['trunk only', [0.2, 0.65]],
] as const;

/** A part of the photo, another one for each number. */
export async function croppedTo(
  { name, jpeg }: PersonPhoto,
  index: number,
): Promise<PersonPhoto & { readonly crop: string }> {
  const [crop, [from, to]] = CROPS[index % CROPS.length] ?? CROPS[0];
  const { width, height } = await sharp(jpeg).metadata();
  const cut = await sharp(jpeg)
    .extract({
      left: 0,
      width,
      top: Math.round(from * height),
      height: Math.round((to - from) * height),
    })
    .jpeg({ quality: 90 })
    .toBuffer();
  return { name: `${name}, ${crop}`, crop, jpeg: await prepared(cut) };
}
