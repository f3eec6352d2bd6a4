/**
 * Prepares the pictures named as arguments, all at once, and prints what it took as JSON
 * (see `Prepared` in large-images.ts).
 */

import { readFileSync } from 'node:fs';
import { Semaphore } from '../../../src/concurrency/semaphore.ts';
import { configureDecoders, DECODE_BUDGET_BYTES } from '../../../src/images/decode.ts';
import { prepareImage } from '../../../src/tryon/resize.ts';
import { peakRssMb } from './peak-memory.ts';

configureDecoders();
const memory = new Semaphore(DECODE_BUDGET_BYTES);
const { signal } = new AbortController();
const paths = process.argv.slice(2);
const jpegs = await Promise.all(
  paths.map((path) => prepareImage(readFileSync(path), memory, signal)),
);
const sizes = jpegs.map(({ length }) => length);
console.log(JSON.stringify({ peakRssMb: peakRssMb(), sizes }));
