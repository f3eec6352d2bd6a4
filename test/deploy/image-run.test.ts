/**
 * The built image at work, as deploy/compose.prod.yaml runs it: read-only, as its own user, without
 * capabilities, its secrets in files. Takes the image's name from IMAGE, which scripts/rehearse-image.sh
 * builds and sets.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { play, setScenes } from '../../local/demo/scenes.ts';
import { onFreePort } from '../../local/loopback.ts';
import {
  balanceOf,
  createPerson,
  openPlatform,
  type Platform,
  sessionOf,
  uploadPhoto,
} from '../../local/platform.ts';
import { PEOPLE } from '../../local/samples/samples.ts';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';
import { until } from '../../local/until.ts';

const { IMAGE = '' } = process.env;
const NAME = 'wearon-worker-image-run';
const SECRETS = ['REDIS_URL', 'SUPABASE_SERVICE_ROLE_KEY', 'OPENAI_API_KEY'];

/** The options of `docker run` for what deploy/compose.prod.yaml says of a worker. */
async function confinement(): Promise<string[]> {
  const text = await readFile('deploy/compose.prod.yaml', 'utf8');
  const { services } = parse(text, { merge: true });
  const { read_only, init, tmpfs, cap_drop, security_opt, deploy } = services['worker-a'];
  const { cpus, memory, pids } = deploy.resources.limits;
  return [
    `--read-only=${read_only}`,
    `--init=${init}`,
    `--cpus=${cpus}`,
    `--memory=${memory}`,
    `--pids-limit=${pids}`,
    ...tmpfs.map((place: string) => `--tmpfs=${place}`),
    ...cap_drop.map((name: string) => `--cap-drop=${name}`),
    ...security_opt.map((option: string) => `--security-opt=${option}`),
  ];
}

async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args);
  return stdout.trim();
}

/** What a program answers in a container of its own. */
const answerOf = (...command: string[]) =>
  docker('run', '--rm', '--network=none', IMAGE, ...command);

/** The files of the image under a folder that match a pattern of `find`. */
async function filesOf(folder: string, ...pattern: string[]): Promise<string[]> {
  const found = await answerOf('find', folder, ...pattern);
  return found.split('\n').filter((line) => line !== '');
}

