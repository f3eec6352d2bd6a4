/**
 * Writes the generated pages. `--check` writes nothing and fails when one of them is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedPages } from './generated-pages.ts';

const ROOT = join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');

for (const [path, text] of generatedPages()) {
  const file = join(ROOT, path);
  const present = await readFile(file, 'utf8').catch(() => null);
  if (present === text) continue;
  if (isCheck) {
    console.error(`${path} is stale: run "node scripts/generate-docs.ts"`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    console.log(`wrote ${path}`);
  }
}
