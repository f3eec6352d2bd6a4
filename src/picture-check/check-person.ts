/**
 * Does the photo show no person that an image model could dress? Half bodies, missing heads, seated
 * people, backs and mirror photos are normal photos for a try-on and pass. Measured in
 * docs/picture-check.md.
 */
import type { PictureView } from '../ports/picture-views.ts';

/** Below, the detector finds no person, not even in a trunk without a head. */
const LEAST_SCORE = 0.05;
/** Mean brightness of the photo, 0..1: below, nothing can be made out. */
const LEAST_LUMINANCE = 0.02;
/** Height of the person's square: below, a model could not tell the person's arms from the trunk. */
const LEAST_PERSON_PX = 64;

export const PERSON_REASONS = ['no_person', 'too_small', 'too_dark'] as const;

type PersonReason = (typeof PERSON_REASONS)[number];

/** Why no one in it could be dressed; null for every other photo. */
export function checkPerson(photo: PictureView): PersonReason | null {
  if (photo.luminance < LEAST_LUMINANCE) return 'too_dark';
  if (photo.person === null) return photo.detectorScore < LEAST_SCORE ? 'no_person' : null;
  return photo.person.size * photo.heightPx < LEAST_PERSON_PX ? 'too_small' : null;
}
