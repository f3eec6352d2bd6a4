/** All pictures that the picture check is judged on, as views. */
import type { PictureView } from '../../src/ports/picture-views.ts';
import { viewOf } from './cached-views.ts';
import { dressed, garmentFor, HARMLESS, harmless } from './dressed.ts';
import { FAULTS, impostor, type Scene } from './faults.ts';
import { croppedTo, differentPeople, type PersonPhoto } from './people.ts';

export interface Case {
  /** What was done, such as `warmer` or `two people`. */
  readonly kind: string;
  readonly isGood: boolean;
  readonly person: PictureView;
  /** Null where it does not decode. */
  readonly result: PictureView | null;
}

const PEOPLE = 100;
/** How far on in the list another person with the same garment is. */
const OTHER = 36;
/** Every nth person is also shown in part, or replaced by someone else. */
const [PART_EVERY, IMPOSTOR_EVERY] = [2, 4];

/** The kind whose limit is not enforced: such a picture cannot be distinguished from a good one. */
export const SAME_SCENE = 'another person, same scene';

/** Every case, made where it is not in the cache. */
export async function* pictureCases(data: string): AsyncGenerator<Case> {
  const people = await differentPeople(data, PEOPLE);
  for (const [index, person] of people.entries()) {
    yield* casesOf(index, person, people[(index + OTHER) % PEOPLE] ?? person);
  }
}

async function* casesOf(
  index: number,
  person: PersonPhoto,
  other: PersonPhoto,
): AsyncGenerator<Case> {
  const garment = await garmentFor(index);
  const view = await viewOf(person.jpeg);
  if (view === null) throw new Error(`${person.name} does not decode`);
  const scene: Scene = { index, person: person.jpeg, garment, other: other.jpeg };
  const base = { person: view };
  const picture = await dressed(person.jpeg, garment);
  const [asMade = '', ...edits] = Object.keys(HARMLESS);
  for (const kind of [asMade, edits[index % edits.length] ?? asMade]) {
    const result = await viewOf(await harmless(picture, kind, index));
    yield { ...base, kind, isGood: true, result };
  }
  const planted = index % IMPOSTOR_EVERY === 0 ? { ...FAULTS, [SAME_SCENE]: impostor } : FAULTS;
  for (const [kind, plant] of Object.entries(planted)) {
    yield { ...base, kind, isGood: false, result: await viewOf(await plant(scene)) };
  }
  if (index % PART_EVERY !== 0) return;
  const part = await croppedTo(person, index / PART_EVERY);
  const seen = await viewOf(part.jpeg);
  if (seen === null) throw new Error(`${part.name} does not decode`);
  const result = await viewOf(await dressed(part.jpeg, garment));
  yield { kind: part.crop, isGood: true, person: seen, result };
}
