/** The console in a real browser, on a local stack: what an operator sees and does. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startPlayground } from '../../local/playground.ts';
import { afterTests } from '../support/after-tests.ts';
import { accessibilityFindings, NO_BROWSER, openPage, startBrowser } from '../support/browser.ts';
import { openShop, photo, type Shop } from '../support/shop.ts';
import { startWebhookReceiver, WEBHOOK_SECRET } from '../support/webhook-receiver.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

let shop: Shop;
let worker: WorkerProcess;
let browser: Browser;
/** 410 ends the tries at once. */
let webhookStatus = 410;

before(async () => {
  if (NO_BROWSER) return;
  shop = afterTests.use(await openShop({ openai: {} }));
  const playground = afterTests.use(await startPlayground(shop.platform));
  const receiver = afterTests.use(
    await startWebhookReceiver((response) => void response.writeHead(webhookStatus).end()),
  );
  const env = {
    ...shop.stack.env,
    CONSOLE_ORDERS_URL: playground.url,
    WEBHOOK_URL: `${receiver.origin}/hook`,
    WEBHOOK_SECRET,
    WEBHOOK_TRUSTED_ORIGINS: receiver.origin,
  };
  worker = afterTests.use(await startWorkerProcess(env));
  browser = afterTests.adopt(await startBrowser(), (started) => started.close());
});

const open = (hash = '', size = {}) => openPage(browser, `${worker.address}/console/${hash}`, size);

async function tryOn(page: Page, person: string, garment: string): Promise<void> {
  await page.getByRole('button', { name: person }).click();
  await page.getByRole('button', { name: garment }).click();
  await page.getByRole('button', { name: 'Try it on' }).click();
  await page.getByText('Credits').waitFor();
}

/** The width of the picture in the image, in pixels; 0 while there is none. */
function widthOf(page: Page, name: string): Promise<number> {
  const image = page.getByRole('img', { name, exact: true });
  return image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);
}

