/** Requests to `/estimate-body` that are refused for a field, in the form of FastAPI. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageFetcher } from '../../src/ports/image-fetcher.ts';
import { OWN_CHART, PHOTO, preparePoses, REQUEST, startSizeServer } from './size-server.ts';

preparePoses();

const withChart = (chart: object) => ({ ...REQUEST, size_chart: { ...OWN_CHART, ...chart } });
const CHART = ['body', 'size_chart'];
const endless = Array.from({ length: 31 }, (_, i) => ({ size: `S${i}`, chest: 60 + i }));

/** Short enough to be taken, too deep for JSON.stringify. */
const NESTED = `{"image_url": "https://images.example.com/a.jpg", "height_cm": 170, "x": ${'['.repeat(7000)}${']'.repeat(7000)}}`;

const INVALID: readonly [what: string, body: unknown, type: string, loc: string[]][] = [
  ['no height', { image_url: REQUEST.image_url }, 'missing', ['body', 'height_cm']],
  ['a low height', { ...REQUEST, height_cm: 99.9 }, 'greater_than_equal', ['body', 'height_cm']],
  ['a great height', { ...REQUEST, height_cm: 250.1 }, 'less_than_equal', ['body', 'height_cm']],
  ['a height in words', { ...REQUEST, height_cm: '175' }, 'float_type', ['body', 'height_cm']],
  ['a boolean height', { ...REQUEST, height_cm: true }, 'float_type', ['body', 'height_cm']],
  ['no link', { height_cm: 175 }, 'missing', ['body', 'image_url']],
  [
    'a link to a file',
    { ...REQUEST, image_url: 'file:///etc/passwd' },
    'url_scheme',
    ['body', 'image_url'],
  ],
  ['half a link', { ...REQUEST, image_url: 'images/a.jpg' }, 'url_parsing', ['body', 'image_url']],
  [
    'a link without host',
    { ...REQUEST, image_url: 'https://' },
    'url_parsing',
    ['body', 'image_url'],
  ],
  ['a number as link', { ...REQUEST, image_url: 5 }, 'url_type', ['body', 'image_url']],
  [
    'an endless link',
    { ...REQUEST, image_url: `https://a.example/${'a'.repeat(8192)}` },
    'url_too_long',
    ['body', 'image_url'],
  ],
  ['an unknown key', { ...REQUEST, shoe_size: 44 }, 'extra_forbidden', ['body', 'shoe_size']],
  ['an unknown sex', { ...REQUEST, sex: 'x' }, 'literal_error', ['body', 'sex']],
  ['a low weight', { ...REQUEST, weight_kg: 29 }, 'greater_than_equal', ['body', 'weight_kg']],
  ['a child', { ...REQUEST, age: 17 }, 'greater_than_equal', ['body', 'age']],
  ['an unknown chart', { ...REQUEST, size_chart: 'x' }, 'literal_error', ['body', 'size_chart']],
  ['a number as chart', { ...REQUEST, size_chart: 5 }, 'literal_error', CHART],
  ['a list as chart', { ...REQUEST, size_chart: [] }, 'model_attributes_type', CHART],
  ['a chart without sizes', { ...REQUEST, size_chart: {} }, 'missing', [...CHART, 'sizes']],
  ['a chart of one size', withChart({ sizes: [{ size: 'A' }] }), 'too_short', [...CHART, 'sizes']],
  ['a chart of 31 sizes', withChart({ sizes: endless }), 'too_long', [...CHART, 'sizes']],
  [
    'a chart of falling sizes',
    withChart({ sizes: endless.slice(0, 9).reverse() }),
    'value_error',
    CHART,
  ],
  ['a chart with a waist from nowhere', withChart({ waist_at: undefined }), 'value_error', CHART],
  [
    'a chart with a size in small letters',
    withChart({ sizes: [{ size: 'small', chest: 90 }, { size: 'L' }] }),
    'value_error',
    [...CHART, 'sizes', '0', 'size'],
  ],
  [
    'a chart with a girth of 9 m',
    withChart({ sizes: [{ size: 'S', chest: 900 }, { size: 'L' }] }),
    'less_than_equal',
    [...CHART, 'sizes', '0', 'chest'],
  ],
  [
    'an unknown key in a chart',
    withChart({ colour: 'red' }),
    'extra_forbidden',
    [...CHART, 'colour'],
  ],
  [
    'an endless source',
    withChart({ source: 'a'.repeat(301) }),
    'string_too_long',
    [...CHART, 'source'],
  ],
  ['an unknown fit', { ...REQUEST, fit: 'baggy' }, 'literal_error', ['body', 'fit']],
  ['a list', [], 'model_attributes_type', ['body']],
  ['broken JSON', '{"image_url": ', 'json_invalid', ['body']],
  ['nothing', '', 'missing', ['body']],
  ['null', null, 'missing', ['body']],
  ['nesting too deep to be written out again', NESTED, 'extra_forbidden', ['body', 'x']],
];

for (const [what, body, type, loc] of INVALID) {
  test(`${what} is refused with 422 in the form of FastAPI, naming the field`, async (t) => {
    const { post, events } = await startSizeServer(t);
    const answer = await post(body);
    assert.equal(answer.status, 422);
    const detail = answer.body.detail as { type: string; loc: string[]; msg: string }[];
    const [error] = detail;
    assert.equal(new Set(detail.map(({ loc }) => loc.join())).size, detail.length, 'named twice');
    assert.equal(error?.type, type);
    assert.deepEqual(error?.loc, loc);
    assert.ok((error?.msg ?? '').length > 0);
    assert.equal(answer.body.code, 'INVALID_REQUEST');
    assert.deepEqual(events, []);
  });
}

test('a height of 100 or 250, whole or not, is fine', async (t) => {
  const { post } = await startSizeServer(t);
  for (const height_cm of [100, 250, 170.5]) {
    assert.equal((await post({ ...REQUEST, height_cm })).status, 200);
  }
});

test('links with white space and links of 2,400 characters are accepted', async (t) => {
  const asked: string[] = [];
  const fetcher: ImageFetcher = {
    fetch: async (url) => {
      asked.push(url);
      return PHOTO;
    },
  };
  const { post } = await startSizeServer(t, { fetcher });
  const long = `https://a.example/${'a'.repeat(2400)}`;
  for (const image_url of [' https://a.example/my photo.jpg\n', long]) {
    assert.equal((await post({ ...REQUEST, image_url })).status, 200);
  }
  assert.deepEqual(asked, ['https://a.example/my photo.jpg', long]);
});
