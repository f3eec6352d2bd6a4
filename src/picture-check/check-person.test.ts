import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { PictureView } from '../ports/picture-views.ts';
import { checkPerson } from './check-person.ts';

const THUMBNAIL = { columns: 1, rows: 1, rgb: new Uint8Array(3) };
const PERSON = {
  ...{ landmarks: [], mask: new Uint8Array(1), face: new Uint8Array(), luminance: 0.4 },
  size: 0.9,
};
const PHOTO: PictureView = {
  ...{ widthPx: 600, heightPx: 800, luminance: 0.5, detectorScore: 0.98, people: 1 },
  ...{ person: PERSON, thumbnail: THUMBNAIL },
};
const NOBODY = { ...PHOTO, people: 0, person: null };

it('a photo of a person passes', () => {
  assert.equal(checkPerson(PHOTO), null);
});

it('a photo with a weak detection passes: it may be a trunk without a head', () => {
  assert.equal(checkPerson({ ...NOBODY, detectorScore: 0.3 }), null);
});

it('a photo without any trace of a person is refused', () => {
  assert.equal(checkPerson({ ...NOBODY, detectorScore: 0.01 }), 'no_person');
});

it('a black photo is refused, a dim one passes', () => {
  assert.equal(checkPerson({ ...NOBODY, luminance: 0.01 }), 'too_dark');
  assert.equal(checkPerson({ ...PHOTO, luminance: 0.05 }), null);
});

it('a person of a few pixels is refused', () => {
  assert.equal(checkPerson({ ...PHOTO, person: { ...PERSON, size: 0.05 } }), 'too_small');
});
