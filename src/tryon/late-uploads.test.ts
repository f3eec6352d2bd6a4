import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Session } from '../ports/session.ts';
import { removeLateUploads } from './late-uploads.ts';

function failedSession(sessionId: string, secondsAgo: number): Session {
  const completedAt = new Date(Date.now() - secondsAgo * 1000);
  return {
    channel: 'b2c',
    ownerId: 'person',
    sessionId,
    status: 'failed',
    createdAt: completedAt,
    completedAt,
    errorMessage: null,
    requestId: null,
    shopperEmail: null,
  };
}

it('pictures of recently failed sessions are removed, 100 at once', async () => {
  const old = Array.from({ length: 101 }, (_, n) => failedSession(`old-${n}`, 90));
  const removed: (readonly string[])[] = [];
  await removeLateUploads(
    {
      sessions: {
        async *failedSince() {
          yield failedSession('young', 5);
          yield* old;
        },
      },
      imageStore: { remove: async (paths) => void removed.push(paths) },
    },
    new AbortController().signal,
  );
  assert.deepEqual(
    removed.flat(),
    old.map(({ sessionId }) => `generated/person/${sessionId}.jpg`),
  );
  assert.deepEqual(
    removed.map(({ length }) => length),
    [100, 1],
  );
});
