/**
 * The documents agree with the repository: links lead somewhere, and commands exist.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '');
const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Without blocks and spans of code, in which brackets mean something else. */
function proseOf(path: string): string {
  return textOf(path)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code');
}

/** A heading as GitHub names it in a link. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(path: string): Set<string> {
  const text = textOf(path).replaceAll(/^```[\s\S]*?^```/gm, '');
  return new Set(
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? '')),
  );
}

function exists(path: string): boolean {
  return statSync(join(ROOT, path), { throwIfNoEntry: false }) !== undefined;
}

/** What is wrong with a link of a document; null when it leads somewhere. */
function fault(document: string, link: string): string | null {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), file));
  if (path.startsWith('..')) return 'leads out of the repository';
  if (!exists(path)) return 'leads nowhere';
  if (anchor === undefined || !path.endsWith('.md')) return null;
  return anchorsOf(path).has(anchor) ? null : 'leads to no heading';
}

const LINK = /\]\(([^)\s]+)\)/g;

it('every relative link in a document leads to a file, and to a heading where it names one', () => {
  const faults = documents.flatMap((document) =>
    [...proseOf(document).matchAll(LINK)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => ({ link, why: fault(document, link) }))
      .filter(({ why }) => why !== null)
      .map(({ link, why }) => `${document}: ${link} ${why}`),
  );
  assert.deepEqual(faults, []);
});

it('a planted dead link is found', () => {
  assert.equal(fault('README.md', 'docs/no-such-file.md'), 'leads nowhere');
  assert.equal(fault('README.md', 'ARCHITECTURE.md#no-such-heading'), 'leads to no heading');
  assert.equal(fault('docs/index.md', '../ARCHITECTURE.md#the-walk'), null);
});

it('every npm script, make target and command of wearon in a document exists', () => {
  const scripts = Object.keys(JSON.parse(textOf('package.json')).scripts);
  const targets = [...textOf('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name);
  const commands = [...textOf('docs/cli.md').matchAll(/wearon ([a-z]+)/g)].map(([, name]) => name);
  const known = { 'npm run': scripts, make: targets, 'npx wearon': commands };
  const faults = documents.flatMap((document) =>
    Object.entries(known).flatMap(([program, names]) =>
      [...textOf(document).matchAll(new RegExp(`\`${program} ([a-z][a-z:-]*)`, 'g'))]
        .filter(([, name]) => !names.includes(name ?? ''))
        .map(([command]) => `${document}: ${command}`),
    ),
  );
  assert.deepEqual(faults, []);
});

it('every document of docs can be reached from its index', () => {
  const index = textOf('docs/index.md');
  const missing = documents
    .filter((path) => /^docs\/[a-z-]+\.md$/.test(path) && path !== 'docs/index.md')
    .filter((path) => !index.includes(`](${path.slice('docs/'.length)})`));
  assert.deepEqual(missing, []);
});
