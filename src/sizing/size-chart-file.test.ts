import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sizeIndex } from './size-chart.ts';
import { parseSizeCharts } from './size-chart-file.ts';

const chart = {
  name: 'acme_women',
  source: 'Acme catalogue 2026, page 3',
  waist_at: 'natural_women',
  sizes: [
    { size: 'S', chest: 90, waist: 72, hip: 97 },
    { size: 'M', chest: 98, waist: 80, hip: 105 },
    { size: 'L' },
  ],
};
const file = (changes: object) => JSON.stringify({ charts: [{ ...chart, ...changes }] });

describe('a file with size charts', () => {
  it('gives charts that can be asked for a size', () => {
    const [acme] = parseSizeCharts(file({}));
    assert.ok(acme);
    assert.equal(acme.source, 'Acme catalogue 2026, page 3');
    assert.equal(sizeIndex(acme, { chest: 85, waist: 70, hip: 95 }), 0);
    assert.equal(sizeIndex(acme, { chest: 85, waist: 70, hip: 100 }), 1);
    assert.equal(sizeIndex(acme, { chest: 120, waist: 70, hip: 100 }), 2);
  });

  it('allows for the navel when the chart means the natural waist', () => {
    const [acme] = parseSizeCharts(file({}));
    assert.equal(acme?.sizes[0]?.upToCm.waist, 72 + 13.9);
    const [men] = parseSizeCharts(file({ waist_at: 'natural_men' }));
    assert.equal(men?.sizes[0]?.upToCm.waist, 72 + 3.1);
    const [navel] = parseSizeCharts(file({ waist_at: 'navel' }));
    assert.equal(navel?.sizes[0]?.upToCm.waist, 72);
  });

  const wrong: [string, string, RegExp][] = [
    ['text that is not JSON', '{', /not JSON/],
    ['an unknown key', file({ colour: 'red' }), /colour/],
    ['a missing source', file({ source: ' ' }), /source/],
    ['a waist from nowhere', file({ waist_at: undefined }), /waist_at must say/],
    [
      'the name of a built-in chart',
      file({ name: 'original' }),
      /two size charts are called original/,
    ],
    [
      'a size that clients cannot show',
      file({ sizes: [{ size: 'extra-large', chest: 90 }, { size: 'L' }] }),
      /capital letters/,
    ],
    [
      'a size twice',
      file({ sizes: [{ size: 'S', chest: 90 }, { size: 'S' }] }),
      /S is there twice/,
    ],
    [
      'falling limits',
      file({
        sizes: [
          { size: 'S', chest: 90 },
          { size: 'M', chest: 80 },
        ],
      }),
      /chest of M is smaller than of S/,
    ],
    [
      'an open size in the middle',
      file({ sizes: [{ size: 'S', chest: 90 }, { size: 'M' }, { size: 'L' }] }),
      /M has no limit/,
    ],
    ['inches', file({ sizes: [{ size: 'S', chest: 9 }, { size: 'M' }] }), />=20/],
  ];
  for (const [what, json, message] of wrong) {
    it(`refuses ${what} and says so`, () => {
      assert.throws(() => parseSizeCharts(json), { message });
    });
  }
});
