import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Girths } from './person.ts';
import {
  BUILT_IN_CHARTS,
  EN_13402_MEN,
  EN_13402_WOMEN,
  ORIGINAL_CHART,
  type SizeChart,
  sizeIndex,
  sizeName,
} from './size-chart.ts';

const sizeFor = (chart: SizeChart, girths: Girths) => sizeName(chart, sizeIndex(chart, girths));
const slim = { chest: 60, waist: 60, hip: 60 };

describe('size charts', () => {
  it('the original lets the largest girth decide, a limit still fits', () => {
    assert.equal(sizeFor(ORIGINAL_CHART, { ...slim, hip: 84 }), 'XS');
    assert.equal(sizeFor(ORIGINAL_CHART, { ...slim, hip: 84.01 }), 'S');
    assert.equal(sizeFor(ORIGINAL_CHART, { ...slim, waist: 100.5 }), 'L');
    assert.equal(sizeFor(ORIGINAL_CHART, { ...slim, chest: 116 }), 'XL');
    assert.equal(sizeFor(ORIGINAL_CHART, { ...slim, chest: 300 }), 'XXL');
  });

  it('EN 13402-3 looks at the chest only, and differently for women and men', () => {
    const girths = { chest: 98, waist: 140, hip: 140 };
    assert.equal(sizeFor(EN_13402_WOMEN, girths), 'M');
    assert.equal(sizeFor(EN_13402_WOMEN, { ...girths, chest: 98.1 }), 'L');
    assert.equal(sizeFor(EN_13402_MEN, girths), 'M');
    assert.equal(sizeFor(EN_13402_MEN, { ...girths, chest: 94 }), 'S');
    assert.equal(sizeFor(EN_13402_MEN, { ...girths, chest: 200 }), '3XL');
  });

  it('say where they come from', () => {
    for (const { source } of BUILT_IN_CHARTS) assert.notEqual(source, '');
  });

  it('never give a smaller size for a larger body', () => {
    const girth = fc.double({ min: 30, max: 250, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...BUILT_IN_CHARTS),
        fc.record({ chest: girth, waist: girth, hip: girth }),
        fc.double({ min: 0, max: 60, noNaN: true }),
        (chart, body, more) => {
          const larger = {
            chest: body.chest + more,
            waist: body.waist + more,
            hip: body.hip + more,
          };
          assert.ok(sizeIndex(chart, body) <= sizeIndex(chart, larger));
        },
      ),
    );
  });
});
