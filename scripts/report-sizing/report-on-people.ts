/** The report on people of your own: the tables of docs/sizing-accuracy.md for them. */
import { table } from '../markdown-table.ts';
import { GIVEN_INPUTS, honestyTable, inputsTable } from './answers.ts';
import { type GivenInputs, judgeAll, type MeasuredPerson } from './judge.ts';
import type { OwnPeople } from './own-people.ts';

const ABOUT =
  'Judged with the coefficients of this release, which were fitted on none of these people. Errors are mean absolute errors in cm of chest / waist at the navel / hip; sizes by the default chart. "By chance" is the calibration error that an honest confidence would have with so few people.';

/** Markdown. */
export function reportOnPeople({ measured, refused, withSide }: OwnPeople): string {
  const rows = [false, true].flatMap((usePhoto) =>
    GIVEN_INPUTS.flatMap(({ name, given }) => {
      const judged = judgeAll(whoGave(measured, given), () => undefined, { given, usePhoto });
      return judged.length === 0 ? [] : [{ name: usePhoto ? `photo + ${name}` : name, judged }];
    }),
  );
  const ofPhotos = rows.filter(({ name }) => name.startsWith('photo'));
  const side =
    withSide === 0 ? '' : ` ${withSide} have a photo from the side, which is not used yet.`;
  return [
    '# How accurate the size recommendation is on these people',
    `${measured.length} people with a usable photo; the photo check refuses ${refused.length}.${side}`,
    ABOUT,
    inputsTable(rows),
    '## Is the stated uncertainty true?',
    honestyTable(ofPhotos),
    ...(refused.length === 0
      ? []
      : [
          '## Refused photos',
          table(
            ['photo', 'reasons'],
            refused.map(({ file, reasons }) => [file, reasons.join(', ')]),
          ),
        ]),
  ].join('\n\n');
}

/** Those who gave all of it. */
function whoGave(people: readonly MeasuredPerson[], given: GivenInputs): MeasuredPerson[] {
  const keys = { weight: 'weightKg', sex: 'sex', age: 'ageYears' } as const;
  return people.filter((person) => given.every((fact) => person[keys[fact]] !== undefined));
}
