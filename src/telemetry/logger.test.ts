/** A log that cannot be written must not stop the process that writes it. */
import assert from 'node:assert/strict';
import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { endWithThisProcess } from '../../local/end-with-this-process.ts';

/** Logs more than fits into a pipe, then an error as of a crash. */
const PROGRAM = `
  import { createLogger } from ${JSON.stringify(new URL('logger.ts', import.meta.url).href)};
  const logger = createLogger('info');
  for (let line = 0; line < 4000; line += 1) logger.info({ line, text: 'x'.repeat(100) }, 'event');
  logger.fatal('crashed');
`;

function startProgram(stdout: 'pipe' | number, ending = 'process.exit(7)') {
  const stdio: StdioOptions = ['ignore', stdout, 'inherit', 'ipc'];
  const command = ['--input-type=module', '--eval', `${PROGRAM}\n${ending}`];
  const program = spawn(process.execPath, command, { stdio });
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

it('lines that waited for a reader need no further line to be written', async () => {
  const program = startProgram('pipe', "process.send('logged'); process.on('message', () => {})");
  assert.ok(program.stdout);
  await once(program, 'message');
  const messages: string[] = [];
  for await (const line of createInterface(program.stdout)) {
    messages.push(JSON.parse(line).message);
    if (messages.at(-1) === 'crashed') break;
  }
  assert.equal(messages.length, 4001);
  program.kill();
});

it('the end of a log reaches a reader that is behind', async () => {
  const program = startProgram('pipe', "process.send('logged', () => process.exit(7))");
  assert.ok(program.stdout);
  const exited = once(program, 'exit');
  await once(program, 'message');
  const lines = (await text(program.stdout)).trimEnd().split('\n');
  assert.equal(JSON.parse(lines.at(-1) ?? '').message, 'crashed');
  assert.equal(lines.length, 4001);
  assert.deepEqual(await exited, [7, null]);
});
