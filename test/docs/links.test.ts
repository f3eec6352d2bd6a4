/**
 * What the pages point at is there: files, headings, npm scripts, make targets, variables, metrics
 * and the commands of the operator's command line.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { metricFacts } from '../../scripts/generated-pages.ts';
import { createProgram } from '../../src/cli/program.ts';
import {
  commandsOf,
  type Page,
  parsePage,
  ROOT,
  readPage,
  trackedFiles,
  trackedPages,
} from '../support/markdown.ts';

const PAGES = trackedPages();

/** Null when the target is there. Addresses on the web are not asked. */
function deadLink(page: Page, target: string): string | null {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return null;
  const [path = '', anchor] = target.split('#');
  const file =
    path === '' ? join(ROOT, page.path) : join(ROOT, dirname(page.path), decodeURI(path));
  const say = (why: string) => `${page.path}: ${target}: ${why}`;
  if (relative(ROOT, file).startsWith('..')) return say('is outside of the repository');
  if (!existsSync(file)) return say('is not there');
  if (anchor === undefined) return null;
  const { anchors } = path === '' ? page : readPage(relative(ROOT, file));
  return anchors.has(anchor) ? null : say('has no such heading');
}

const deadLinks = (page: Page) =>
  page.targets.map((target) => deadLink(page, target)).filter((dead) => dead !== null);

/** Code between backticks and the commands of `sh` blocks. */
const quoted = (page: Page) => [...page.codeSpans, ...commandsOf(page)];

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const targets = readFileSync(join(ROOT, 'Makefile'), 'utf8').matchAll(/^([a-z-]+):/gm);
const MAKE_TARGETS = new Set([...targets].map(([, target]) => target));
const NPM_COMMANDS = ['install', 'ci', 'pack', 'test', 'start'];

function unknownScript(text: string): string | null {
  const [, npm] = /\bnpm (?:run (?:--silent )?)?([a-z][\w:-]*)/.exec(text) ?? [];
  if (npm !== undefined && !(npm in scripts) && !NPM_COMMANDS.includes(npm)) return text;
  const [, make] = /(?:^|[;&|] *)make ([a-z][\w-]*)/.exec(text) ?? [];
  return make !== undefined && !MAKE_TARGETS.has(make) ? text : null;
}

/** Folders of the repository: what begins with one of them is a path. */
const FOLDERS = new Set(
  trackedFiles()
    .filter((path) => path.includes('/'))
    .map((path) => path.split('/', 1)[0] ?? ''),
);
/** Files that a deployment or a build makes. */
const MADE_LATER = /^(models|deploy\/\.env|deploy\/secrets|\.demo)(\/|$)/;

