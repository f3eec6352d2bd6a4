import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readFile, stat } from 'node:fs/promises';
import { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { endWithThisProcess } from '../end-with-this-process.ts';
import { until } from '../until.ts';
import { SetupError } from '../until-signal.ts';
import { claimFolder, FOLDER } from './results-folder.ts';

const DEMO = `
  const { claimFolder } = await import('${import.meta.resolve('./results-folder.ts')}');
  globalThis.kept = await claimFolder();
  console.log(process.pid);
  setInterval(() => {}, 1000);
`;
const isZombie = async (pid: number) => / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8'));

it('a demo that was killed and never reaped leaves its folder free', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-demo-'));
  process.chdir(folder.path);
  // `sleep` takes the shell's place and reaps no child.
  const script = '"$NODE" --input-type=module --eval "$DEMO" & exec sleep 600';
  const env = { NODE: process.execPath, DEMO, PATH: process.env.PATH };
  const parent = spawn('sh', ['-c', script], { detached: true, env });
  endWithThisProcess(parent, { group: true });
  const [pid] = await once(parent.stdout, 'data');
  await assert.rejects(claimFolder(), SetupError);

  process.kill(Number(pid), 'SIGKILL');
  await until('the zombie', () => isZombie(Number(pid)));
  // The zombie may be there a moment before the threads, and with them the socket, are gone.
  await using _claimed = await until('the folder', () => claimFolder().catch(() => null), 10_000);
  parent.kill('SIGKILL');
  process.chdir('/');
});

it('a demo runs where the file system has no sockets', async (t) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-demo-'));
  process.chdir(folder.path);
  t.mock.method(Server.prototype, 'listen', function (this: Server) {
    const error = Object.assign(new Error('listen'), { code: 'EOPNOTSUPP' });
    process.nextTick(() => this.emit('error', error));
    return this;
  });
  await using _claimed = await claimFolder();
  assert.ok((await stat(FOLDER)).isDirectory());
  process.chdir('/');
});
