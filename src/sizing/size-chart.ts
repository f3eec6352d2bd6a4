/** Size charts: from three girths to a letter, and the charts that come with the worker. */
import { GIRTHS, type Girth, type Girths } from './person.ts';

/** One size: the largest girths it fits, in cm. A girth without a limit does not matter. */
export interface ChartSize {
  readonly size: string;
  readonly upToCm: Readonly<Partial<Record<Girth, number>>>;
}

export interface SizeChart {
  readonly name: string;
  /** Where the numbers come from. */
  readonly source: string;
  /** From the smallest to the largest; limits rise. */
  readonly sizes: readonly ChartSize[];
}

/**
 * The smallest size whose limits none of the girths exceeds (a girth on a limit still fits), or
 * the largest size when none is large enough. A girth that is not finite fits nothing.
 */
export function sizeIndex(chart: SizeChart, girths: Girths): number {
  const index = chart.sizes.findIndex((size) => fits(size, girths));
  return index === -1 ? chart.sizes.length - 1 : index;
}

function fits({ upToCm }: ChartSize, girths: Girths): boolean {
  for (const girth of GIRTHS) {
    if (!(girths[girth] <= (upToCm[girth] ?? Number.POSITIVE_INFINITY))) return false;
  }
  return true;
}

/** The name of the size at `index`, clipped to the chart's ends. */
export function sizeName(chart: SizeChart, index: number): string {
  const size = chart.sizes[Math.min(Math.max(index, 0), chart.sizes.length - 1)];
  if (size === undefined) throw new RangeError(`size chart ${chart.name} has no sizes`);
  return size.size;
}

function byLargestGirth(size: string, limitCm?: number): ChartSize {
  return {
    size,
    upToCm: limitCm === undefined ? {} : { chest: limitCm, waist: limitCm, hip: limitCm },
  };
}

function byChest(size: string, limitCm?: number): ChartSize {
  return { size, upToCm: limitCm === undefined ? {} : { chest: limitCm } };
}

/** The default: sex unknown, the largest of the three girths decides. */
export const ORIGINAL_CHART: SizeChart = {
  name: 'original',
  source: 'the service that this worker replaces: largest of chest, waist (navel) and hip girth',
  sizes: [
    byLargestGirth('XS', 84),
    byLargestGirth('S', 92),
    byLargestGirth('M', 100),
    byLargestGirth('L', 108),
    byLargestGirth('XL', 116),
    byLargestGirth('XXL'),
  ],
};

export const EN_13402_WOMEN: SizeChart = {
  name: 'en13402_women',
  source: 'EN 13402-3 letter codes for women by bust girth, as found in a public code repository',
  sizes: [
    byChest('XXS', 74),
    byChest('XS', 82),
    byChest('S', 90),
    byChest('M', 98),
    byChest('L', 107),
    byChest('XL', 119),
    byChest('XXL', 131),
    byChest('3XL'),
  ],
};

export const EN_13402_MEN: SizeChart = {
  name: 'en13402_men',
  source: 'EN 13402-3 letter codes for men by chest girth, as found in public code repositories',
  sizes: [
    byChest('XXS', 78),
    byChest('XS', 86),
    byChest('S', 94),
    byChest('M', 102),
    byChest('L', 110),
    byChest('XL', 118),
    byChest('XXL', 129),
    byChest('3XL'),
  ],
};

export const BUILT_IN_CHARTS: readonly SizeChart[] = [ORIGINAL_CHART, EN_13402_WOMEN, EN_13402_MEN];
