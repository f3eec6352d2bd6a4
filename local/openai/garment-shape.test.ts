import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import sharp from 'sharp';
import { GARMENTS } from '../samples/samples.ts';
import { cutOut } from './cut-out.ts';
import { shapeOf } from './garment-shape.ts';

const shapeIn = async (file: string) => shapeOf(await cutOut(await readFile(file)));

test('shirts, jackets, dresses and trousers are told apart by their outline', async () => {
  for (const file of [GARMENTS.stripedShirt, GARMENTS.denimJacket]) {
    const shape = await shapeIn(file);
    assert.ok(shape.kind === 'top' && !shape.long && shape.left.sleeve && shape.right.sleeve, file);
  }
  const dress = await shapeIn(GARMENTS.dottedDress);
  assert.ok(dress.kind === 'top' && dress.long && dress.left.sleeve === null);
  assert.equal((await shapeIn(GARMENTS.chinos)).kind, 'trousers');
});

test('a garment is cut out along its edge, white inside it stays', async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200">
    <rect width="200" height="200" fill="#fff"/>
    <rect x="50" y="60" width="80" height="100" fill="#c00"/><rect x="80" y="90" width="20" height="20" fill="#fff"/></svg>`;
  const garment = await cutOut(await sharp(Buffer.from(svg)).png().toBuffer());
  const opacityAt = (x: number, y: number) => garment.rgba[4 * (y * garment.width + x) + 3];
  // The outermost pixels are half transparent and do not count.
  assert.deepEqual([garment.width, garment.height], [78, 98]);
  assert.equal(opacityAt(40, 40), 255);
});

test('a garment’s photo without a light background stays whole', async () => {
  const photo = sharp({ create: { width: 60, height: 80, channels: 3, background: '#335577' } });
  const { width, height, rgba } = await cutOut(await photo.png().toBuffer());
  assert.deepEqual([width, height], [60, 80]);
  assert.ok(rgba.every((value, index) => index % 4 !== 3 || value === 255));
});
