/** What the photo check says about the data sets, and about photos spoilt on purpose. */
import { join } from 'node:path';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import { checkPhoto } from '../../src/sizing/photo-check.ts';
import { MANY } from '../data-sets.ts';
import type { SizingData } from '../fit-sizing/people.ts';
import { MODEL_FOLDER } from '../pose-models.ts';
import { type EditResult, judgeEdits } from './edits.ts';

const EVERY_NTH_EDITED = 10;

export function photoCheckSummary({ judged }: SizingData): string {
  const good = judged.filter(({ usable }) => usable);
  const findings = good.flatMap(({ photo }) => checkPhoto(photo).slice(0, 1));
  const refusals = Object.entries(Object.groupBy(findings, ({ reason }) => reason))
    .map(([reason, found]) => `${found.length} ${reason}`)
    .join(', ');
  const bad = judged.filter(({ usable, strict }) => !usable && strict);
  const wrong = bad.filter(
    ({ photo, reasons }) => !checkPhoto(photo).some(({ reason }) => reasons.includes(reason)),
  );
  return `Usable photos accepted: ${good.length - findings.length} of ${good.length} (refused, by the first reason: ${refusals}). Unusable ones refused for a right reason: ${bad.length - wrong.length} of ${bad.length}${listed(wrong.map(({ file }) => file))}, among them people from behind, from the side and turned by 60°, without feet, head or legs, two people, none, a rotated and a tiny picture. The limits were chosen with these pictures in view, with a margin.`;
}

/** `folder`: where the data sets are. */
export async function editsText({ judged }: SizingData, folder: string): Promise<string> {
  const models = await loadPoseModels(MODEL_FOLDER);
  const chosen = judged
    .filter(({ usable, set }) => usable && set !== MANY)
    .filter((_, i) => i % EVERY_NTH_EDITED === 0)
    .map(({ file, set, photo }) => ({ path: join(folder, set, 'images', file), photo }));
  const results = await judgeEdits(models, chosen);
  const sumOf = (of: readonly EditResult[]) => {
    const [right, photos] = [of.map((one) => one.right), of.map((one) => one.photos)];
    const wrong = of.filter((one) => one.right < one.photos);
    const details = wrong.map((one) => `${one.what} ${one.right} of ${one.photos}`);
    return `${sum(right)} of ${sum(photos)}${listed(details)}`;
  };
  const whats = (of: readonly EditResult[]) => of.map(({ what }) => what).join(', ');
  const harmless = results.filter(({ expected }) => expected === 'accepted');
  const spoilt = results.filter(({ expected }) => expected !== 'accepted');
  return `Every tenth photo of the older kinds, edited: refused for the right reason when spoilt (${whats(spoilt)}) ${sumOf(spoilt)}, accepted when not (${whats(harmless)}) ${sumOf(harmless)}.`;
}

function listed(wrong: readonly string[]): string {
  return wrong.length === 0 ? '' : ` (not: ${wrong.join(', ')})`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
