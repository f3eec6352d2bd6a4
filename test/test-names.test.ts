/** Names of tests are read in one line of a report. */
import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
const MOST_CHARACTERS = 70;
const NAME = /\b(?:it|test|describe)\(\s*(['"`])((?:(?!\1).)*)\1/g;

/** Names without what is only known when they run, such as `${total}`. */
function longNamesIn(source: string): string[] {
  return [...source.matchAll(NAME)]
    .map(([, , name = '']) => name.replace(/\$\{[^}]*\}/g, ''))
    .filter(({ length }) => length > MOST_CHARACTERS);
}

it(`names of tests have ${MOST_CHARACTERS} characters at most`, async () => {
  const long: string[] = [];
  for await (const file of glob('{src,local,packages,scripts,test}/**/*.test.ts', {
    cwd: ROOT,
    exclude: ['**/node_modules'],
  })) {
    long.push(
      ...longNamesIn(await readFile(join(ROOT, file), 'utf8')).map((name) => `${file}: ${name}`),
    );
  }
  assert.deepEqual(long, []);
});

it('a long name is found, and a variable in it does not count', () => {
  const named = (name: string) => `it(\`${name} fits\`, () => {});`;
  assert.equal(longNamesIn(named('x'.repeat(71))).length, 1);
  assert.deepEqual(longNamesIn(named(`\${${'x'.repeat(71)}}`)), []);
});
