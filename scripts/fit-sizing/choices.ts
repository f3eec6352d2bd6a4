/** What `npm run fit:sizing` takes as given. */

/** Choices that the decision document argues for; the report varies none of them. */
export const CHOICES = {
  /** Ridge on the slopes of the photo model (features in cm on body parts in cm). */
  ridge: 10,
  /** Ridge on the difference between the sexes. */
  ridgeMale: 2,
  /** Ridge on the standardised terms of the perspective, per photo. */
  ridgePerspective: 1e-3,
  /** How far correlations between the features' errors are drawn to zero. */
  shrinkCorrelations: 0.1,
  /** Degrees of freedom of the features' errors: how little photos far from the others count. */
  noiseFreedom: 4,
  /** The noise of unseen people against that of the fitted ones. */
  noiseInflation: 1.3,
  /** Everyday: as measured on people's own photos (decision 71). */
  fits: {
    tight: { share: 0.1, noiseFactor: 1 },
    loose: { share: 0.25, noiseFactor: 1 },
    everyday: { share: 0.6, noiseFactor: 3 },
    odd: { share: 0.05, noiseFactor: 12 },
  },
  /**
   * The build (`buildOf`) at 170 cm of those who are heavier than soldiers: the second of two normal
   * distributions fitted on US adults of 18 to 59 (NHANES 2009-2012), with half of its share there.
   */
  heavy: {
    female: { mean: 7.6, sd: 8.7, share: 0.25 },
    male: { mean: 9.6, sd: 8.1, share: 0.11 },
  },
} as const;
