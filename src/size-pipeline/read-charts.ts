/** The size charts of this worker: the built-in ones and those of SIZE_CHARTS_FILE. */
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../config.ts';
import { BUILT_IN_CHARTS, type SizeChart } from '../sizing/size-chart.ts';
import { parseSizeCharts } from '../sizing/size-chart-file.ts';

/** `file`: null for the built-in ones alone. A ConfigError when the file cannot be used. */
export async function readCharts(file: string | null): Promise<SizeChart[]> {
  if (file === null) return [...BUILT_IN_CHARTS];
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError([`SIZE_CHARTS_FILE ${file} cannot be read: ${error.code}`]);
  });
  try {
    return [...BUILT_IN_CHARTS, ...parseSizeCharts(text)];
  } catch (error) {
    throw new ConfigError([`SIZE_CHARTS_FILE ${(error as Error).message}`]);
  }
}
