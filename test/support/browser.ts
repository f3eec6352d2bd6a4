/**
 * Debian's Chromium at work on one page: the errors and warnings it printed, and its requests to other origins.
 */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';

/** Why there is no browser on this machine, for a test's `skip`; false where there is one. */
export const NO_BROWSER = existsSync(PROGRAM) ? false : `${PROGRAM} is missing`;

export interface BrowserPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors of the console, exceptions, and requests to anyone but the page's own origin. */
  readonly problems: readonly string[];
}

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];

/** A browser; dispose of it with `close()`. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS });
}

/** A new page of its own context at `url`. */
export async function openPage(
  browser: Browser,
  url: string,
  { width = 1280, height = 900 }: { width?: number; height?: number } = {},
): Promise<BrowserPage> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== new URL(url).origin) {
      problems.push(`asks ${origin}`);
    }
  });
  await page.goto(url);
  return { page, problems, [Symbol.asyncDispose]: () => context.close() };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe finds serious or critical on the page as it stands: rule and element. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate<Violation[]>('axe.run().then((r) => r.violations)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
