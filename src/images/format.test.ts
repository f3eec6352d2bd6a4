import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plain } from '../../test/support/images/odd-images.ts';
import { Pieces } from './bytes.ts';
import { imageFormat } from './format.ts';

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

describe('Pieces', () => {
  const file = Uint8Array.of(0, 1, 2, 3, 4, 5);

  it('makes one piece of neighbours and keeps the order of what is inserted', () => {
    const pieces = new Pieces(file);
    pieces.keep(0, 1);
    pieces.keep(1, 2);
    pieces.insert(Uint8Array.of(9));
    pieces.keep(4, 6);
    assert.deepEqual(
      pieces.all()?.map((piece) => [...piece]),
      [[0, 1], [9], [4, 5]],
    );
  });

  it('gives up on a file of more pieces than a real one has', () => {
    const pieces = new Pieces(new Uint8Array(20_000));
    for (let at = 0; at < 20_000; at += 2) pieces.keep(at, at + 1);
    assert.equal(pieces.all(), null);
  });
});
