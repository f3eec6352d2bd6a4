import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { logConsole } from './library-notices.ts';
import { createLogger } from './logger.ts';

it('notices of libraries and of Node.js are log lines without secrets', async () => {
  const lines: string[] = [];
  logConsole(createLogger('info', { write: (line) => void lines.push(line) }));
  console.log('[ioredis] notice of %s', 'redis://user:secret@redis.example');
  console.error('IMPORTANT! Eviction policy is allkeys-lru.');
  const warned = once(process, 'warning');
  process.emitWarning('old', 'DeprecationWarning');
  await warned;
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ level, message, text }) => [level, message, text]),
    [
      ['info', 'library_notice', '[ioredis] notice of [url]'],
      ['warn', 'library_notice', 'IMPORTANT! Eviction policy is allkeys-lru.'],
      ['warn', 'library_notice', 'DeprecationWarning old'],
    ],
  );
});
