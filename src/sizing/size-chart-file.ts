/** Size charts of a shop's own, from a JSON file; the format by example: docs/api-contracts.md. */
import { z } from 'zod';
import { BUILT_IN_CHARTS, type SizeChart } from './size-chart.ts';
import { namedChart, toSizeChart } from './size-chart-schema.ts';

const chartFile = z.strictObject({ charts: z.array(namedChart).min(1) });

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
  return parsed.data.charts.map(toSizeChart);
}
