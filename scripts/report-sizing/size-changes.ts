/** What harmless edits of photos do to the answers: how many sizes change, and how far girths move. */
import { bodyPosterior } from '../../src/sizing/body-posterior.ts';
import { bodySamples } from '../../src/sizing/body-samples.ts';
import type { SizingCoefficients } from '../../src/sizing/coefficients.ts';
import { GIRTHS } from '../../src/sizing/person.ts';
import { ORIGINAL_CHART, type SizeChart } from '../../src/sizing/size-chart.ts';
import { recommendSize } from '../../src/sizing/size-recommendation.ts';
import { mean } from '../fit-sizing/least-squares.ts';
import type { PhotographedPerson } from '../fit-sizing/people.ts';
import { percent, table } from '../markdown-table.ts';
import { GIVEN_INPUTS } from './answers.ts';
import { factsOf, type GivenInputs } from './judge.ts';

/** What edits do to the answers of one kind of input. */
export interface SizeChanges {
  readonly name: string;
  /** Of the edited photos that get another size than the photo: by the default chart. */
  readonly defaultShare: number;
  /** The mean of that share over `CHARTS`. */
  readonly share: number;
  /** Mean distance of each girth from the photo's, cm. */
  readonly movesCm: readonly number[];
}

/**
 * The default chart, whose limits are 8 cm apart, and the same moved by up to 4 cm: by one chart, a
 * few people who happen to stand near its limits decide about the share.
 */
const CHARTS: readonly SizeChart[] = [0, -4, -3, -2, -1, 1, 2, 3].map((cm) => ({
  ...ORIGINAL_CHART,
  sizes: ORIGINAL_CHART.sizes.map(({ size, upToCm }) => ({
    size,
    upToCm: Object.fromEntries(Object.entries(upToCm).map(([girth, limit]) => [girth, limit + cm])),
  })),
}));

/** Edited photos against the originals, each from the coefficients of `fitFor`. */
export function sizeChangesOf(
  { photos, variants }: Record<'photos' | 'variants', readonly PhotographedPerson[]>,
  fitFor: (photo: PhotographedPerson) => SizingCoefficients,
): SizeChanges[] {
  return GIVEN_INPUTS.map(({ name, given }) => {
    const answer = (photo: PhotographedPerson) => answerOf(photo, given, fitFor(photo));
    const originals = new Map(photos.map((photo) => [photo.file, answer(photo)]));
    const pairs = variants.flatMap((variant) => {
      const before = originals.get(variant.file);
      return before === undefined ? [] : [{ before, after: answer(variant) }];
    });
    const shares = CHARTS.map((_, i) =>
      mean(pairs.map(({ before, after }) => (before.sizes[i] === after.sizes[i] ? 0 : 1))),
    );
    const movesCm = GIRTHS.map((_, i) =>
      mean(
        pairs.map(({ before, after }) =>
          Math.abs((after.girths[i] ?? 0) - (before.girths[i] ?? 0)),
        ),
      ),
    );
    const defaultShare = shares[0] ?? 0;
    return { name: `photo + ${name}`, defaultShare, share: mean(shares), movesCm };
  });
}

function answerOf(
  person: PhotographedPerson,
  given: GivenInputs,
  coefficients: SizingCoefficients,
) {
  const hypotheses = bodyPosterior(factsOf(person, given), person.evidence, coefficients);
  const samples = bodySamples(hypotheses);
  return {
    sizes: CHARTS.map((chart) => recommendSize(samples, chart).index),
    girths: GIRTHS.map((girth) =>
      samples.reduce((sum, { body, share }) => sum + share * body[girth], 0),
    ),
  };
}

export function sizeChangesTable(sizeChanges: readonly SizeChanges[]): string {
  return table(
    ['input', 'sizes that change, mean of eight charts', 'default chart', 'girths move by, cm'],
    sizeChanges.map(({ name, share, defaultShare, movesCm }) => [
      name,
      percent(share, 1),
      percent(defaultShare, 1),
      movesCm.map((cm) => cm.toFixed(1)).join(' / '),
    ]),
  );
}
