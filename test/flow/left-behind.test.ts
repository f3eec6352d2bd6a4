/** A test that is ended in its middle leaves no process behind: neither killed nor out of time. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../local/until.ts';

const SUPPORT = fileURLToPath(new URL('../support', import.meta.url));

/** A worker and a shell with a child, as tests start them; says their process ids. */
const START = `
  import { spawn } from 'node:child_process';
  import { endWithThisProcess } from '${SUPPORT}/../../local/end-with-this-process.ts';
  import { openShop } from '${SUPPORT}/shop.ts';
  import { startWorkerProcess } from '${SUPPORT}/worker-process.ts';
  async function start() {
    const { stack } = await openShop();
    const worker = await startWorkerProcess(stack.env);
    worker.process.kill('SIGSTOP');
    const shell = spawn('sh', ['-c', 'sleep 600; true'], { detached: true });
    endWithThisProcess(shell, { group: true });
    console.log('started', worker.process.pid, -shell.pid);
  }
`;
const KILLED = `${START} await start();`;
const OUT_OF_TIME = `${START}
  import { before, it } from 'node:test';
  before(start);
  it('hangs', { timeout: 100 }, () => new Promise(() => undefined));
`;

/** Whether the process, or one of the group of a negative id, is there. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Runs the program, has `end` happen to it once it has started, and sees that all of it goes. */
async function leavesNothing(
  program: string,
  options: readonly string[],
  end: NodeJS.Signals | null,
): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'left-behind-'));
  await using servers = await mkdtempDisposable(join(tmpdir(), 'left-servers-'));
  const file = join(folder.path, 'program.mjs');
  await writeFile(file, program);
  // Of a run of tests this process may be a part.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [...options, file], {
    env: { ...env, TMPDIR: servers.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pids: number[] = [];
  const started = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    const [, worker, shell] = /started (\d+) (-\d+)/.exec(line) ?? [];
    if (worker === undefined) return;
    pids.push(Number(worker), Number(shell));
    started.resolve();
  });
  const exited = once(child, 'exit');
  await Promise.race([started.promise, exited]);
  if (end !== null) child.kill(end);
  await exited;
  assert.equal(pids.length, 2, 'it has started');
  await until('its processes to be gone', () => !pids.some(isAlive));
  // The guardian of the servers removes their folder last.
  await until('its servers to be gone', async () => (await readdir(servers.path)).length === 0);
}

it('a test that is killed leaves no process behind', () => leavesNothing(KILLED, [], 'SIGKILL'));

it('a test that runs out of time ends, and leaves no process behind', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
  const options = scripts.test.match(/--test(-force-exit)?(?= )/g);
  await leavesNothing(OUT_OF_TIME, options, null);
});
