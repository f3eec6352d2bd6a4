/** The photos that the check before paying is judged on, as views. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { GARMENTS } from '../../local/samples/samples.ts';
import type { PictureView } from '../../src/ports/picture-views.ts';
import { viewOf } from './cached-views.ts';
import { blank, paintOutPerson, undressed } from './faults.ts';
import { CROPS, croppedTo, type PersonPhoto, prepared } from './people.ts';

export interface PersonCase {
  readonly kind: string;
  /** Whether a model could dress a person in it. */
  readonly isUsable: boolean;
  readonly view: PictureView;
}

/** Every nth of the 1,880 photos of people-many is used: whole, in part, and without its person. */
const [WHOLE_EVERY, IN_PART_EVERY, EMPTY_EVERY] = [6, 24, 48];
/** What these sets call unusable for sizes and no model can dress either. */
const EMPTY_SCENE = /no_person/;
const SEATED = /^pose-seated/;

/** Every photo, viewed where its view is not in the cache. */
export async function* personCases(data: string): AsyncGenerator<PersonCase> {
  for (const set of ['people', 'people-dressed']) {
    for await (const photo of photosIn(join(data, set, 'images'))) {
      const kind = /^hard_(.*)_\d+.*$/.exec(photo.name)?.[1]?.replaceAll('_', ' ') ?? 'whole body';
      yield* caseOf(
        photo,
        EMPTY_SCENE.test(photo.name) ? 'empty scene' : kind,
        !EMPTY_SCENE.test(photo.name),
      );
    }
  }
  for await (const photo of photosIn(join(data, '../cases'), SEATED)) {
    yield* caseOf(photo, 'seated', true);
  }
  let at = 0;
  for await (const photo of photosIn(join(data, 'people-many/images'), /./, WHOLE_EVERY)) {
    yield* caseOf(photo, 'whole body', true);
    if (at % (IN_PART_EVERY / WHOLE_EVERY) === 0) yield* partsOf(photo);
    if (at % (EMPTY_EVERY / WHOLE_EVERY) === 0) {
      const empty = await paintOutPerson(await undressed(photo.jpeg));
      yield* caseOf({ name: photo.name, jpeg: empty }, 'empty scene', false);
    }
    at += 1;
  }
  for (const [name, file] of Object.entries(GARMENTS)) {
    yield* caseOf({ name, jpeg: await prepared(await readFile(file)) }, 'garment alone', false);
  }
  for (let index = 0; index < 10; index += 1) {
    yield* caseOf({ name: `blank ${index}`, jpeg: await blank({ index }) }, 'blank', false);
  }
}

/** The photo in part, seated people's crops, from behind a mirror, dark, small. */
async function* partsOf(photo: PersonPhoto): AsyncGenerator<PersonCase> {
  for (const [index, [crop]] of CROPS.entries()) {
    yield* caseOf(await croppedTo(photo, index), crop, true);
  }
  const flopped = await sharp(photo.jpeg).flop().jpeg({ quality: 80 }).toBuffer();
  yield* caseOf({ ...photo, jpeg: flopped }, 'mirror photo', true);
  const dim = await sharp(photo.jpeg).linear(0.35).jpeg({ quality: 80 }).toBuffer();
  yield* caseOf({ ...photo, jpeg: dim }, 'dim light', true);
  const black = await sharp(photo.jpeg).linear(0.03).jpeg({ quality: 80 }).toBuffer();
  yield* caseOf({ ...photo, jpeg: black }, 'all but black', false);
  yield* caseOf({ ...photo, jpeg: await farAway(photo.jpeg) }, 'far away', false);
}

/** The photo as a speck, 4 % as high as the picture. */
async function farAway(jpeg: Uint8Array): Promise<Uint8Array> {
  const speck = await sharp(jpeg).resize({ height: 36 }).toBuffer();
  const create = { width: 675, height: 900, channels: 3, background: '#9aa0a6' } as const;
  return sharp({ create })
    .composite([{ input: speck }])
    .jpeg({ quality: 80 })
    .toBuffer();
}

async function* caseOf(
  { name, jpeg }: PersonPhoto,
  kind: string,
  isUsable: boolean,
): AsyncGenerator<PersonCase> {
  const view = await viewOf(jpeg);
  if (view === null) throw new Error(`${name} does not decode`);
  yield { kind, isUsable, view };
}

async function* photosIn(folder: string, matching = /./, every = 1): AsyncGenerator<PersonPhoto> {
  const files = (await readdir(folder)).sort().filter((file) => matching.test(file));
  for (const [index, file] of files.entries()) {
    if (index % every !== 0) continue;
    yield { name: file, jpeg: await prepared(await readFile(join(folder, file))) };
  }
}
