/**
 * `npm run fit:sizing`: writes src/sizing/coefficients.generated.json from the data sets in
 * `SHARED_DATA` (default: ../shared/data next to the project). The same data give the same file.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedDataFolder } from '../data-sets.ts';
import { CHOICES } from './choices.ts';
import { readSizingData } from './data.ts';
import { fitSizing } from './model.ts';
import { photosToFitOn, type SizingData } from './people.ts';

const OUTPUT = join(import.meta.dirname, '../../src/sizing/coefficients.generated.json');

const data = await readSizingData(sharedDataFolder(process.env));
const coefficients = { about: describe(data), ...fitSizing(data.taped, photosToFitOn(data)) };
await writeFile(OUTPUT, `${JSON.stringify(coefficients, significant, 1)}\n`);
console.log(
  `fitted on ${data.taped.length} people and ${data.photographed.length} photos with ${data.variants.length} variants: ${OUTPUT}`,
);

function describe({ taped, photographed, variants, checksums }: SizingData) {
  return {
    command: 'npm run fit:sizing',
    taped_people: taped.length,
    undressed_photos: photographed.filter(({ dressed }) => !dressed).length,
    dressed_photos: photographed.filter(({ dressed }) => dressed).length,
    variants_of_photos: variants.length,
    sha256: checksums,
    choices: CHOICES,
  };
}

/** Six digits: more would say nothing, and would differ from processor to processor. */
function significant(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
