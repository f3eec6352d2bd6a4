/**
 * `npm run console-images`: makes the pictures of the console in docs/images anew, in
 * Debian's Chromium, against a local stack and the real worker.
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { startPlayground } from '../local/playground.ts';
import { openPage, startBrowser } from '../test/support/browser.ts';
import { openShop } from '../test/support/shop.ts';
import { startWebhookReceiver, WEBHOOK_SECRET } from '../test/support/webhook-receiver.ts';
import { startWorkerProcess } from '../test/support/worker-process.ts';

const FOLDER = join(import.meta.dirname, '../docs/images');
const DESKTOP = { width: 1180, height: 900 };
const PHONE = { width: 390, height: 844 };
/** So that the steps of a picture look like those of a vendor. */
const MODEL_LATENCY_MS = 2500;

interface Shot {
  readonly name: string;
  /** The page's hash. */
  readonly hash: string;
  readonly size: typeof DESKTOP;
  readonly dark?: boolean;
  /** What is done before the picture is taken. */
  readonly act: (page: Page) => Promise<unknown>;
}

async function tryOn(page: Page, person: string, garment: string): Promise<void> {
  await page.getByRole('button', { name: person }).click();
  await page.getByRole('button', { name: garment }).click();
  await page.getByRole('button', { name: 'Try it on' }).click();
  await page.getByText('Credits').waitFor();
}

async function measure(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Ben' }).click();
  await page.getByRole('button', { name: 'Estimate' }).click();
  await page.getByRole('img', { name: /breadths/ }).waitFor();
}

const dress = async (page: Page) => {
  await tryOn(page, 'Ada', 'Dotted dress');
  await page
    .getByRole('listitem')
    .filter({ hasText: /^Checked/ })
    .waitFor();
};

/** The refusal comes first, for the pages that list what has happened. */
const SHOTS: readonly Shot[] = [
  {
    name: 'console-refusal',
    hash: '#playground',
    size: DESKTOP,
    act: (page) => tryOn(page, 'Refused person', 'Chinos'),
  },
  { name: 'console', hash: '#playground', size: DESKTOP, act: dress },
  { name: 'console-phone', hash: '#playground', size: PHONE, dark: true, act: dress },
  { name: 'console-size', hash: '#size', size: DESKTOP, act: measure },
  {
    name: 'console-operations',
    hash: '#operations',
    size: DESKTOP,
    dark: true,
    act: (page) => page.getByRole('table', { name: /^Sessions: / }).waitFor(),
  },
  {
    name: 'console-webhooks',
    hash: '#webhooks',
    size: DESKTOP,
    act: async (page) => {
      await page.getByLabel('Which').selectOption('delivered');
      await page.getByRole('cell', { name: 'delivered 204' }).first().waitFor();
    },
  },
];

async function take(browser: Browser, address: string, shot: Shot): Promise<void> {
  const { name, hash, size, dark = false, act } = shot;
  await using opened = await openPage(browser, `${address}/console/${hash}`, size);
  await opened.page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
  await act(opened.page);
  const png = await opened.page.screenshot({ fullPage: true });
  await sharp(png)
    .webp({ quality: 82 })
    .toFile(join(FOLDER, `${name}.webp`));
  console.log(`docs/images/${name}.webp`);
}

await using shop = await openShop({ openai: { latencyMs: MODEL_LATENCY_MS } });
await using playground = await startPlayground(shop.platform);
await using receiver = await startWebhookReceiver((response) => void response.writeHead(204).end());
await using worker = await startWorkerProcess({
  ...shop.stack.env,
  CONSOLE_ORDERS_URL: playground.url,
  WEBHOOK_URL: `${receiver.origin}/hook`,
  WEBHOOK_SECRET,
  WEBHOOK_TRUSTED_ORIGINS: receiver.origin,
});
await worker.logged('pose_model_loaded');
const browser = await startBrowser();
for (const shot of SHOTS) await take(browser, worker.address, shot);
await browser.close();
