/** A task of a person, for tests that need one and not what is in it. */
import { randomUUID } from 'node:crypto';
import type { Task } from '../../../src/ports/session.ts';

/** A task with ids of its own. */
export function taskWith(fields: Partial<Task> = {}): Task {
  return {
    channel: 'b2c',
    ownerId: randomUUID(),
    sessionId: randomUUID(),
    taskId: randomUUID(),
    imageUrls: ['https://images.example/a.jpg'],
    prompt: '',
    requestId: 'req',
    createdAt: new Date().toISOString(),
    ...fields,
  };
}
