import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ORIGINAL_CHART, type SizeChart } from './size-chart.ts';
import { sizeReasons } from './size-reasons.ts';
import { chartForFit } from './wanted-fit.ts';

const limits = ({ sizes }: SizeChart) => sizes.map(({ upToCm }) => upToCm.chest);

it('a fit moves the limits of the chart by half a size', () => {
  assert.deepEqual(limits(chartForFit(ORIGINAL_CHART, 'slim')), [88, 96, 104, 112, 120, undefined]);
  assert.deepEqual(limits(chartForFit(ORIGINAL_CHART, 'loose')), [80, 88, 96, 104, 112, undefined]);
  assert.equal(chartForFit(ORIGINAL_CHART, 'regular'), ORIGINAL_CHART);
});

it('a fit moves the only limit of a chart by 4 cm', () => {
  const chart = {
    ...ORIGINAL_CHART,
    sizes: [
      { size: 'A', upToCm: { chest: 90 } },
      { size: 'B', upToCm: {} },
    ],
  };
  assert.deepEqual(limits(chartForFit(chart, 'slim')), [94, undefined]);
});

it('reasons say how girths lie to the range of a size', () => {
  const girths = { chest: 92, waist: 80.04, hip: 101.06 };
  assert.deepEqual(sizeReasons(ORIGINAL_CHART, 2, girths), [
    { girth: 'chest', finding: 'in_range', byCm: 0 },
    { girth: 'waist', finding: 'under', byCm: 12 },
    { girth: 'hip', finding: 'over', byCm: 1.1 },
  ]);
  const [first] = sizeReasons(ORIGINAL_CHART, 0, { ...girths, chest: 60 });
  assert.equal(first?.finding, 'in_range');
});
