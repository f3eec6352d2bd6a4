/** How close to the body someone wants their clothes, as a change of the size chart. */
import { GIRTHS, type Girth } from './person.ts';
import type { SizeChart } from './size-chart.ts';

export const WANTED_FITS = ['slim', 'regular', 'loose'] as const;
export type WantedFit = (typeof WANTED_FITS)[number];

/** From size to size in the charts that come with the worker; for charts with a single limit. */
const USUAL_STEP_CM = 8;

/** Half a size up or down: for a slim fit a size is good for larger girths, for a loose one for smaller. */
const SHARE_OF_STEP: Readonly<Record<WantedFit, number>> = { slim: 0.5, regular: 0, loose: -0.5 };

/** The chart with the limits of each girth moved by half its mean step. */
export function chartForFit(chart: SizeChart, fit: WantedFit): SizeChart {
  if (fit === 'regular') return chart;
  const shifts = GIRTHS.map((girth) => [girth, SHARE_OF_STEP[fit] * stepOf(chart, girth)] as const);
  return {
    ...chart,
    sizes: chart.sizes.map(({ size, upToCm }) => ({
      size,
      upToCm: Object.fromEntries(
        shifts.flatMap(([girth, shift]) => {
          const limit = upToCm[girth];
          return limit === undefined ? [] : [[girth, limit + shift]];
        }),
      ),
    })),
  };
}

function stepOf({ sizes }: SizeChart, girth: Girth): number {
  const limits = sizes.flatMap(({ upToCm }) => upToCm[girth] ?? []);
  const [first, last] = [limits[0], limits.at(-1)];
  if (first === undefined || last === undefined || limits.length === 1) return USUAL_STEP_CM;
  return (last - first) / (limits.length - 1);
}
