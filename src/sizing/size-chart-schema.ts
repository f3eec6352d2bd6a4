/** Size charts of a shop's own, as JSON: in the file of SIZE_CHARTS_FILE or inline in a request. */
import { z } from 'zod';
import { GIRTHS } from './person.ts';
import type { ChartSize, SizeChart } from './size-chart.ts';

/**
 * How much larger the girth at the navel is than the natural waist, cm: means of 507 civilians
 * (Heinz et al. 2003). Sizing measures at the navel, most shop charts mean the natural waist.
 */
const NAVEL_EXCESS_CM = { navel: 0, natural_women: 13.9, natural_men: 3.1 } as const;

const limit = z.number().min(20).max(300).optional();

const chartSize = z.strictObject({
  size: z.string().regex(/^[A-Z0-9]{1,10}$/, 'must be 1 to 10 capital letters or digits'),
  chest: limit,
  waist: limit,
  hip: limit,
});

const name = z.string().regex(/^[a-z0-9_]{1,40}$/, 'must be lower case letters, digits and _');
const source = z.string().trim().min(1).max(300);

const table = {
  waist_at: z
    .enum(['navel', 'natural_women', 'natural_men'])
    .optional()
    .describe('Where the waist is measured; needed when a size has a waist'),
  sizes: z
    .array(chartSize)
    .min(2)
    .max(30)
    .describe('From the smallest to the largest, each with the largest girths in cm that it fits'),
};

/** A chart with its name and where its numbers come from. */
export const namedChart = z.strictObject({ name, source, ...table }).superRefine(check);

/** A chart of one request. */
export const inlineChart = z
  .strictObject({
    name: name.default('inline'),
    source: source.default('given in the request'),
    ...table,
  })
  .superRefine(check);

type ChartJson = z.infer<typeof namedChart>;
type SizeJson = z.infer<typeof chartSize>;

function check(
  { sizes, waist_at }: Pick<ChartJson, 'sizes' | 'waist_at'>,
  context: z.RefinementCtx,
): void {
  const problem = problemOf(sizes, waist_at);
  if (problem !== null) {
    context.addIssue({ code: 'custom', message: problem, params: { problem } });
  }
}

/** The checked chart as sizing takes it, with waists at the navel. */
export function toSizeChart({ name, source, waist_at, sizes }: ChartJson): SizeChart {
  return { name, source, sizes: sizes.map((size) => toChartSize(size, waist_at)) };
}

function toChartSize(
  { size, chest, waist, hip }: SizeJson,
  waistAt: ChartJson['waist_at'] = 'navel',
): ChartSize {
  return {
    size,
    upToCm: {
      ...(chest !== undefined && { chest }),
      ...(waist !== undefined && { waist: waist + NAVEL_EXCESS_CM[waistAt] }),
      ...(hip !== undefined && { hip }),
    },
  };
}

/** What the shape alone does not say; null when all is well. */
function problemOf(sizes: readonly SizeJson[], waistAt: ChartJson['waist_at']): string | null {
  const names = sizes.map(({ size }) => size);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `size ${twice} is there twice`;
  if (waistAt === undefined && sizes.some(({ waist }) => waist !== undefined)) {
    return 'waist_at must say where the waist is measured';
  }
  for (const girth of GIRTHS) {
    const limits = sizes.map((size) => size[girth] ?? Number.POSITIVE_INFINITY);
    const falling = limits.findIndex((value, i) => value < (limits[i - 1] ?? 0));
    if (falling !== -1)
      return `${girth} of ${names[falling]} is smaller than of ${names[falling - 1]}`;
  }
  const isOpen = ({ chest, waist, hip }: SizeJson) => (chest ?? waist ?? hip) === undefined;
  const open = sizes.slice(0, -1).find(isOpen);
  return open === undefined ? null : `size ${open.size} has no limit but is not the last one`;
}
