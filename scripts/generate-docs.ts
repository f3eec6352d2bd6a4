/** Writes the generated pages. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedPages } from './generated-pages.ts';

const ROOT = join(import.meta.dirname, '..');

for (const [path, text] of generatedPages()) {
  const file = join(ROOT, path);
  const present = await readFile(file, 'utf8').catch(() => null);
  if (present === text) continue;
  await writeFile(file, text);
  console.log(`wrote ${path}`);
}
