/**
 * The workflows of GitHub: every action by its commit, and shell that is safe and sound.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const WORKFLOWS = join(ROOT, '.github/workflows');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

const texts = await Promise.all(
  (await readdir(WORKFLOWS)).map((name) => readFile(join(WORKFLOWS, name), 'utf8')),
);
const steps = texts
  .map((text) => parse(text) as Workflow)
  .flatMap(({ jobs }) => Object.values(jobs))
  .flatMap((job) => job.steps);

/** What is wrong with a line that names an action. */
function problemOf(line: string): string | null {
  const isPinned = /uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line);
  return isPinned ? null : `not named by its commit, with its version behind: ${line.trim()}`;
}

describe('every workflow', () => {
  it('names each action by its commit and says which version that is', () => {
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => /\buses:/.test(line));
    assert.equal(lines.length, steps.filter(({ uses }) => uses !== undefined).length);
    assert.deepEqual(
      lines.map(problemOf).filter((problem) => problem !== null),
      [],
    );
    assert.notEqual(problemOf('- uses: actions/checkout@v6'), null);
    assert.notEqual(problemOf(`- uses: actions/checkout@${'a'.repeat(40)}`), null);
  });

  it('puts no value of others into a shell but by its environment', () => {
    for (const { run = '' } of steps) assert.doesNotMatch(run, /\$\{\{/);
  });

  it('runs shell that shellcheck accepts', (t) => {
    for (const { run, name } of steps) {
      if (run === undefined) continue;
      const check = spawnSync('bash', ['-c', 'shellcheck --shell=bash --exclude=SC2029 -'], {
        input: run,
        encoding: 'utf8',
      });
      if (check.status === 127) return t.skip('shellcheck is missing: apt-get install shellcheck');
      assert.equal(check.stdout, '', name);
    }
  });
});
