/** The records of the photo sets, as people with measured photos. */
import type { PhotoObservation } from '../../src/pose.ts';
import { figuresIn } from '../../src/sizing/figure.ts';
import { photoEvidence } from '../../src/sizing/photo-evidence.ts';
import type { Maker, PersonRecord } from '../data-sets.ts';
import type { CameraPhoto, JudgedPhoto, KnownPerson, PhotographedPerson } from './people.ts';

/** As `measured`, for a photo of the grid of cameras. */
export function cameraPhoto(person: PersonRecord, photo: PhotoObservation): CameraPhoto {
  const { body, distance_m, height_m, yaw_deg } = person.grid ?? {
    body: 0,
    distance_m: 0,
    height_m: 0,
    yaw_deg: 0,
  };
  const camera = { distanceM: distance_m, heightM: height_m, yawDegrees: yaw_deg };
  return { ...measured(person, photo), camera, body };
}

/** Clothes that show the body's outline. */
const TIGHT: readonly Maker[] = ['painted', 'fitted', 'people'];

/** Throws when the photo shows no person to measure. */
export function measured(person: PersonRecord, photo: PhotoObservation): PhotographedPerson {
  const known = knownPerson(person);
  const figures = figuresIn(photo);
  const evidence = figures && photoEvidence(figures, known.heightCm);
  if (!figures || !evidence) throw new Error(`${person.file} cannot be measured`);
  const { file, kind: maker = 'people', fold = 0, stature_cm: statureCm, silhouette } = person;
  const pxPerCm = silhouette
    ? { chest: silhouette.chest.px_per_cm, hip: silhouette.hip.px_per_cm }
    : null;
  const dressed = !TIGHT.includes(maker);
  const shown = { file, person: person.person ?? file, maker, dressed, fold };
  return { ...known, ...shown, statureCm, pxPerCm, figures, evidence };
}

/** For the photo check. */
export function judgedPhoto(
  set: string,
  person: PersonRecord,
  photo: PhotoObservation,
): JudgedPhoto {
  return {
    set,
    file: person.file,
    usable: person.role === 'positive',
    strict: person.strict,
    reasons: person.reasons,
    heightCm: person.stature_cm ?? 170,
    photo,
  };
}

function knownPerson(person: PersonRecord): KnownPerson {
  return {
    sex: person.sex,
    heightCm: person.told_height_cm ?? person.stature_cm,
    weightKg: person.told_weight_kg ?? person.weight_kg,
    ageYears: person.age_years,
    chest: person.girths_cm.chest,
    waist: person.girths_cm.waist_navel,
    hip: person.girths_cm.hip,
    bideltoid: person.breadths_cm.bideltoid,
    waistBreadth: person.breadths_cm.waist_navel,
    hipBreadth: person.breadths_cm.hip,
    inseam: person.heights_cm.crotch,
  };
}
