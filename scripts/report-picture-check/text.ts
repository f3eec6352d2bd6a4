/** What docs/picture-check.md says around its tables. */

export const CHECKS = `# The checks of photos and pictures

Written by \`npm run report:picture-check\`; do not edit.

Two checks run in the pose threads: of the **photo of the person** before anything is paid (\`PERSON_CHECK\`), and of the **finished picture** against that photo before it is delivered (\`PICTURE_CHECK\`). The photo is read once for both. \`off\`: neither is read. \`observe\` (the default): findings are counted and logged, and nothing waits for them. \`enforce\`: what is found is acted on.

| | \`PERSON_CHECK=enforce\` | \`PICTURE_CHECK=enforce\` |
| --- | --- | --- |
| acts on | a photo in which no model can dress a person: \`no_person\`, \`too_small\`, \`too_dark\` | a picture with a finding that is enforced (below) |
| by | failing the task with \`PERSON_UNUSABLE\`, unpaid, the credit goes back | \`PICTURE_REJECTED\`: the picture is not stored, one more is paid for; when that is bad too, the task fails and the credit goes back |
| waits | before paying, \`CHECK_TIMEOUT_SECONDS\` at the most | before storing, \`CHECK_TIMEOUT_SECONDS\` at the most |

A check that cannot be made (pose threads busy with requests for sizes, which go first; models missing; an error; a photo without a person to compare with; a picture that an earlier attempt paid for, whose photo cannot be fetched again or whose job's process has died twice) is skipped and counted in \`wearon_checks_skipped_total\`: the task goes on as if there were no check.

| finding | means | enforced |
| --- | --- | --- |
| \`wrong_size\` | a side differs from the size asked for by more than 2 % | yes |
| \`no_person\` | no person in the picture, although the photo clearly shows one, or nothing that could be one | yes |
| \`several_people\` | more people than in the photo | yes |
| \`unchanged\` | the most changed tenth of the body differs by less than 0.04 of full scale, change of light taken out | yes |
| \`mirrored\` | surroundings and head fit the photo's mirror image better | yes |
| \`framing\` | the person is larger by a quarter than where the photo fills the picture, or smaller by a quarter than where it fits in; or more than a tenth of the joints that the photo shows are beyond the edge | yes |
| \`everything_changed\` | the surroundings differ by more than 0.04 of full scale, change of light taken out | yes |
| \`something_added\` | the most changed twentieth of the surroundings differs by more than 0.1: someone or something stands where nothing was | yes |
| \`someone_else\` | the grey patches of the two faces correlate by less than 0.4, and the joints lie more than 0.06 torso lengths (root mean square) from where the photo has them | yes |
| \`pose\` | the joints lie 0.15 torso lengths (root mean square) from where the photo has them | only counted |
| \`face\` | the grey patches of the two faces correlate by less than 0.2; no template is made or kept | only counted |

A crash between the vendor's answer and storing loses the picture of a provider without tickets, with or without a check; observing adds nothing to that time, enforcing the time of one check. A crash after the upload of a picture that is only observed may lose its count. An enforced check makes one further paid call at the most.`;

export const PICTURES = `100 people of the set \`people-many\` (computer-made), each photo prepared as for the image model and dressed by the local image model. It lays a garment over the photo and leaves the rest as it is, which **no vendor's model does**: these draw the whole picture anew. Pictures of 512x768 (the models look at 256 pixels of a person). "Refused" is by enforced findings.`;

/** Counted by hand on public pictures that are no part of this project. */
export const OTHERS = `### Pictures of other people's models

Counted once, by hand, not by this report ([decision 75](decisions/0075-another-face-in-another-pose.md)): 59 pictures that public repositories of try-on models (HR-VITON, StableVITON, CatVTON and its FLUX version, FitDiT, PF-AFN, LaDI-VTON, DCI-VTON, OOTDiffusion) show as their results, each with its person's photo; most are small crops of overviews. These models keep what is not clothes, as vendors' models do not. The faults are planted in these pictures. Of two persons without a head the pose models found nothing in the photo, so that their pictures were not compared.

| picture | compared | refused before decision 75 | now |
| --- | --- | --- | --- |
| good | 57 | 5 | 2 |
| of another person before the same kind of wall | 51 | 29 | 42 |
| of another person elsewhere | 57 | 48 | 53 |
| the photo itself, brighter | 57 | 43 | 52 |
| the photo itself, in warmer light and softer | 57 | 35 | 48 |
| blank | 57 | 52 | 57 |
| photo and result side by side, in full | 57 | 55 | 55 |
| photo and result side by side, squeezed | 57 | 53 | 53 |
| without the head | 57 | 51 | 51 |
| mirrored | 57 | 52 | 52 |
| the person a second time, half as large | 57 | 38 | 38 |

The two good ones that are refused are a drawing, and a man before an office that is laid over the photo a few pixels off. Of 24 poor results of older models (torn arms, smeared backgrounds) 12 are refused (before: 15).`;

export const PERSON = `The sets \`people\`, \`people-dressed\` and a sixth of \`people-many\`, whole and in part; seated people; photos in dim light; and pictures without a person: scenes with the person painted out, garments, plain colours, photos that are all but black, and people of 36 pixels. "No one" is refused where the detector is surer than 95 % that no one is there, so that trunks without a head pass, and where it is surer than 70 % and nothing reaches the edge of the picture ([decision 74](decisions/0074-a-garment-alone-does-not-reach-the-edge.md)); most of the rest is left to the image model.

**Real photos**, counted once by hand: of 86 pictures of persons for try-on and segmentation (half bodies, some 25 cut at nose or chin, one from behind, two couples, a drawing) none was refused, nor any of them cut below the chin or the neck, or to the legs; of those cut to the trunk 2 of 86 (\`no_person\`). Of 88 pictures of garments alone 72 were refused (22 before decision 74). Of 263 pictures of repositories about poses (sport, groups, drawings, screenshots) 25 were refused: 22 without a photographed person (drawings, screenshots, segmentation maps, an empty wall), two all but black photos, and one of baseball players a few pixels tall.`;

export const LIMITS = `## Limits, in plain words

- **No picture of a vendor's model is among these.** Run \`observe\` on real traffic first, read \`wearon_check_findings_total\` and the \`measures\` in the log lines \`picture_checked\`, and enforce when what is found is bad.
- Prompts of a shop's own that ask for another background or another pose make pictures that the check takes for bad: keep \`observe\` there.
- **Someone else who stands exactly alike passes**, and so does anyone without a visible face: \`someone_else\` needs another face and another pose. \`face\` and \`pose\` alone have values for good and bad pictures that overlap, so they are only counted.
- Of two people of whom one stands before the other often only one is found.
- A picture mirrored before a plain or symmetrical background, of a person who stands symmetrically, cannot be distinguished from the right one.
- Hats, bags and shoes change little of a body; \`unchanged\` needs a tenth of it changed. Where a shop sells such things keep \`observe\`, or compare the counts.
- The detector often finds no person in photos without a head: their pictures are not compared.
- A garment in place of the person's photo is mostly noticed before a plain background only.`;
