/** What docs/sizing-accuracy.md says around its tables. */
import type { PopulationWeights } from './population-weights.ts';

export const METHOD = `# How accurate the size recommendation is

Written by \`npm run report:sizing\`; do not edit. The coefficients come from \`npm run fit:sizing\`.

**On 15 real people in home photos, measured by tape, an earlier version recommended the right size from photo and height for 33 %** (from height alone 47 %; with weight and sex 80 %, and 87 % without the photo). This version has not been measured by tape; on 752 photos of real people with known height and weight it gives 42 % the right size from photo and height and says 42 % (below). For a shop that means: ask for weight and sex, show the size range where the confidence is low, and take the tables on computer-made people as the best case.

**On whom.** Computer-made people with exactly known girths, front view: 370 people in seven kinds of clothes from cameras 1.4 to 6 m away and 0.1 to 2 m high, and two older kinds: 60 people with clothes painted on the skin ("undressed") and 40 in loose clothes ("dressed"). Their bodies imitate soldiers of the survey ANSUR II. The photos went through the worker's own pose engine; those that the photo check refuses are not judged.

**Inputs.** Height and weight as the people of the survey report them (height 1.9 cm too much on average); in the two older kinds the true ones. How girths follow from them comes from 4,807 tape-measured people of the same survey, some of whom the renders imitate, which flatters the baselines without a photo.

**What is what.** Chest at nipple height (bust for women), hip at its largest, and the **waist at the navel**, not the natural waist, which is smaller by about 3 cm for men and 14 cm for women in a survey that measured both. \`shoulder_cm\` is bone to bone (biacromial) and \`inseam_cm\` crotch to floor; they follow from the others and are not judged here. Sizes by the default chart (largest of the three girths: 84, 92, 100, 108, 116 cm). Errors are mean absolute errors in cm of chest / waist / hip.`;

export const REAL = `449 photos that people took of themselves and 303 of public figures, from a public collection for research ([decision 71](decisions/0071-noise-of-peoples-own-photos.md)), none of them part of this project. Heights and weights are self-reported or published; no one used a tape, so the judge is what follows from height and weight, which is itself right for 7 sizes of 10. Weighted so that body mass is spread half as among soldiers, half as among US adults. Measured once, when the noise was chosen with these photos in view.

| input | distance from the judge, cm | exact | ± 1 | mean confidence | calibration error |
| --- | --- | --- | --- | --- | --- |
| height | 8.3 / 10.4 / 7.6 | 33 % | 76 % | 32 % | 0.010 |
| photo + height | 6.7 / 8.3 / 6.0 | 42 % | 85 % | 42 % | 0.005 |
| photo + height + weight (no test: the judge has the same weight) | 0.6 / 0.9 / 1.0 | 71 % | 100 % | 72 % | 0.011 |

| kg/m², photo + height | photos | mean distance, cm | exact | mean confidence |
| --- | --- | --- | --- | --- |
| below 20 | 100 | 11.8 / 14.5 / 10.4 | 13 % | 42 % |
| below 25 | 210 | 4.3 / 5.9 / 4.8 | 42 % | 42 % |
| below 30 | 267 | -0.7 / -0.2 / 0.8 | 50 % | 41 % |
| below 35 | 86 | -9.8 / -11.5 / -6.9 | 26 % | 43 % |
| from 35 | 89 | -18.4 / -22.3 / -15.7 | 46 % | 46 % |

**Slim people get too large a size and heavy ones too small a one.** Among people who get the same answer there is no such error: in the sixth with the smallest waists the answer is off by -0.8 / -0.7 / 0.4 cm, and a difference of 1 cm between two answers is one of 0.96 / 1.00 / 1.04 cm between two people. The clothes in such photos say little, so the answer stays near the average, and the confidence is true for all who get it, not for the slim ones among them. What helps them is a weight: see the tables below on people of known girths.`;

export const AIMS = `Reached or missed by the figures of this page. "Unseen clothes" means that the maker of the clothes and cameras was left out of the fit. The time of a request: \`npm run bench:pose\`.`;

export const EDITS = `Each photo of the two older kinds against nine variants of it that show the same: turned by up to 3°, mirrored, of other size, frame, light, colour, sharpness and compression. Judged by coefficients fitted without the person. By the default chart the few people near its limits decide (standard error 1.8 points without a weight, 1.0 with one), so the aims go by the mean of eight charts, the default one and the same with its limits, which are 8 cm apart, moved by -4 to 3 cm (0.7 and 0.3 points).`;

