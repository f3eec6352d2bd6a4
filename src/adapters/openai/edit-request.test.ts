import assert from 'node:assert/strict';
import { it } from 'node:test';
import { editRequest } from './edit-request.ts';

const images = [
  { name: 'person.jpg', jpeg: Buffer.from([0xff, 0xd8, 13, 10, 45, 45]) },
  { name: 'garment.jpg', jpeg: Buffer.from('second') },
];

it('the form reads as FormData would have sent it', async () => {
  const prompt = 'Die Jacke,\noffen\r\ngetragen: "größer"';
  const { body, headers } = editRequest({ model: 'name', n: 1, prompt }, images);
  const bytes = Buffer.from(await new Response(body).arrayBuffer());
  assert.equal(headers['content-length'], String(bytes.byteLength));
  const form = await new Response(bytes, { headers }).formData();
  const lines = prompt.replace('\n', '\r\n');
  assert.deepEqual([...form.keys()], ['model', 'n', 'prompt', 'image[]', 'image[]']);
  assert.deepEqual([form.get('model'), form.get('n'), form.get('prompt')], ['name', '1', lines]);
  const files = form.getAll('image[]') as File[];
  assert.deepEqual(
    files.map(({ name, type }) => [name, type]),
    images.map(({ name }) => [name, 'image/jpeg']),
  );
  for (const [at, file] of files.entries()) {
    assert.deepEqual(Buffer.from(await file.arrayBuffer()), images[at]?.jpeg);
  }
});

it('the form is one part, for one write', async () => {
  const parts: Uint8Array[] = [];
  const { body, headers } = editRequest({}, images);
  for await (const part of body) parts.push(part);
  assert.deepEqual(
    parts.map(({ byteLength }) => String(byteLength)),
    [headers['content-length']],
  );
});
