/** What holds for every test file: names that fit a line, and no test that the runner may miss. */
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

/** Whether the file waits between its tests: `--test-force-exit` would end it before the later ones. */
function waitsBetweenTests(source: string): boolean {
  const [, ...afterFirst] = source.split(/^(?:it|test|describe)\(/m);
  const isWait = /^(?:const|let|for)\b(?:(?!=>).)*\bawait\b|^await\b/m;
  return afterFirst.some((text) => isWait.test(text));
}

async function faultsOf(find: (source: string) => readonly string[]): Promise<string[]> {
  const faults: string[] = [];
  for await (const file of glob('{src,local,packages,scripts,test}/**/*.test.ts', {
    cwd: ROOT,
    exclude: ['**/node_modules'],
  })) {
    const found = find(await readFile(join(ROOT, file), 'utf8'));
    faults.push(...found.map((fault) => `${file}: ${fault}`));
  }
  return faults;
}

it(`names of tests have ${MOST_CHARACTERS} characters at most`, async () => {
  assert.deepEqual(await faultsOf(longNamesIn), []);
});

it('no test file waits at its top level after its first test', async () => {
  const faults = await faultsOf((source) => (waitsBetweenTests(source) ? ['waits'] : []));
  assert.deepEqual(faults, [], 'move the await above the first test');
});

it('a file that waits between its tests is found', () => {
  const test = "it('is there', async () => {\n  await sleep(1);\n});\n";
  const waits = [
    'await using shop = await openShop();\n',
    'await start();\n',
    'const a = await b();\n',
  ];
  for (const wait of waits) {
    assert.equal(waitsBetweenTests(`${test}${wait}${test}`), true, wait);
    assert.equal(waitsBetweenTests(`${wait}${test}${test}`), false, wait);
  }
});

it('a long name is found, and a variable in it does not count', () => {
  const named = (name: string) => `it(\`${name} fits\`, () => {});`;
  assert.equal(longNamesIn(named('x'.repeat(71))).length, 1);
  assert.deepEqual(longNamesIn(named(`\${${'x'.repeat(71)}}`)), []);
});
