/** Size charts of a shop's own, from a JSON file; see docs/decisions for the format by example. */
import { z } from 'zod';
import { GIRTHS } from './body-estimate.ts';
import { BUILT_IN_CHARTS, type ChartSize, type SizeChart } from './size-chart.ts';

/**
 * How much larger the girth at the navel is than the natural waist, cm: means of 507 civilians
 * (Heinz et al. 2003). Sizing measures at the navel, most shop charts mean the natural waist.
 */
const NAVEL_OVER_NATURAL_CM = { women: 13.9, men: 3.1 } as const;

const limit = z.number().min(20).max(300).optional();

const chartSize = z.strictObject({
  size: z.string().regex(/^[A-Z0-9]{1,10}$/, 'must be 1 to 10 capital letters or digits'),
  chest: limit,
  waist: limit,
  hip: limit,
});

const chart = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9_]{1,40}$/, 'must be lower case letters, digits and _'),
    source: z.string().trim().min(1).max(300),
    waist_at: z.enum(['navel', 'natural_women', 'natural_men']).optional(),
    sizes: z.array(chartSize).min(2).max(30),
  })
  .superRefine((value, context) => {
    const problem = problemOf(value.sizes, value.waist_at);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

const chartFile = z.strictObject({ charts: z.array(chart).min(1) });

type FileSize = z.infer<typeof chartSize>;
type WaistAt = z.infer<typeof chart>['waist_at'];

/**
 * The charts in the text of a file. Each size names the largest girths in cm that it fits. Throws
 * an Error that lists everything that is wrong with the file.
 */
export function parseSizeCharts(json: string): SizeChart[] {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (cause) {
    throw new Error('the size charts file is not JSON', { cause });
  }
  const parsed = chartFile.safeParse(content);
  if (!parsed.success) {
    throw new Error(`the size charts file is wrong:\n${z.prettifyError(parsed.error)}`);
  }
  const names = [...BUILT_IN_CHARTS, ...parsed.data.charts].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two size charts are called ${twice}`);
  return parsed.data.charts.map(({ name, source, waist_at, sizes }) => ({
    name,
    source,
    sizes: sizes.map((size) => toChartSize(size, waist_at)),
  }));
}

function toChartSize({ size, chest, waist, hip }: FileSize, waistAt: WaistAt): ChartSize {
  const wider =
    waistAt === 'natural_women'
      ? NAVEL_OVER_NATURAL_CM.women
      : waistAt === 'natural_men'
        ? NAVEL_OVER_NATURAL_CM.men
        : 0;
  return {
    size,
    upToCm: {
      ...(chest !== undefined && { chest }),
      ...(waist !== undefined && { waist: waist + wider }),
      ...(hip !== undefined && { hip }),
    },
  };
}

/** What the shape alone does not say; null when all is well. */
function problemOf(sizes: readonly FileSize[], waistAt: WaistAt): string | null {
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
  const isOpen = ({ chest, waist, hip }: FileSize) => (chest ?? waist ?? hip) === undefined;
  const open = sizes.slice(0, -1).find(isOpen);
  return open === undefined ? null : `size ${open.size} has no limit but is not the last one`;
}
