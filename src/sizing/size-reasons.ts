/** Why a size: where each girth that the chart limits lies relative to the range of that size. */
import { GIRTHS, type Girth, type Girths } from './person.ts';
import type { SizeChart } from './size-chart.ts';

export interface GirthReason {
  readonly girth: Girth;
  /** `under`: smaller than the range of this size, where another girth decided. */
  readonly finding: 'in_range' | 'under' | 'over';
  /** How far outside of the range, cm to 0.1; 0 inside. */
  readonly byCm: number;
}

/** For each girth that the size at `index`, or the one below it, has a limit for. */
export function sizeReasons(chart: SizeChart, index: number, girths: Girths): GirthReason[] {
  return GIRTHS.flatMap((girth) => {
    const above = chart.sizes[index - 1]?.upToCm[girth];
    const upTo = chart.sizes[index]?.upToCm[girth];
    if (above === undefined && upTo === undefined) return [];
    return [{ girth, ...placeOf(girths[girth], above, upTo) }];
  });
}

/** A girth on the upper limit still fits, as in `sizeIndex`. */
function placeOf(cm: number, above = 0, upTo = Number.POSITIVE_INFINITY) {
  const tenths = (difference: number) => Math.round(difference * 10) / 10;
  if (cm > upTo) return { finding: 'over', byCm: tenths(cm - upTo) } as const;
  if (cm < above) return { finding: 'under', byCm: tenths(above - cm) } as const;
  return { finding: 'in_range', byCm: 0 } as const;
}
