import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { coloursIn, pngColourCases, pngOf } from '../../test/support/images/png-colours.ts';
import { decodeImage } from './decode.ts';
import { validateImage } from './validation.ts';

const SHOWN = new URL('../../test/fixtures/png-colours/chromium.json', import.meta.url);
/** Of 255. The worst case differs by 0.5. */
const MOST_MEAN_DIFFERENCE = 1;

/** The colours that the worker sees in the file. */
async function decoded(png: Buffer): Promise<number[]> {
  const { data, info } = await decodeImage(validateImage(png), 64, (picture) =>
    picture.raw().toBuffer({ resolveWithObject: true }),
  );
  return coloursIn(data, info.channels);
}

describe('the colours of a PNG are those that Chromium shows', async () => {
  const shown: Record<string, string> = JSON.parse(await readFile(SHOWN, 'utf8'));
  for (const [name, described] of Object.entries(await pngColourCases())) {
    it(name, async () => {
      const expected = Buffer.from(shown[name] ?? '', 'base64');
      const colours = await decoded(pngOf(described));
      assert.equal(colours.length, expected.length);
      const sum = colours.reduce(
        (all, value, at) => all + Math.abs(value - (expected[at] ?? 0)),
        0,
      );
      assert.ok(sum / colours.length <= MOST_MEAN_DIFFERENCE, `${sum / colours.length}`);
    });
  }
});