function missingFile(text: string): string | null {
  return (text.match(/(?<![\w./~-])\.?[\w-]+(?:\/[\w.-]+)+\/?(?![\w<{*…])/g) ?? [])
    .filter((path) => FOLDERS.has(path.split('/', 1)[0] ?? '') && !MADE_LATER.test(path))
    .some((path) => !existsSync(join(ROOT, path)))
    ? text
    : null;
}

const inAllPages = (find: (text: string) => string | null) =>
  PAGES.flatMap((page) =>
    quoted(page)
      .map(find)
      .filter((found) => found !== null)
      .map((found) => `${page.path}: ${found}`),
  );

it('every link leads to a file, and every # to a heading of it', () => {
  assert.ok(PAGES.length > 15);
  assert.deepEqual(PAGES.flatMap(deadLinks), []);
});

it('every page of docs can be reached from its index', () => {
  const index = PAGES.find(({ path }) => path === 'docs/index.md');
  const pages = PAGES.map(({ path }) => path).filter((path) => /^docs\/[^/]+$/.test(path));
  const missing = pages.filter((path) => !index?.targets.includes(path.slice('docs/'.length)));
  assert.deepEqual(missing, ['docs/index.md']);
});

it('every npm script and make target that a page names exists', () => {
  assert.deepEqual(inAllPages(unknownScript), []);
});

it('every file that a page names exists', () => {
  assert.deepEqual(inAllPages(missingFile), []);
});

/** Of the platform and of the worker that this one replaces. */
const NAMES_OF_OTHERS =
  'WORKER_API_URL GF_SECURITY_ADMIN_PASSWORD WHATSAPP_APP_TOKEN WHATSAPP_RECIPIENT_NUMBER';

it('every NAME_IN_CAPITALS that a page names is known to the code', () => {
  const isCode = (path: string) => !path.endsWith('.md') && !path.startsWith('test/docs/');
  const code = trackedFiles()
    .filter(isCode)
    .filter((path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile())
    .map((path) => readFileSync(join(ROOT, path), 'latin1'));
  const programs = PAGES.flatMap(({ codeBlocks }) => codeBlocks)
    .filter(({ lang }) => lang === 'js')
    .map(({ text }) => text);
  const known = new Set(
    `${[...code, ...programs].join('\n')} ${NAMES_OF_OTHERS}`.match(
      /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g,
    ),
  );
  // A name with _FILE is what the configuration makes of the name without.
  const isKnown = (name: string) => known.has(name) || known.has(name.replace(/_FILE$/, ''));
  const unknown = inAllPages((text) => {
    const names = text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? [];
    return names.find((name) => !isKnown(name)) ?? null;
  });
  assert.deepEqual(unknown, []);
});

it('every metric that a page names is one of the worker', () => {
  const known = new Set(metricFacts().map(({ name }) => name));
  const unknown = inAllPages((text) => {
    const names = text.match(/\bwearon_[a-z0-9_]+/g) ?? [];
    const isKnown = (name: string) => known.has(name.replace(/_(bucket|sum|count)$/, ''));
    return names.find((name) => !isKnown(name)) ?? null;
  });
  assert.deepEqual(unknown, []);
});

/** Follows the words of a command line as far as they are commands, then looks at its options. */
function unknownCommand(text: string): string | null {
  const [, line] = /(?:bin\/|src\/cli\/main\.ts |^|exec \S+ )wearon (.*)/.exec(text) ?? [];
  if (line === undefined) return null;
  const words = line
    .replace(/<[^>]*>/g, '…')
    .replace(/ [>|].*/, '')
    .split(/\s+/);
  let command: Command = createProgram(() => async () => undefined);
  while (command.commands.length > 0) {
    const word = words.shift();
    if (word === undefined || /^[-…]/.test(word)) break;
    const next = command.commands.find((known) => known.name() === word);
    if (next === undefined) return text;
    command = next;
  }
  const flags = words.filter((word) => /^--[a-z]/.test(word));
  const known = [...command.options.map(({ long }) => long), '--help', '--json'];
  return flags.every((flag) => known.includes(flag)) ? null : text;
}

/** npm runs a package from the registry for these, unless the repository depends on it. */
function strangersPackage(text: string): string | null {
  const [, name = ''] =
    /\b(?:npx|npm exec|npm x|bunx|pnpm dlx)\b(?: -\S+)* ((?:@[\w-]+\/)?[\w.-]+)/.exec(text) ?? [];
  return name === '' || PACKAGES_TO_RUN.includes(name) ? null : text;
}
/** Links to the vendors, for readers who generate a client. */
const PACKAGES_TO_RUN = ['openapi-typescript'];

it('no page and no text has npm fetch a package by a name that is free', () => {
  assert.deepEqual(inAllPages(strangersPackage), []);
  const code = trackedFiles()
    .filter((path) => /^(src|bin|scripts|deploy|local|\.github|Makefile)/.test(path))
    .filter((path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile());
  const texts = code.map((path) => readFileSync(join(ROOT, path), 'latin1'));
  assert.deepEqual(
    texts.flatMap((text) => text.match(/\bnpx \w+/g) ?? []),
    [],
  );
});

it('every command on a page exists, with its options', () => {
  assert.deepEqual(inAllPages(unknownCommand), []);
});

/** Words that Mermaid's flowcharts keep for themselves: as the name of a node they break the picture. */
const KEPT_BY_MERMAID =
  /(^|(>|-|\|)\s*)(call|href|click|end|class|style|default)\b\s*([[({>]|-|$)/m;

it('no diagram has a node with a name that Mermaid keeps for itself', () => {
  const diagrams = PAGES.flatMap(({ path, codeBlocks }) =>
    codeBlocks
      .filter(({ lang, text }) => lang === 'mermaid' && text.startsWith('flowchart'))
      .map(({ text }) => ({ path, text: text.replace(/^\s*end$/gm, '') })),
  );
  assert.ok(diagrams.length >= 3);
  for (const { path, text } of diagrams) assert.doesNotMatch(text, KEPT_BY_MERMAID, path);
  assert.match('flowchart TD\n  gate --> call[paid call]', KEPT_BY_MERMAID);
});

describe('what is wrong is found:', () => {
  const planted = parsePage(
    'docs/planted.md',
    [
      '[gone](gone.md) [no heading](runbook.md#nothing) [out](../../etc/passwd)',
      '[fine](runbook.md#breakeropen) ![gone](images/gone.png) <img src="images/gone-too.png">',
      '`npm run nothing` `make nothing` `src/nothing.ts` `bin/wearon nothing` `npx wearon doctor`',
      '```sh\nbin/wearon drain --nothing # a comment\n```',
    ].join('\n\n'),
  );

  it('dead links and pictures', () => {
    assert.equal(deadLinks(planted).length, 5);
  });

  it('scripts, files and commands that are not there', () => {
    const found = (find: (text: string) => string | null) =>
      quoted(planted).filter((text) => find(text) !== null);
    assert.deepEqual(found(unknownScript), ['npm run nothing', 'make nothing']);
    assert.deepEqual(found(missingFile), ['src/nothing.ts']);
    const commands = ['bin/wearon nothing', 'bin/wearon drain --nothing'];
    assert.deepEqual(found(unknownCommand), commands);
    assert.deepEqual(found(strangersPackage), ['npx wearon doctor']);
  });
});
