/** The page that shows the API's document. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { afterTests } from '../support/after-tests.ts';
import { serverIn } from '../support/api-server.ts';
import { NO_BROWSER, openPage, startBrowser } from '../support/browser.ts';

const server = await serverIn();
const address = await server.listen({ host: '127.0.0.1', port: 0 });
afterTests.defer(() => server.close());

it('the page names itself and is sent once, compressed', async () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${address}/docs/${path}`, { headers });
  assert.match(
    await (await get('')).text(),
    /<html lang="en">.*<title>wearon-worker API<\/title>/s,
  );
  for (const path of ['', 'js/scalar.js', 'openapi.json']) {
    const page = await get(path, { 'accept-encoding': 'gzip' });
    assert.equal(page.headers.get('content-encoding'), 'gzip', path);
    const etag = page.headers.get('etag') ?? '';
    const plain = await get(path, { 'accept-encoding': 'identity' });
    assert.equal(plain.headers.get('content-encoding'), null);
    assert.equal(await plain.text(), await page.text());
    const again = await get(path, { 'if-none-match': etag });
    assert.equal(again.status, 304, path);
  }
});

it('the page may load nothing from elsewhere', async () => {
  const page = await fetch(`${address}/docs/`);
  assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self';/);
  const html = await page.text();
  assert.doesNotMatch(html, /(src|href)="(https?:)?\/\//);
});

it('the page fits a phone and works without an error', { skip: NO_BROWSER }, async () => {
  const browser = await startBrowser();
  try {
    const phone = { width: 390, height: 844 };
    await using opened = await openPage(browser, `${address}/docs/`, phone);
    const { page, problems } = opened;
    await page.getByText('recommended_size').first().waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), phone.width);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
});

it('the examples can show a photo that is there', async (t) => {
  const examplePhotoUrl = 'https://photos.example/me.jpg?token=a';
  const other = await serverIn({}, {}, {}, examplePhotoUrl);
  t.after(() => other.close());
  const text = (await other.inject('/docs/openapi.json')).body;
  assert.ok(text.includes(JSON.stringify(examplePhotoUrl)));
  assert.equal(text.includes('ada.jpg'), false);
});
