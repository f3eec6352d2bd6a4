/** Messages become tasks, or rejections whose session can still be refunded. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { isRejection, parseTask, type Rejection } from './task.ts';

const ids = { session_id: randomUUID(), store_id: randomUUID() };

function messageWith(fields: object): Buffer {
  return Buffer.from(
    JSON.stringify({
      task_id: randomUUID(),
      channel: 'b2b',
      ...ids,
      image_urls: ['https://images.example/a.jpg'],
      prompt: 'A coat.',
      request_id: 'req_1',
      version: 1,
      created_at: new Date().toISOString(),
      ...fields,
    }),
  );
}

const parsed = (fields: object) => parseTask(messageWith(fields), 16, new Date());

function rejected(raw: Buffer): Rejection {
  const rejection = parseTask(raw, 16, new Date());
  assert.ok(isRejection(rejection));
  return rejection;
}

describe('a task', () => {
  it('has a prompt of allowed length, without control characters', () => {
    const task = parsed({ prompt: `\u001b[2J\u0000${'🧥'.repeat(100_000)}` });
    assert.ok(!isRejection(task));
    assert.ok(task.prompt.length <= 32_000);
    assert.match(task.prompt, /^\[2J🧥+$/u);
  });

  it('may have a blank prompt', () => {
    const task = parsed({ prompt: ' \u0000\n' });
    assert.equal(isRejection(task) ? task.reason : task.prompt, '');
  });
});

describe('a message over 1 MiB', () => {
  const prompt = 'x'.repeat(1_100_000);

  it('is refused unread, and its session is known by its head', () => {
    const { reason, salvaged } = rejected(messageWith({ prompt }));
    assert.equal(reason, 'larger than 1 MiB');
    assert.deepEqual(salvaged, {
      channel: 'b2b',
      ownerId: ids.store_id,
      sessionId: ids.session_id,
      requestId: null,
    });
  });

  it('names no session by what its texts say', () => {
    const fields = { channel: 'b2b', ...ids };
    const text = JSON.stringify({ prompt: JSON.stringify(fields) + prompt });
    assert.equal(rejected(Buffer.from(text)).salvaged, null);
    assert.equal(rejected(Buffer.alloc(2_000_000, '{"session_id": ')).salvaged, null);
  });
});
