/**
 * A deployment in a folder of its own: the scripts of deploy/ as they are, a stand-in for docker that
 * keeps a record, and the settings and secrets that an operator would have filled in.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import {
  copyFile,
  cp,
  mkdir,
  mkdtempDisposable,
  readFile,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const OPENSSL = 'openssl';
const FAKE_DOCKER = join(import.meta.dirname, 'fake-docker.sh');

export const DOMAIN = 'worker.test';

/** Why the scripts cannot run here; null when they can. */
export function whyNoScripts(): string | null {
  for (const program of ['bash', OPENSSL, 'flock']) {
    if (spawnSync(program, ['--version']).error) return `${program} is missing`;
  }
  return null;
}

export interface Deployment extends AsyncDisposable {
  readonly folder: string;
  readonly letsencrypt: string;
  /** Tells the stand-in for docker something, see fake-docker.sh. */
  tell(file: 'failing' | 'unready' | 'certificate', text: string): Promise<void>;
  /** Runs a script of deploy/; resolves with what it said on both outputs. */
  run(
    script: string,
    args?: readonly string[],
    env?: Record<string, string>,
  ): Promise<{ code: number; output: string }>;
  /** Starts a script of deploy/ and does not wait for its end. */
  spawn(script: string, args: readonly string[]): ChildProcess;
  /** How docker was called since the last look. */
  calls(): Promise<string[]>;
  /** Which image each service runs. */
  running(service: string): Promise<string | null>;
  read(path: string): Promise<string | null>;
}

const readOrNull = (path: string) => readFile(path, 'utf8').catch(() => null);

export async function makeDeployment(settings: Record<string, string> = {}): Promise<Deployment> {
  const temporary = await mkdtempDisposable(join(tmpdir(), 'wearon-deployment-'));
  const [folder, bin, docker, letsencrypt] = ['deploy', 'bin', 'docker', 'letsencrypt'].map(
    (name) => join(temporary.path, name),
  ) as [string, string, string, string];
  await cp(DEPLOY, folder, {
    recursive: true,
    filter: (path) => !/\/(\.env|state|secrets\/[a-z_]+)$/.test(path),
  });
  await Promise.all(
    [bin, join(docker, 'running'), join(temporary.path, 'cron')].map((path) =>
      mkdir(path, { recursive: true }),
    ),
  );
  await symlink(FAKE_DOCKER, join(bin, 'docker'));
  await copyFile(join(folder, '.env.example'), join(folder, '.env'));
  const filled = { DOMAIN, CERTBOT_EMAIL: 'ops@worker.test', ...settings };
  const lines = Object.entries(filled).map(([name, value]) => `${name}=${value}\n`);
  const example = await readFile(join(folder, '.env'), 'utf8');
  const kept = example.split('\n').filter((line) => !((line.split('=', 1)[0] ?? '') in filled));
  await writeFile(join(folder, '.env'), `${kept.join('\n')}${lines.join('')}`);
  const given = {
    PATH: `${bin}:${process.env.PATH}`,
    FAKE_DOCKER: docker,
    LETSENCRYPT: letsencrypt,
    WEBROOT: join(temporary.path, 'webroot'),
    CRON_FOLDER: join(temporary.path, 'cron'),
    POLL_SECONDS: '0',
  };
  let seen = 0;
  return {
    folder,
    letsencrypt,
    tell: (file, text) => writeFile(join(docker, file), `${text.trimEnd()}\n`),
    run: (script, args = [], env = {}) => {
      const { promise, resolve } = Promise.withResolvers<{ code: number; output: string }>();
      const done = (error: Error | null, stdout: string, stderr: string) => {
        const code = error === null ? 0 : Number((error as { code?: number }).code ?? -1);
        resolve({ code, output: stdout + stderr });
      };
      execFile(join(folder, script), args, { env: { ...given, ...env } }, done);
      return promise;
    },
    spawn: (script, args) => spawn(join(folder, script), args, { env: given, stdio: 'pipe' }),
    calls: async () => {
      const lines = ((await readOrNull(join(docker, 'calls'))) ?? '').split('\n').slice(0, -1);
      const fresh = lines.slice(seen);
      seen = lines.length;
      return fresh;
    },
    running: async (service) =>
      (await readOrNull(join(docker, 'running', service)))?.trim() ?? null,
    read: (path) => readOrNull(join(folder, path)),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

/** A self-signed certificate for the domain, as PEM. */
export function makeCertificate(domain = DOMAIN, days = 90): string {
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`];
  const request = ['req', ...options, ...subject, '-days', String(days), '-keyout', '/dev/null'];
  const { stdout, status, stderr } = spawnSync(OPENSSL, request, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
