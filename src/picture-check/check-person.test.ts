import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { PictureView } from '../ports/picture-views.ts';
import { checkPerson } from './check-person.ts';

/** A grey wall with something blue in columns 30 to 69, from row 40 to before `to`; `noise` in levels. */
function wall(to: number, noise = 0) {
  const [columns, rows] = [100, 150];
  const rgb = new Uint8Array(3 * columns * rows);
  for (let cell = 0; cell < columns * rows; cell += 1) {
    const [x, y] = [cell % columns, Math.floor(cell / columns)];
    const isThing = x >= 30 && x < 70 && y >= 40 && y < to;
    const grey = 200 + noise * (((x + y) % 3) - 1);
    rgb.set(isThing ? [20, 40, 160] : [grey, grey, grey], 3 * cell);
  }
  return { columns, rows, rgb };
}
const INSIDE = wall(110);
const THUMBNAIL = wall(150);
const PERSON = {
  ...{ landmarks: [], mask: new Uint8Array(1), face: new Uint8Array(), luminance: 0.4 },
  size: 0.9,
};
const PHOTO: PictureView = {
  ...{ widthPx: 600, heightPx: 800, luminance: 0.5, detectorScore: 0.98, people: 1 },
  ...{ person: PERSON, thumbnail: THUMBNAIL },
};
const NO_PERSON = { ...PHOTO, people: 0, person: null };

it('a photo of a person passes', () => {
  assert.equal(checkPerson(PHOTO), null);
});

it('a photo with a weak detection passes: it may be a trunk without a head', () => {
  assert.equal(checkPerson({ ...NO_PERSON, detectorScore: 0.3 }), null);
});

it('a garment before a plain wall is refused', () => {
  const garment = { ...NO_PERSON, detectorScore: 0.25, thumbnail: INSIDE };
  assert.equal(checkPerson(garment), 'no_person');
  assert.equal(checkPerson({ ...garment, thumbnail: wall(110, 15) }), 'no_person');
  assert.equal(checkPerson({ ...garment, detectorScore: 0.4 }), null);
});

it('a part of a person before a plain wall passes: it reaches the edge', () => {
  assert.equal(checkPerson({ ...NO_PERSON, detectorScore: 0.1, thumbnail: wall(150) }), null);
});

it('someone before a busy background passes', () => {
  assert.equal(checkPerson({ ...NO_PERSON, detectorScore: 0.1, thumbnail: wall(110, 60) }), null);
});

it('a photo without any trace of a person is refused', () => {
  assert.equal(checkPerson({ ...NO_PERSON, detectorScore: 0.01 }), 'no_person');
});

it('a black photo is refused, a dim one passes', () => {
  assert.equal(checkPerson({ ...NO_PERSON, luminance: 0.01 }), 'too_dark');
  assert.equal(checkPerson({ ...PHOTO, luminance: 0.05 }), null);
});

it('a person of a few pixels is refused', () => {
  assert.equal(checkPerson({ ...PHOTO, person: { ...PERSON, size: 0.05 } }), 'too_small');
});
