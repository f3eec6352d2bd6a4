/** A test that is ended in its middle leaves no worker behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../local/until.ts';

const SUPPORT = fileURLToPath(new URL('../support', import.meta.url));
const KILLED_TEST = `
  import { openShop } from '${SUPPORT}/shop.ts';
  import { startWorkerProcess } from '${SUPPORT}/worker-process.ts';
  const { stack } = await openShop();
  const worker = await startWorkerProcess(stack.env);
  worker.process.kill('SIGSTOP');
  console.log(worker.process.pid);
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('a test that is killed leaves no worker behind', async () => {
  const killed = spawn(process.execPath, ['--input-type=module', '--eval', KILLED_TEST], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(killed.stdout), 'line');
  const pid = Number(line);
  assert.ok(isAlive(pid));
  killed.kill('SIGKILL');
  await until('the worker to be gone', async () => !isAlive(pid));
});