describe('the image', {
  skip: IMAGE === '' && 'no IMAGE: scripts/rehearse-image.sh builds one',
}, () => {
  it('holds no development packages, tests or package managers', async () => {
    const { dependencies, devDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
    const installed = await answerOf('sh', '-c', 'cd node_modules && ls -d * @*/*');
    const packages = installed.split('\n');
    for (const name of Object.keys(dependencies)) assert.ok(packages.includes(name), name);
    const { packages: locked } = JSON.parse(await readFile('package-lock.json', 'utf8'));
    const development = Object.keys(devDependencies).filter((name) => {
      const { dev, devOptional } = locked[`node_modules/${name}`];
      return dev || devOptional;
    });
    assert.ok(development.length > 5);
    assert.deepEqual(
      development.filter((name) => packages.includes(name)),
      [],
    );
    assert.deepEqual(await filesOf('/app/src', '-name', '*.test.ts'), []);
    assert.equal(await answerOf('sh', '-c', 'command -v npm npx yarn corepack || true'), '');
  });

  it('holds the binaries of its own platform only', async () => {
    const folder = '/app/node_modules/onnxruntime-node/bin';
    const platforms = await filesOf(folder, '-mindepth', '3', '-maxdepth', '3', '-type', 'd');
    assert.equal(platforms.length, 1);
    const images = await answerOf('ls', '/app/node_modules/@img');
    assert.deepEqual(
      images.split('\n').filter((name) => /darwin|win32|musl|wasm/.test(name)),
      [],
    );
  });

  it('holds the list of its packages and the licences that they lack', async () => {
    const { bomFormat, components } = JSON.parse(await answerOf('cat', '/app/sbom.cdx.json'));
    assert.equal(bomFormat, 'CycloneDX');
    assert.ok(components.length > 100);
    for (const licence of ['LGPL-3', 'GPL-3', 'MPL-1.1', 'Apache-2.0']) {
      assert.match(await answerOf('cat', `/app/licenses/${licence}.txt`), /license/i);
    }
  });

  it('has the command line on its path', async () => {
    assert.match(await answerOf('wearon', '--help'), /^Usage: wearon/);
  });

  it('says what is missing and ends when it is started without configuration', async () => {
    await assert.rejects(answerOf('bin/worker'), /OPENAI_API_KEY is required but missing/);
  });
});

describe('a container', { skip: IMAGE === '' && 'no IMAGE' }, () => {
  const stack = new AsyncDisposableStack();
  let local: LocalStack;
  let platform: Platform;
  let address: string;

  before(async () => {
    local = stack.use(await startLocalStack());
    platform = stack.use(openPlatform(local));
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'wearon-image-run-')));
    stack.defer(async () => {
      await docker('rm', '--force', NAME);
    });
    const port = await onFreePort(async (free) => free);
    address = `http://127.0.0.1:${port}`;
    const secrets = await writeSecrets(join(folder.path, 'secrets'), local.env);
    const plain = Object.entries({ ...local.env, HOST: '127.0.0.1', PORT: String(port) });
    const settings = plain
      .filter(([name]) => !SECRETS.includes(name))
      .map(([name, value]) => `--env=${name}=${value}`);
    const options = [...(await confinement()), '--network=host', ...settings, ...secrets];
    await docker('run', '--detach', `--name=${NAME}`, ...options, IMAGE);
    await until('the worker in the container', async () => {
      const answer = await fetch(`${address}/health`).catch(() => undefined);
      return answer?.ok;
    });
  });
  after(() => stack.disposeAsync());

  it('runs as an unprivileged user, in a read-only root', async () => {
    const processes = await docker(
      'exec',
      NAME,
      'sh',
      '-c',
      'cat /proc/[0-9]*/cmdline | tr "\\0" " "',
    );
    assert.match(processes, /node src\/main\.ts/);
    const status = await docker('exec', NAME, 'cat', '/proc/1/status');
    assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m);
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    await assert.rejects(docker('exec', NAME, 'touch', '/app/src/x'), /Read-only file system/);
  });

  it('is healthy, and would not be if no one answered', async () => {
    const health = () => docker('inspect', '--format={{.State.Health.Status}}', NAME);
    await until(
      'the engine to find it healthy',
      async () => (await health()) === 'healthy',
      60_000,
    );
    const check = JSON.parse(
      await docker('inspect', '--format={{json .Config.Healthcheck.Test}}', NAME),
    );
    await assert.rejects(docker('exec', '--env=PORT=1', NAME, ...check.slice(1)));
  });

  it('passes the doctor, which reads the secrets from their files', async () => {
    assert.match(await docker('exec', NAME, 'wearon', 'doctor'), /redis/i);
  });

  it("ends the demo's tasks as expected, with every credit in place", async () => {
    for (const scene of await setScenes(platform)) {
      const credits = (await balanceOf(platform, scene.customer)) ?? 0;
      const tryOn = await play(platform, scene);
      const ended = await until(`the end of ${scene.name}`, async () => {
        const row = await sessionOf(platform, tryOn);
        return row?.completed_at === null ? null : row;
      });
      assert.equal(ended.status, scene.mustEnd, scene.name);
      const due = scene.mustEnd === 'completed' ? credits - 1 : credits;
      await until(`the balance of ${scene.name}`, async () => {
        return (await balanceOf(platform, scene.customer)) === due;
      });
    }
  });

  it('answers /estimate-body with a size', async () => {
    const { file, heightCm } = PEOPLE.ada;
    const bytes = await readFile(file);
    const image_url = await uploadPhoto(platform, await createPerson(platform), { bytes });
    const answer = await fetch(`${address}/estimate-body`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image_url, height_cm: heightCm }),
    });
    assert.equal(answer.status, 200);
    const { recommended_size } = (await answer.json()) as { recommended_size: string };
    assert.match(recommended_size, /^[A-Z0-9]+$/);
  });

  it('shuts down on SIGTERM, and has logged nothing but JSON', async (t) => {
    t.diagnostic(`peak of memory: ${await peakMegabytes()} MB`);
    await docker('stop', '--time=70', NAME);
    assert.equal(await docker('inspect', '--format={{.State.ExitCode}}', NAME), '0');
    const { stdout, stderr } = await promisify(execFile)('docker', ['logs', NAME]);
    assert.equal(stderr, '');
    const messages = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message);
    assert.equal(messages.at(-1), 'worker_stopped');
  });
});

/** Writes each secret to a file that only its mount makes readable; returns the options for it. */
async function writeSecrets(folder: string, env: Record<string, string>): Promise<string[]> {
  await mkdir(folder);
  const options = SECRETS.map(async (name) => {
    const file = name.toLowerCase();
    await writeFile(join(folder, file), `${env[name]}\n`, { mode: 0o444 });
    return `--env=${name}_FILE=/run/secrets/${file}`;
  });
  return [`--volume=${folder}:/run/secrets:ro`, ...(await Promise.all(options))];
}

/** The most memory that the largest process of the container has held. */
async function peakMegabytes(): Promise<number> {
  const peaks = await docker('exec', NAME, 'sh', '-c', 'grep -h VmHWM /proc/[0-9]*/status');
  const kilobytes = [...peaks.matchAll(/(\d+) kB/g)].map(([, amount]) => Number(amount));
  return Math.round(Math.max(...kilobytes) / 1024);
}
