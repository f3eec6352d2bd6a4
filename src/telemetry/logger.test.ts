/** A log that cannot be written must not stop the process that writes it. */
import assert from 'node:assert/strict';
import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { it } from 'node:test';
import { endWithThisProcess } from '../../local/end-with-this-process.ts';

/** Logs more than fits into a pipe, then an error as of a crash. */
const PROGRAM = `
  import { createLogger } from ${JSON.stringify(new URL('logger.ts', import.meta.url).href)};
  const logger = createLogger('info');
  for (let line = 0; line < 5000; line += 1) logger.info({ line, text: 'x'.repeat(100) }, 'event');
  logger.fatal('crashed');
  process.exit(7);
`;

function startProgram(stdout: 'pipe' | number) {
  const stdio: StdioOptions = ['ignore', stdout, 'inherit'];
  const program = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], { stdio });
  endWithThisProcess(program);
  return program;
}

it('a process goes on while its log is on a full disk', {
  skip: process.platform !== 'linux',
}, async () => {
  const program = startProgram(openSync('/dev/full', 'w'));
  assert.deepEqual(await once(program, 'exit'), [7, null]);
});

it('a process goes on while no one reads its log', async () => {
  const program = startProgram('pipe');
  assert.deepEqual(await once(program, 'exit'), [7, null]);
});
