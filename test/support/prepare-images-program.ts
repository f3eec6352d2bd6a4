/**
 * Prepares the pictures named as arguments, all at once, and prints what it took as JSON
 * (see `Prepared` in large-images.ts).
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { configureDecoders, DECODE_BUDGET_BYTES } from '../../src/images/decode.ts';
import { prepareImage } from '../../src/tryon/resize.ts';
import { Semaphore } from '../../src/tryon/semaphore.ts';
import { peakRssMb } from './peak-memory.ts';

const { values, positionals } = parseArgs({
  options: { memory: { type: 'string' } },
  allowPositionals: true,
});
configureDecoders();
const startRssMb = process.memoryUsage.rss() / 1e6;
const memory = new Semaphore(Number(values.memory ?? DECODE_BUDGET_BYTES));
const { signal } = new AbortController();
const startedAt = performance.now();
const jpegs = await Promise.all(
  positionals.map((path) => prepareImage(readFileSync(path), memory, signal)),
);
const tookMs = performance.now() - startedAt;
const sizes = jpegs.map(({ length }) => length);
console.log(JSON.stringify({ peakRssMb: peakRssMb(), startRssMb, tookMs, sizes }));
