import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { animatedPng, insertPngChunk, plain } from '../../test/support/odd-images.ts';
import { imageFormat, isAnimatedPng, isLosslessWebp } from './format.ts';

describe('imageFormat', () => {
  it('knows JPEG, PNG and WebP by their first bytes', async () => {
    assert.equal(imageFormat(await plain(2, 2).jpeg().toBuffer()), 'jpeg');
    assert.equal(imageFormat(await plain(2, 2).png().toBuffer()), 'png');
    assert.equal(imageFormat(await plain(2, 2).webp().toBuffer()), 'webp');
  });

  it('takes nothing else for one of them', async () => {
    const others = ['', 'GIF89a', '<svg', '%PDF-1.7', 'RIFF', 'RIFF....WAVE', '\x89PNG', 'MZ'];
    for (const head of others) assert.equal(imageFormat(Buffer.from(head, 'latin1')), null);
    assert.equal(imageFormat(await plain(2, 2).tiff().toBuffer()), null);
    assert.equal(imageFormat(await plain(2, 2).avif().toBuffer()), null);
  });
});

describe('isAnimatedPng', () => {
  it('finds the animation behind other chunks', async () => {
    const png = insertPngChunk(await animatedPng(3), 'tEXt', Buffer.from('Title\0x'));
    assert.equal(isAnimatedPng(png), true);
  });

  it('is false for a still picture, and for one that only mentions the chunk', async () => {
    const still = await plain(8, 8).png().toBuffer();
    assert.equal(isAnimatedPng(still), false);
    assert.equal(isAnimatedPng(insertPngChunk(still, 'tEXt', Buffer.from('acTL'))), false);
  });

  it('ends on a chunk that claims to be longer than the file', async () => {
    const png = await plain(8, 8).png().toBuffer();
    png.writeUInt32BE(0xffff_ffff, 33);
    assert.equal(isAnimatedPng(png), false);
  });
});

describe('isLosslessWebp', () => {
  it('finds the bitstream, also behind other chunks', async () => {
    const lossless = plain(8, 8).webp({ lossless: true });
    assert.equal(isLosslessWebp(await lossless.toBuffer()), true);
    assert.equal(isLosslessWebp(await lossless.withIccProfile('p3').toBuffer()), true);
  });

  it('is false for lossy ones, with and without transparency, and for half a header', async () => {
    const lossy = await plain(8, 8).webp().toBuffer();
    assert.equal(isLosslessWebp(lossy), false);
    assert.equal(isLosslessWebp(await plain(8, 8).ensureAlpha(0.5).webp().toBuffer()), false);
    assert.equal(isLosslessWebp(lossy.subarray(0, 14)), false);
  });
});