export const UNSEEN = `Each kind of clothes is judged by coefficients fitted without it and without the judged people (one of five folds at a time, so that everyone is judged). The cameras of all kinds are of one family.`;

export const HELP = `What the answer's \`would_help\` goes by ([decision 38](decisions/0038-what-would-help.md)): a weight is worth more than the photo; with a weight the sex helps and another photo does not. Without a weight another photo helps where the outline is unlike any body in clothes (31 % of the sizes of 35 such real photos were right, of the others 42 %), else tight clothes, and in them arms apart from the trunk. An age made no difference, and no data set has photos from the side of people with known girths.`;

export const FLOOR = `How far photo and height could come on these photos ([decision 64](decisions/0064-judged-as-in-a-population.md)): with the camera known exactly 5.6 / 6.5 / 4.6 cm, with the exact outline of the clothed person at the height of the navel 5.2 / 5.6 / 4.4 and 52 %, at chest and hips as well no better, with that of the body under the clothes 3.7 / 2.6 / 2.4 and 68 %. So the error is made of the clothes, and of where the navel is under them: a guess from the joints misses its height by 2.2 cm.`;

/** What the weighted table means. */
export function populationText({ people, effectivePeople }: PopulationWeights): string {
  return `From height alone the girths of these people err by 8.7 / 10.7 / 7.8 cm, those of the survey by 7.0 / 8.4 / 5.9: heavy and slim ones were added. Here each person counts so that height, weight and sex are distributed as in the survey, both sexes alike (effective sample size: ${effectivePeople.toFixed(0)} of ${people} people). The aims were set on people of a still smaller spread, for whom height alone errs by 5.5 / 6.8 / 5.2 cm (46 % exact).`;
}

export const BODY_MASS = `As on real people (above), less so with a weight. Without one the worker expects more heavy people than the survey has ([decision 61](decisions/0061-heavier-than-soldiers.md)).`;

/** Mean errors, and mean absolute errors without them, as the tables show them. */
interface Bias {
  readonly mean: string;
  readonly rest: string;
}

/** `undressed`, `dressed`: of the answers from photo and height. */
export function olderKindsText({
  undressed,
  dressed,
}: Record<'undressed' | 'dressed', Bias>): string {
  return `Five-fold cross-validation by person over all kinds: no photo of the judged person was in the fit, but others in such clothes and from such cameras were. Waists of these bodies are 2 to 3.5 cm smaller for the same breadth than those of people. That does not explain the errors from photo and height: undressed they are ${undressed.mean} cm in the mean, dressed ${dressed.mean}, and without those means ${undressed.rest} and ${dressed.rest} cm.`;
}

export const REPORTED_HEIGHTS = `The table above takes the true heights. The model expects self-reported ones, which are 1.9 cm too large on average: the same photos with 1.9 cm added to each height.`;

export const CAMERAS = `Twelve people whom no fit knows, from twenty cameras each: how far the answer from photo and height moves against the same person 3.2 m away at 1.1 m.`;

export const LIMITS = `## Limits, in plain words

- There are no freely licensed photos of real people who were measured with a tape. **The error on real, clothed people is unmeasured** except by their weight (above).
- The bodies are those of soldiers aged 17 to 58. For older, heavier or very small and tall people the answer is an extrapolation; it says so by a larger uncertainty. Without an age the waists of older and heavier people come out too small (3 to 4 cm in another survey).
- Children, pregnant people, people with unusual proportions and people in wheelchairs are not in the data.
- The chest is measured under the armpits, where arms and trunk can be separated. Arms that hang close, or wide sleeves, hide it; the chest then follows from shoulders and hips, and its uncertainty is larger.
- Arms crossed before the trunk, bags and people who lean are not in the data. Something unlike everything seen is given little weight, not detected. A bag painted over one hip of 20 renders moved the girths by 3.0 / 4.4 / 3.8 cm; the stated uncertainty grew from 6.4 / 7.9 / 5.6 to 7.9 / 9.7 / 7.1. A phone before chest or face, low light, and photos 500 px high at JPEG 40 changed mean errors by at most 1 cm.
- Of two people who overlap the detector finds only one in a third of the photos.
- People who give their true height are taken for 1 % smaller.
- The confidence is the probability of the recommended size under all of the above. It is calibrated for people like these.`;
