/**
 * The repository's Markdown pages as a reader sees them: their links, headings, code and commands.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import GithubSlugger from 'github-slugger';
import { lexer, type MarkedToken, type Token, type Tokens, walkTokens } from 'marked';

export const ROOT = join(import.meta.dirname, '../..');

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  /** The whole page, as it is written. */
  readonly text: string;
  /** What its links and pictures point at, as it is written. */
  readonly targets: readonly string[];
  /** The ids that GitHub gives its headings. */
  readonly anchors: ReadonlySet<string>;
  /** Code within a line, between backticks. */
  readonly codeSpans: readonly string[];
  readonly codeBlocks: readonly Tokens.Code[];
}

/** Paths of the tracked files, from the repository's root; without an ending all of them. */
export function trackedFiles(ending = ''): string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\0').filter((path) => path !== '' && path.endsWith(ending));
}

/** Every tracked page. */
export function trackedPages(): Page[] {
  return trackedFiles('.md').map(readPage);
}

/** One page by its path from the repository's root. */
export function readPage(path: string): Page {
  return parsePage(path, readFileSync(join(ROOT, path), 'utf8'));
}

/** A page from its text. */
export function parsePage(path: string, markdown: string): Page {
  const targets: string[] = [];
  const anchors = new Set<string>();
  const codeSpans: string[] = [];
  const codeBlocks: Tokens.Code[] = [];
  const slugger = new GithubSlugger();
  const see = (token: MarkedToken) => {
    if (token.type === 'link' || token.type === 'image') targets.push(token.href);
    if (token.type === 'html') targets.push(...pointedAt(token.text));
    if (token.type === 'heading') anchors.add(slugger.slug(textOf(token.tokens)));
    if (token.type === 'codespan') codeSpans.push(token.text);
    if (token.type === 'code') codeBlocks.push(token);
  };
  walkTokens(lexer(markdown), (token) => see(token as MarkedToken));
  return { path, text: markdown, targets, anchors, codeSpans, codeBlocks };
}

function pointedAt(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target]) => target ?? '');
}

/** What stands in a heading, without its markup. */
function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => ('tokens' in token && token.tokens ? textOf(token.tokens) : tokenText(token)))
    .join('');
}

function tokenText(token: Token): string {
  return 'text' in token ? String(token.text) : '';
}

/** The command lines of a page: its `sh` blocks, without comments, continued lines joined. */
export function commandsOf({ codeBlocks }: Page): string[] {
  return codeBlocks
    .filter(({ lang }) => lang === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}
