import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRejection, parseTask } from '../../src/tryon/task.ts';
import { snakeCase, snakeCaseKeys } from './snake-case.ts';
import { DEFAULT_PROMPT, type PlatformTask, taskMessage } from './task-message.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/queue-messages');

const STORE = '01938f2a-0000-7a2b-8c3d-4e5f6a7b8c9d';
const PERSON = '7b8c9d0e-1f2a-4b3c-8d4e-5f6a7b8c9d0e';

function signedLink(file: string): string {
  const bucket = 'https://project.supabase.co/storage/v1/object/sign/virtual-tryon-images';
  return `${bucket}/uploads/${file}?token=eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl`;
}

const personTask: PlatformTask = {
  taskId: '4e2b1f5c-9f0a-4c57-8a9e-0d6f1c2b3a41',
  channel: 'b2c',
  storeId: undefined,
  userId: PERSON,
  sessionId: '01938f2a-7c4e-7b1a-9f3e-2d4c6b8a0e12',
  imageUrls: [signedLink('model-1735725600000-0f9e8d7c-6b5a-4943-8271-605f4e3d2c1b.jpg')],
  prompt: DEFAULT_PROMPT,
  requestId: 'req_1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f',
  version: 1,
  createdAt: '2026-01-01T10:00:00.000Z',
};

const storeTask: PlatformTask = {
  ...personTask,
  taskId: '5f3c2a6d-0a1b-4d68-9bae-1e7a2d3c4b52',
  channel: 'b2b',
  storeId: STORE,
  userId: undefined,
  sessionId: '01938f2b-1d5f-7c2b-8a4f-3e5d7c9b1f23',
  imageUrls: [0, 1].map(
    (n) =>
      `https://cdn.shop.test/stores/${STORE}/uploads/173572560000${n}-0f9e8d7c-6b5a-4943-8271-605f4e3d2c1${n}.jpg`,
  ),
  requestId: 'req_2d3e4f5a-6b7c-4d8e-9f0a-1b2c3d4e5f6a',
};

const tasks: Record<string, PlatformTask> = {
  'person-photo-only.json': personTask,
  'person-outfit-and-accessories.json': {
    ...personTask,
    imageUrls: ['model', 'outfit', 'accessory', 'accessory'].map((kind, n) =>
      signedLink(`${kind}-173572560000${n}-0f9e8d7c-6b5a-4943-8271-605f4e3d2c1${n}.png`),
    ),
  },
  'store.json': storeTask,
  'store-own-prompt-and-request-id.json': {
    ...storeTask,
    prompt: 'Sommerkleid, bitte „luftig“ – on a beach 🏖️',
    requestId: 'Order #1042 / retry',
  },
};

test('the platform writes exactly the messages on record', async () => {
  const names = (await readdir(FIXTURES)).filter((name) => name.endsWith('.json'));
  assert.deepEqual(names.toSorted(), Object.keys(tasks).toSorted());
  for (const [name, task] of Object.entries(tasks)) {
    const onRecord = JSON.parse(await readFile(join(FIXTURES, name), 'utf8'));
    assert.equal(taskMessage(task), JSON.stringify(onRecord), name);
  }
});

test('the worker reads the messages on record as they were meant', async () => {
  for (const [name, meant] of Object.entries(tasks)) {
    const read = parseTask(await readFile(join(FIXTURES, name)), 16, new Date());
    assert.ok(!isRejection(read), name);
    assert.deepEqual(read, {
      channel: meant.channel,
      ownerId: meant.storeId ?? meant.userId,
      sessionId: meant.sessionId,
      taskId: meant.taskId,
      imageUrls: meant.imageUrls,
      prompt: meant.prompt,
      requestId: meant.requestId,
      createdAt: meant.createdAt,
    });
  }
});

test('keys are converted at every depth and values are left alone', () => {
  assert.equal(snakeCase('apiURL'), 'api_url');
  assert.equal(snakeCase('URLOfImage'), 'url_of_image');
  assert.equal(snakeCase('already_snake'), 'already_snake');
  assert.deepEqual(
    snakeCaseKeys({ outerKey: [{ innerKey: 'camelValue', nothing: null }], when: 1 }),
    { outer_key: [{ inner_key: 'camelValue', nothing: null }], when: 1 },
  );
});
