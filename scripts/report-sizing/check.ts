/** What the photo check says about the data sets, and about photos spoilt on purpose. */
import { join } from 'node:path';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import { checkPhoto } from '../../src/sizing/photo-check.ts';
import { MANY } from '../data-sets.ts';
import type { SizingData } from '../fit-sizing/people.ts';
import { table } from '../markdown-table.ts';
import { MODEL_FOLDER } from '../pose-models.ts';
import { judgeEdits } from './edits.ts';

const EVERY_NTH_EDITED = 10;

export function photoCheckSummary({ judged }: SizingData): string {
  const good = judged.filter(({ usable }) => usable);
  const findings = good.flatMap(({ photo }) => checkPhoto(photo).slice(0, 1));
  const refusals = Object.entries(Object.groupBy(findings, ({ reason }) => reason))
    .map(([reason, found]) => `${found.length} ${reason}`)
    .join(', ');
  const bad = judged.filter(({ usable }) => !usable);
  const rows = bad.map(({ file, strict, reasons, photo }) => [
    `${file}${strict ? '' : ' (borderline)'}`,
    reasons.join(' or ') || '(none of the list)',
    checkPhoto(photo)
      .map(({ reason }) => reason)
      .join(', ') || 'accepted',
  ]);
  const strict = bad.filter((one) => one.strict);
  const right = strict.filter(({ photo, reasons }) =>
    checkPhoto(photo).some(({ reason }) => reasons.includes(reason)),
  );
  return [
    `Usable photos accepted: ${good.length - findings.length} of ${good.length} (refused, by the first reason: ${refusals}). Unusable ones refused for a right reason: ${right.length} of ${strict.length} (not counting the borderline ones). The limits were chosen with these pictures in view, with a margin.`,
    table(['picture', 'should say', 'says'], rows),
  ].join('\n\n');
}

/** `folder`: where the data sets are. */
export async function editsTable({ judged }: SizingData, folder: string): Promise<string> {
  const models = await loadPoseModels(MODEL_FOLDER);
  const chosen = judged
    .filter(({ usable, set }) => usable && set !== MANY)
    .filter((_, i) => i % EVERY_NTH_EDITED === 0)
    .map(({ file, set, photo }) => ({ path: join(folder, set, 'images', file), photo }));
  const results = await judgeEdits(models, chosen);
  return table(
    ['edit', 'expected', 'right'],
    results.map(({ what, expected, photos, right }) => [what, expected, `${right} of ${photos}`]),
  );
}
