/**
 * Every command of the README, run as a reader would.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { endWithThisProcess } from '../../local/end-with-this-process.ts';
import { startLocalStack } from '../../local/stack.ts';
import { until } from '../../local/until.ts';
import { commandsOf, ROOT, readPage } from '../support/markdown.ts';

const run = promisify(execFile);

/** A busy machine may have a size in time only when it is less busy. */
const AMPLE_MS = 400_000;
const COMMANDS = commandsOf(readPage('README.md'));

function command(beginning: string): string {
  const found = COMMANDS.find((each) => each.startsWith(beginning));
  assert.ok(found, `the README has a command that begins with "${beginning}"`);
  return found;
}

/** A command in a process group of its own, as a terminal gives it one; `says` waits for a line of it. */
function start(shell: string, env: Record<string, string> = {}) {
  const child: ChildProcess = spawn('sh', ['-c', shell], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  endWithThisProcess(child, { group: true });
  // When the last of the group has closed its output: npm may be gone before the worker.
  const exit = once(child, 'close');
  const lines: string[] = [];
  const waiting: { pattern: RegExp; resolve: (found: string) => void }[] = [];
  const look = (line: string) => {
    for (const { pattern, resolve } of waiting) {
      const [, found] = pattern.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    }
  };
  if (child.stdout) {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      look(line);
    });
  }
  return {
    /** The first group of the pattern in a line, said or still to be said. */
    says(pattern: RegExp): Promise<string> {
      const { promise, resolve } = Promise.withResolvers<string>();
      waiting.push({ pattern, resolve });
      lines.forEach(look);
      const ended = exit.then(() => assert.fail(`ended before ${pattern}:\n${lines.join('\n')}`));
      ended.catch(() => undefined);
      return Promise.race([promise, ended]);
    },
    lines: () => lines,
    /** What Ctrl-C does: the signal goes to the whole group. Resolves when all of it is gone. */
    async end(signal: NodeJS.Signals): Promise<number | null> {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, signal);
      const [code] = await exit;
      return code;
    },
    /** What a supervisor does: the signal goes to the process that it started, alone. */
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

it('the README has no command but these and make test', () => {
  const known = [
    /^make demo$/,
    /^make test$/,
    /^curl -s http:\S+\/estimate-body /,
    /^npm start --silent$/,
    // On photos of the reader's own; commands.test.ts runs them.
    /^bin\/wearon (size|try) /,
  ];
  const others = COMMANDS.filter((each) => !known.some((pattern) => pattern.test(each)));
  assert.deepEqual(others, []);
});

it('make demo serves until Ctrl-C and answers a request for a size', async () => {
  const ask = command('curl ');
  // Its usual port is taken: by this test, or by another program.
  const taken = createServer().on('error', () => undefined);
  taken.listen(8000, '127.0.0.1');
  const demo = start(command('make demo'));
  try {
    const photo = await demo.says(/export PHOTO='([^']+)'/);
    const address = await demo.says(/health (\S+)\/health/);
    assert.notEqual(new URL(address).port, '8000');
    const answered = async () => {
      const { stdout } = await run('sh', ['-c', ask.replace('http://127.0.0.1:8000', address)], {
        env: { PATH: process.env.PATH, PHOTO: photo },
      });
      const answer = JSON.parse(stdout);
      return answer.code !== 'TOOK_TOO_LONG' && answer;
    };
    const answer = await until('an answer in time', answered, AMPLE_MS);
    assert.match(answer.recommended_size, /^(XS|S|M|L|XL|XXL)$/);
    await demo.says(/(Serving) until Ctrl-C/);
    const page = await demo.says(/The console: (\S+)/);
    assert.equal((await fetch(page)).status, 200);
    const exported = demo.lines().filter((line) => line.startsWith('  export '));
    const list = [...exported, 'bin/wearon sessions list'].join('\n');
    const sessions = await run('sh', ['-c', list], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    assert.match(sessions.stdout, /completed/);
    await assert.rejects(run('make', ['demo'], { cwd: ROOT }), {
      stderr: /^Another demo keeps its results in \.demo: end it .* first\.$/m,
    });
  } finally {
    await demo.end('SIGINT');
    taken.close();
  }
});

it('make demo says what is wrong with a variable, without a stack trace', async () => {
  const env = { ...process.env, WORKER_CONCURENCY: '3' };
  await assert.rejects(run('make', ['demo'], { cwd: ROOT, env }), ({ stdout, stderr }) => {
    assert.match(stderr, /WORKER_CONCURENCY is not known: did you mean WORKER_CONCURRENCY\?/);
    assert.doesNotMatch(stdout + stderr, /^ +at /m);
    return true;
  });
});

it('make demo refuses an argument that it does not know', async () => {
  await assert.rejects(run('make', ['demo', 'ARGS=--onec'], { cwd: ROOT }), {
    stderr: /^Unknown option '--onec': the demo takes --once only\.\nmake(\[\d+\])?: [^\n]*\n$/,
  });
});

it('make says that npm needs a home folder that can be written', async () => {
  const env = { PATH: process.env.PATH, HOME: '/dev/null' };
  const stale = ['--assume-new=package.json', 'prepare'];
  await assert.rejects(run('make', stale, { cwd: ROOT, env }), {
    stdout: /^npm keeps its cache in the home folder: set HOME to .*\n$/,
  });
});

it('npm start runs the worker with the environment, and ends on SIGTERM', async () => {
  await using stack = await startLocalStack({ openai: { plain: true } });
  const worker = start(`exec ${command('npm start --silent')}`, {
    ...stack.env,
    HOST: '127.0.0.1',
    PORT: '0',
  });
  const address = await worker.says(/"address":"(http[^"]+)","message":"worker_started"/);
  assert.equal((await fetch(`${address}/livez`)).status, 200);
  const stopped = worker.says(/"message":"(worker_stopped)"/);
  await worker.stop();
  assert.equal(await stopped, 'worker_stopped');
});
