/** What docs/sizing-accuracy.md says around its tables. */
import type { PopulationWeights } from './population-weights.ts';

export const METHOD = `# How accurate the size recommendation is

Written by \`npm run report:sizing\`; do not edit. The coefficients come from \`npm run fit:sizing\`.

**On 15 real people in home photos, measured by tape, an earlier version recommended the right size from photo and height for 33 %** (from height alone 47 %; with weight and sex 80 %, and 87 % without the photo). This version has not been measured on real people. For a shop that means: ask for weight and sex, show the size range where the confidence is low, and take the figures below, which are for computer-made people, as the best case.

**On whom.** Computer-made people with exactly known girths, front view: 370 people in seven kinds of clothes from cameras 1.4 to 6 m away and 0.1 to 2 m high (more heavy and slim people than in a population), and two older kinds: 60 people with clothes painted on the skin ("undressed") and 40 in loose clothes ("dressed"). Their bodies imitate soldiers of the survey ANSUR II. The photos went through the worker's own pose engine; those that the photo check refuses are not judged.

**Inputs.** Height and weight as the people of the survey report them (height 1.9 cm too much on average); in the two older kinds the true ones. The relation between height, weight, sex, age and girths comes from 4,807 tape-measured people of the same survey; the renders imitate some of them, so baselines without a photo are judged on friendly ground.

**What is what.** Chest at nipple height (bust for women), hip at its largest, and the **waist at the navel**, not the natural waist, which is smaller by about 3 cm for men and 14 cm for women in a survey that measured both. \`shoulder_cm\` is bone to bone (biacromial) and \`inseam_cm\` crotch to floor; both follow from other measurements by tape-measured proportions and are not judged here. Sizes by the default chart (largest of the three girths: 84, 92, 100, 108, 116 cm). Errors are mean absolute errors in cm of chest / waist / hip.`;

export const AIMS = `Reached or missed by the figures of this page. "Unseen clothes" means that the maker of the clothes and cameras was left out of the fit. The time of a request is not measured here: \`npm run bench:pose\`.`;

export const EDITS = `Each photo of the two older kinds against nine variants of it that show the same: turned by up to 3°, mirrored, of other size, frame, light, colour, sharpness and compression. Judged by coefficients fitted without the person. By the default chart a few of the 100 people decide, those near its limits: its share is uncertain by 1.8 points without a weight and 1.0 with one (standard error over people). So the aims go by the mean of eight charts, the default one and the same with its limits, which are 8 cm apart, moved by -4 to 3 cm, which is uncertain by 0.7 and 0.3 points.`;

export const UNSEEN = `Each kind of clothes is judged by coefficients fitted without it and without the judged people (one of five folds at a time, so that everyone is judged). The cameras of all kinds are of one family.`;

export const HELP = `What the answer's \`would_help\` goes by ([decision 38](decisions/0038-what-would-help.md)): a weight is worth more than the photo; with a weight the sex helps and another photo does not. Without a weight tight clothes help, and in them arms apart from the trunk. An age made no difference here, and no data set has photos from the side of people with known girths, so such a photo is not asked for.`;

export const FLOOR = `How far photo and height could come on these photos ([decision 64](decisions/0064-judged-as-in-a-population.md)): with the camera known exactly 5.6 / 6.5 / 4.6 cm, with the exact outline of the clothed person at the height of the navel 5.2 / 5.6 / 4.4 and 52 %, at chest and hips as well no better, with that of the body under the clothes 3.7 / 2.6 / 2.4 and 68 %. So the error is made of the clothes, and of where the navel is under them: a guess from the joints misses its height by 2.2 cm, and the breadth there by 1.9 where the mask at the right height misses it by 0.8.`;

/** What the weighted table means. */
export function populationText({ people, effectivePeople }: PopulationWeights): string {
  return `The people of these photos are spread far wider than a population: heavy and slim ones were added, and from height alone their girths err by 8.7 / 10.7 / 7.8 cm where those of the survey err by 7.0 / 8.4 / 5.9. Here each person counts so that height, weight and sex are distributed as in the survey, both sexes alike (means, spreads and correlation of height and log weight; the ${people} people tell as much as ${effectivePeople.toFixed(0)} of equal weight). The aims were set on people of a still smaller spread, for whom height alone errs by 5.5 / 6.8 / 5.2 cm (46 % exact).`;
}

export const BODY_MASS = `Heavy people come out too small and slim ones too large, less so with a weight. Without one the worker expects more heavy people than the survey has ([decision 61](decisions/0061-heavier-than-soldiers.md)).`;

export const OLDER_KINDS = `Five-fold cross-validation by person over all kinds: no photo of the judged person was in the fit, but others in such clothes and from such cameras were. The fit sees these 100 photos and nine variants of each (below). Waists of these bodies are 2 to 3.5 cm smaller for the same breadth than those of people. That does not explain the errors from photo and height: undressed they are -1.1 / -1.4 / -1.0 cm in the mean, dressed 0.2 / -0.2 / 0.2, and without those means 3.1 / 3.3 / 2.6 and 3.5 / 5.9 / 3.4 cm.`;

export const REPORTED_HEIGHTS = `The table above takes the true heights. The model expects self-reported ones, which are 1.9 cm too large on average: these are the figures for the same photos with 1.9 cm added to each height.`;

export const CAMERAS = `Twelve people whom no fit knows, from twenty cameras each: how far the answer from photo and height moves against the same person 3.2 m away at 1.1 m.`;

export const LIMITS = `## Limits, in plain words

- There are no freely licensed photos of real people who were measured with a tape. **The error on real, clothed people is unmeasured.** The figures above are for computer-made people of one family.
- The bodies are those of soldiers aged 17 to 58. For older, heavier or very small and tall people the answer is an extrapolation; it says so by a larger uncertainty. How common heavier people are is known from another survey (NHANES), how their girths follow from weight is not. Without an age the waists of older and heavier people come out too small (3 to 4 cm in another survey).
- Children, pregnant people, people with unusual proportions and people in wheelchairs are not in the data.
- Clothes hide the waist. Under loose clothes its error lies between that of knowing the height only and that of knowing height and weight: to tell the weight helps more than the photo does.
- The chest is measured under the armpits, where arms and trunk can be separated. Arms that hang close, or wide sleeves, hide it; the chest then follows from shoulders and hips, and its uncertainty is larger.
- Arms crossed before the trunk, bags and people who lean are not in the data. Something unlike everything seen is given little weight, not detected. A bag painted over one hip of eight renders made waist and hip about 9 and 6 cm smaller, and the stated uncertainty did not grow. A phone before chest or face, low light, and photos 500 px high at JPEG 40 changed mean errors by at most 1 cm.
- Of two people who overlap the detector finds only one in a third of the photos.
- The height is taken as people tell it, 1.9 cm too much on average. People who give their true height are taken for 1 % smaller.
- The confidence is the probability of the recommended size under all of the above. It is calibrated for people like these.`;
