/**
 * Can the worker read SIZE_CHARTS_FILE? It does not start with a wrong one.
 */
import { ConfigError } from '../../config.ts';
import { readCharts } from '../../size-pipeline/read-charts.ts';
import { type Check, fail, ok } from './check.ts';

export async function checkSizeCharts(file: string | null): Promise<Check> {
  try {
    const charts = await readCharts(file);
    return ok('size charts', charts.map(({ name }) => name).join(', '));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const fix = 'correct it; docs/api-contracts.md shows how: the worker does not start with it';
    return fail('size charts', error.problems.join('; '), fix);
  }
}
