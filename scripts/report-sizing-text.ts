/** What docs/sizing-accuracy.md says around its tables. */

export const METHOD = `# How accurate the size recommendation is

Written by \`npm run report:sizing\`; do not edit. The coefficients come from \`npm run fit:sizing\`.

**On whom.** 100 computer-made people with exactly known girths: 60 with clothes painted on the skin ("undressed") and 40 in loose clothes, shoes and hair ("dressed"), front view, rendered after soldiers of the survey ANSUR II. Their photos went through the worker's own pose engine.

**Split.** Ten-fold cross-validation by person over both kinds together: whoever is judged was not in the fit of the photo model, in no photo. It is fitted on every photo and nine variants of it: turned by up to 3°, mirrored, of other size, frame, light, colour, sharpness and compression. The relation between height, weight, sex, age and girths comes from the 4,844 tape-measured people of the same survey; the renders imitate some of them, so those baselines are judged on friendly ground. Weights of the renders are simulated from that relation.

**What is what.** Chest at nipple height (bust for women), hip at its largest, and the **waist at the navel**, not the natural waist, which is smaller by about 3 cm for men and 14 cm for women in a survey that measured both. \`shoulder_cm\` is bone to bone (biacromial) and \`inseam_cm\` crotch to floor; both follow from other measurements by tape-measured proportions and are not judged here. Sizes by the default chart (largest of the three girths: 84, 92, 100, 108, 116 cm). One undressed person is 1.7 percentage points, one dressed person 2.5.`;

export const OTHERWISE = `Every photo and its nine variants, about the person whom the fit did not see. Chance weighs less here on the errors of a single photo, but there are still only 100 people.`;

export const LIMITS = `## Limits, in plain words

- There are no freely licensed photos of real people who were measured with a tape. **The error on real, clothed people is unmeasured.** The figures above are for computer-made people of one family.
- The bodies are those of soldiers aged 17 to 58. For older, heavier or very small and tall people the answer is an extrapolation; it says so by a larger uncertainty. Without an age the waists of older and heavier people come out too small (3 to 4 cm in another survey).
- Children, pregnant people, people with unusual proportions and people in wheelchairs are not in the data.
- Clothes hide the waist. Under loose clothes its error lies between that of knowing the height only and that of knowing height and weight: to tell the weight helps more than the photo does.
- With weight and sex given, the photo improves chest and hip in both kinds and the waist of undressed people, but not the waist under loose clothes; compare the two rows in the table. The difference for that waist is no larger than chance among 40 people makes it.
- The chest is measured under the armpits, where arms and trunk can be told apart. Arms that hang close, or wide sleeves, hide it; the chest then follows from shoulders and hips, and its uncertainty is larger.
- Skirts, coats, wide-open jackets and arms crossed before the trunk are not in the data. Something unlike everything seen is given little weight, not detected.
- Of two people who stand close together the detector often finds only one; the check then rests on their outlines growing together.
- The height is taken as told. People overstate it by about 2 cm, which scales every breadth by 1 %; that is not in these figures.
- The confidence is the probability of the recommended size under all of the above. It is calibrated for people like these.`;