describe('the console in a browser', { skip: NO_BROWSER }, () => {
  it('makes a picture of samples, with steps, cost and credits', async () => {
    await using opened = await open();
    const { page, problems } = opened;
    await tryOn(page, 'Ada', 'Dotted dress');
    for (const step of ['Queued', 'Photos fetched', 'Drawing', 'Stored', 'Completed']) {
      await page
        .getByRole('listitem')
        .filter({ hasText: new RegExp(`^${step}\\d`) })
        .waitFor();
    }
    await page.getByRole('img', { name: 'Picture', exact: true }).waitFor();
    assert.ok((await widthOf(page, 'Picture')) >= 512);
    await page.getByText('100 → 99').waitFor();
    await page.getByText(/^\$0\.\d{4}$/).waitFor();
    await page.getByText(/^openai, gpt-image-[\w.-]+$/).waitFor();
    assert.deepEqual(await accessibilityFindings(page), []);

    await page.getByRole('link', { name: /^[0-9a-f-]{36}$/ }).click();
    await page.getByText('B2B generation').waitFor();
    assert.doesNotMatch(await page.content(), /token=|object\/sign|fashion photograph/);
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
  });

  it('shows a refusal with its text, and the credit given back', async () => {
    await using opened = await open();
    const { page, problems } = opened;
    await tryOn(page, 'Refused person', 'Chinos');
    await page.getByRole('alert').filter({ hasText: 'safety filter' }).waitFor();
    await page.getByText('99 → 99').waitFor();
    await page.getByText('Failed: MODERATION_BLOCKED').first().waitFor();
    assert.deepEqual(problems, []);
  });

  it('shows the picture as far as it is drawn, where it is paid for', async () => {
    const env = { ...shop.stack.env, OPENAI_PARTIAL_IMAGES: '2' };
    await using paying = await startWorkerProcess(env);
    await using opened = await openPage(browser, `${paying.address}/console/`);
    const { page, problems } = opened;
    await page.getByText(/^A picture of the last week cost \$/).waitFor();
    for (const [label, colour] of [
      [/^Choose a photo of a person/, '#aa9988'],
      [/^Choose up to 4 photos of garments/, '#3355aa'],
    ] as const) {
      const file = { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await photo(colour) };
      await page.getByLabel(label).setInputFiles(file);
    }
    await page.getByRole('checkbox', { name: /paid by the worker's key/ }).check();
    // The first partial picture is there after a third of it, and has two thirds to be shown.
    shop.stack.openai.latencyMs = 12_000;
    await page.getByRole('button', { name: 'Try it on' }).click();
    await page.getByRole('img', { name: 'Picture so far' }).waitFor();
    assert.ok((await widthOf(page, 'Picture so far')) >= 512);
    shop.stack.openai.latencyMs = 0;
    await page.getByRole('img', { name: 'Picture', exact: true }).waitFor();
    await page.getByText(/^openai, gpt-image-[\w.-]+$/).waitFor();
    assert.deepEqual(problems, []);
  });

  it('measures a photo and says how sure it is', async () => {
    await using opened = await open('#size');
    const { page, problems } = opened;
    await page.getByRole('button', { name: 'Ben' }).click();
    assert.equal(await page.getByLabel('Height in cm').inputValue(), '178.2');
    const estimate = page.getByRole('button', { name: 'Estimate' });
    await estimate.click();
    await page.getByRole('heading', { name: /^Size (XS|S|M|L|XL|XXL)$/ }).waitFor();
    await page.getByRole('img', { name: /breadths: shoulder \d/ }).waitFor();
    assert.equal(await page.getByRole('meter').count(), 6);
    assert.deepEqual(await accessibilityFindings(page), []);
    // The answer was about another photo.
    await page.getByRole('button', { name: 'Ada' }).click();
    await page.getByRole('heading', { name: /^Size (XS|S|M|L|XL|XXL)$/ }).waitFor({
      state: 'detached',
    });
    assert.deepEqual(problems, []);
  });

  it('makes a picture by the keyboard alone', async () => {
    await using opened = await open();
    const { page, problems } = opened;
    await page.getByRole('button', { name: 'Ada' }).waitFor();
    const reached = () =>
      page.evaluate<string>(
        '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent)',
      );
    const tabTo = async (name: string) => {
      for (let presses = 0; (await reached()) !== name; presses += 1) {
        assert.ok(presses < 30, `Tab does not lead to ${name}`);
        await page.keyboard.press('Tab');
      }
    };
    await page.keyboard.press('Tab');
    assert.equal(await reached(), 'Skip to the content');
    await page.keyboard.press('Enter');
    for (const [name, key] of [
      ['Ada', 'Space'],
      ['Chinos', 'Enter'],
      ['Try it on', 'Enter'],
    ] as const) {
      await tabTo(name);
      await page.keyboard.press(key);
    }
    await page.getByText('Completed after').waitFor();
    await page.getByRole('img', { name: 'Picture', exact: true }).waitFor();
    assert.deepEqual(problems, []);
  });

  it('keeps the focus on a button while the page is read again', async () => {
    await using opened = await open('#operations');
    const { page } = opened;
    const drain = page.getByRole('button', { name: /^Drain/ });
    await drain.focus();
    const first = await drain.elementHandle();
    await page.waitForFunction(
      (button) => !(button as { isConnected: boolean }).isConnected,
      first,
    );
    assert.match(await page.evaluate<string>('document.activeElement.textContent'), /^Drain/);
  });

  it('shows nothing of a page that was left before it was ready', async () => {
    await using opened = await open('#costs');
    const { page, problems } = opened;
    await page.getByRole('heading', { level: 2 }).waitFor();
    const held = Promise.withResolvers<void>();
    await page.route('**/api/playground', (route) => held.promise.then(() => route.continue()));
    await page.getByRole('link', { name: 'Playground' }).click();
    await page.getByRole('heading', { level: 1, name: 'Playground' }).waitFor();
    await page.getByRole('link', { name: 'Costs' }).click();
    await page.getByRole('heading', { level: 2, name: 'Numbers' }).waitFor();
    const late = page.waitForResponse('**/api/playground');
    held.resolve();
    await (await late).finished();
    await page.evaluate('new Promise((resolve) => setTimeout(resolve))');
    assert.equal(await page.getByRole('button', { name: 'Try it on' }).count(), 0);
    assert.deepEqual(problems, []);
  });

  it('lists sessions, drains, and drops a dead letter after asking', async () => {
    await shop.platform.redis.lpush('wearon:tasks:generation', 'no task');
    await using opened = await open('#operations');
    const { page, problems } = opened;
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: /^Drain/ }).click();
    await page.getByRole('button', { name: 'Take tasks again' }).click();
    await page.getByRole('button', { name: /^Drain/ }).waitFor();
    await page.getByRole('button', { name: /^Drop/ }).click();
    await page.getByText(/^[0-9a-f]{12} is removed\.$/).waitFor();
    await page.getByLabel('Only failed').check();
    await page.getByText('Sessions: 1').waitFor();
    assert.deepEqual(await accessibilityFindings(page), []);
    assert.deepEqual(problems, []);
  });

  it('lists webhooks by state and sends undelivered ones again', async () => {
    await using opened = await open('#webhooks');
    const { page, problems } = opened;
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('cell', { name: 'gone 410' }).first().waitFor();
    assert.doesNotMatch(await page.content(), /whsec_|127\.0\.0\.1|try_on\.|\/hook/);
    assert.deepEqual(await accessibilityFindings(page), []);
    webhookStatus = 204;
    const redeliver = page.getByRole('button', { name: /^Redeliver [0-9a-f-]{36} to platform$/ });
    await redeliver.first().click();
    await page.getByText('1 webhook is sent now').waitFor();
    await page.getByRole('button', { name: 'Send all undelivered again' }).click();
    await page.getByText(/^\d+ webhooks? (is|are) sent now/).waitFor();
    await page.getByLabel('Which').selectOption('delivered');
    await page.getByRole('cell', { name: 'delivered 204' }).first().waitFor();
    assert.deepEqual(problems, []);
  });

  it('fits a phone on every page, in the dark too', async () => {
    await using opened = await open('', { width: 390, height: 844 });
    const { page, problems } = opened;
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const name of ['Playground', 'Size', 'Operations', 'Webhooks', 'Costs']) {
      await page.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.getByRole('heading', { level: 2 }).first().waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, name);
      assert.deepEqual(await accessibilityFindings(page), [], name);
    }
    await page.goto(`${worker.address}/console/#operations`);
    const session = page.getByRole('link', { name: /^…[0-9a-f]{8}$/ });
    await session.first().click();
    await page.getByRole('heading', { level: 2, name: 'Row in the database' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, 'session');
    assert.deepEqual(problems, []);
  });
});
