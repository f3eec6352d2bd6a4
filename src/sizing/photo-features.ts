/** The breadths that are read off a photo. Decisions 6 and 60 say why these and no others. */

/** What is measured, in cm. */
export const PHOTO_FEATURES = [
  /** Between the shoulder joints, as the pose model sees them. */
  'shoulderJoints',
  /** Between the hip joints. */
  'hipJoints',
  /** Outline over both upper arms, at the shoulders. */
  'shoulderOutline',
  /** Outline of the trunk under the armpits; only where the arms stand off. */
  'chestOutline',
  /** Outline of the trunk without arms, from the lower ribs to the hip joints. */
  'trunkOutline',
  /** Outline around the hip joints. */
  'hipOutline',
  /** From the line of the upper arm's joints to its outer border, mean of both. */
  'upperArmOutline',
  /** The same of the forearm: sleeves show how loose a shirt is. */
  'forearmOutline',
  /** From the line of the thigh's joints to its outer border, mean of both. */
  'thighOutline',
  /** Outlines of one leg, mean of both: trousers stand off differently at each. */
  'upperThighOutline',
  'lowerThighOutline',
  'calfOutline',
  'shinOutline',
  /** From the ankles down to the lowest point of the feet: soles, and how far the camera looks down. */
  'ankleToSole',
] as const;
export type PhotoFeature = (typeof PHOTO_FEATURES)[number];

/** Null: not measurable in this photo. */
export type PhotoFeatures = Readonly<Record<PhotoFeature, number | null>>;
