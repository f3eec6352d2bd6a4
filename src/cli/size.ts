/**
 * `size`: the size for a photo on this machine, as the endpoint would answer.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config.ts';
import { readCharts } from '../size-pipeline/read-charts.ts';
import {
  type SizeOrder,
  type SizeOutcome,
  sizeFromImage,
} from '../size-pipeline/recommend-size.ts';
import type { BodyEstimate } from '../sizing/body-estimate.ts';
import { ESTIMATORS, type Estimator } from '../sizing/estimators.ts';
import { WANTED_FITS, type WantedFit } from '../sizing/wanted-fit.ts';
import { type Answer, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { readGivenFile } from './read-file.ts';
import { pairs, table } from './table.ts';

interface Options {
  readonly height: number;
  readonly weight?: number;
  readonly sex?: 'female' | 'male';
  readonly age?: number;
  readonly chart: string;
  readonly fit: WantedFit;
}

export function addSize(program: Command, run: Run): void {
  program
    .command('size')
    .description('Recommend a size for a photo on this machine, as POST /estimate-body does')
    .argument('<photo>', 'JPEG, PNG or WebP of one whole person from the front')
    .requiredOption('--height <cm>', 'barefoot, 100 to 250', within(100, 250))
    .option('--weight <kg>', '30 to 250', within(30, 250))
    .addOption(new Option('--sex <sex>').choices(['female', 'male']))
    .option('--age <years>', '18 to 100', within(18, 100))
    .option('--chart <name>', 'a built-in size chart, or one of SIZE_CHARTS_FILE', 'original')
    .addOption(
      new Option('--fit <fit>', 'how close to the body').choices(WANTED_FITS).default('regular'),
    )
    .action(run(recommend));
}

/** Reads a number of that range. */
function within(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}

async function recommend(
  { sizeConfig }: CliContext,
  photo: string,
  options: Options,
): Promise<Answer> {
  const estimator = ESTIMATORS[sizeConfig.sizeEstimator];
  const order = await orderOf(options, sizeConfig, estimator);
  const image = await readGivenFile(photo);
  const { poseEstimatorInThisThread } = await import('../adapters/mediapipe/same-thread.ts');
  const poses = await poseEstimatorInThisThread(sizeConfig.poseModelPath);
  const outcome = await sizeFromImage(
    image,
    order,
    { poses, estimator },
    new AbortController().signal,
  );
  return outcome.kind === 'refused' ? refusal(outcome) : answer(outcome.estimate);
}

async function orderOf(
  { height, weight, sex, age, chart: name, fit }: Options,
  { sizeChartsFile }: Pick<Config, 'sizeChartsFile'>,
  { takesCharts }: Estimator,
): Promise<SizeOrder> {
  const charts = await readCharts(sizeChartsFile);
  const chart = charts.find((one) => one.name === name);
  if (chart === undefined) {
    throw new UsageError(`There is no chart ${name}: ${charts.map((one) => one.name).join(', ')}.`);
  }
  if (!takesCharts && (chart !== charts[0] || fit !== 'regular')) {
    throw new UsageError(
      'SIZE_ESTIMATOR=classic knows the chart original and the regular fit only.',
    );
  }
  return { facts: { heightCm: height, weightKg: weight, sex, ageYears: age }, chart, fit };
}

function answer(estimate: BodyEstimate): Answer {
  const { measurements, uncertaintyCm, reasons, wouldHelp, sizeRange, sizeChart } = estimate;
  const other = [sizeRange.lower, sizeRange.upper].filter((s) => s !== estimate.recommendedSize);
  const girths = [
    ['chest', measurements.chestCm, uncertaintyCm?.chest],
    ['waist', measurements.waistCm, uncertaintyCm?.waist],
    ['hip', measurements.hipCm, uncertaintyCm?.hip],
  ] as const;
  const rows = girths.map(([girth, cm, spread]) => {
    const reason = reasons.find((one) => one.girth === girth);
    const place = reason?.finding === 'in_range' ? 'in the range' : reason?.finding;
    const by = reason && reason.byCm > 0 ? `${reason.byCm} cm ${place}` : place;
    return [girth, cm.toFixed(1), spread === undefined ? null : `± ${spread.toFixed(1)}`, by];
  });
  const text = [
    pairs({
      size: estimate.recommendedSize,
      'right with': `${Math.round(100 * estimate.confidence)} %`,
      'else probably': [...new Set(other)].join(' or ') || null,
      chart: sizeChart.name,
    }),
    table(['girth', 'cm', 'error', `for ${estimate.recommendedSize}`], rows, ''),
    ...wouldHelp.slice(0, 1).map(({ advice }) => advice),
  ].join('\n\n');
  return { data: estimate, text, isFine: true };
}

function refusal({ code, reasons, advice }: Extract<SizeOutcome, { kind: 'refused' }>): Answer {
  return { data: { code, reasons, advice }, text: [code, ...advice].join('\n'), isFine: false };
}
