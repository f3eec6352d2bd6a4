import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toResponse } from '../../http-client/answer.ts';
import { readAnswerBody } from './answer-body.ts';

const PICTURE = Buffer.from('a picture, größer than most');
const BASE64 = PICTURE.toString('base64');

const read = (body: string) => readAnswerBody(toResponse(200, {}, Buffer.from(body)));

it('a picture in plain base64 is decoded, and the rest is parsed', async () => {
  const answer = { created: 1, note: '"größer"', data: [{ b64_json: BASE64 }], usage: { n: 2 } };
  for (const text of [JSON.stringify(answer), JSON.stringify(answer, null, 2)]) {
    for (const mark of ['', '\ufeff']) {
      assert.deepEqual(await read(mark + text), { ...answer, data: [{ b64_json: PICTURE }] });
    }
  }
});

it('an answer leaves memory once its picture is decoded', async () => {
  const picture = Buffer.alloc(100_000, 7);
  const text = JSON.stringify({ data: [{ b64_json: picture.toString('base64') }] });
  const body = Buffer.from(text);
  assert.deepEqual(await readAnswerBody(toResponse(200, {}, body)), {
    data: [{ b64_json: picture }],
  });
  assert.equal(body.byteLength, 0);
});

it('a picture in any other form is left as JSON holds it', async () => {
  const wrapped = BASE64.replace(/.{8}/g, '$&\n');
  for (const b64_json of [wrapped, `data:image/png;base64,${BASE64}`, '%%%', '', null, 7]) {
    assert.deepEqual(await read(JSON.stringify({ data: [{ b64_json }] })), {
      data: [{ b64_json }],
    });
  }
  const escaped = JSON.stringify({ data: [{ b64_json: '/+/+' }] }).replaceAll('/', '\\/');
  assert.deepEqual(await read(escaped), { data: [{ b64_json: '/+/+' }] });
});

it('base64 elsewhere is no picture', async () => {
  const [b64_json, url] = [BASE64, 'https://example.com/x.jpg'];
  for (const answer of [{ b64_json }, { preview: { b64_json }, data: [{ url }] }, [{ b64_json }]]) {
    assert.deepEqual(await read(JSON.stringify(answer)), answer);
  }
  const quoted = { error: { message: `"b64_json": "${BASE64}"` } };
  assert.deepEqual(await read(JSON.stringify(quoted)), quoted);
});

it('what is no JSON is a SyntaxError', async () => {
  const cut = `{"data":[{"b64_json":"${BASE64}"`;
  for (const body of [
    '',
    '<html>',
    cut,
    cut.slice(0, 30),
    '{"data":[{"b64_json"',
    '"b64_json":"AAAA"',
  ]) {
    await assert.rejects(read(body), SyntaxError, body);
  }
});
