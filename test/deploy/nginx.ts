/**
 * Debian's nginx with the configuration of deploy/nginx as it is, but for what a test cannot have:
 * ports, paths, the user, and the name server, which answers here from a list.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endWithThisProcess } from '../../local/end-with-this-process.ts';
import { onFreePort } from '../../local/loopback.ts';
import { startDnsServer } from '../support/network/dns-server.ts';

const CONFIGURATION = join(import.meta.dirname, '../../deploy/nginx/nginx.conf');
const run = promisify(execFile);

/** Why the tests of nginx cannot run here; null when they can. */
export function whyNoNginx(): string | null {
  for (const program of ['nginx', 'openssl']) {
    if (spawnSync(program, ['-v']).error)
      return `${program} is missing: apt-get install ${program}`;
  }
  return process.platform === 'linux' ? null : 'needs more than one loopback address';
}

export interface Nginx extends AsyncDisposable {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** What `location ^~ /.well-known/acme-challenge/` serves from. */
  readonly webroot: string;
  /** What `nginx -t` said. */
  readonly verdict: string;
}

/**
 * Starts it in front of `addresses`, which the name `worker` stands for, at `workerPort`. `rate`: of
 * the estimates that one client may ask for beyond the burst.
 */
export async function startNginx(
  addresses: readonly string[],
  workerPort: number,
  rate = '20r/s',
): Promise<Nginx> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await mkdtempDisposable(join(tmpdir(), 'nginx-')));
  await chmod(folder.path, 0o755);
  const names = parts.use(await startDnsServer({ worker: { a: addresses } }));
  const webroot = join(folder.path, 'webroot');
  const certificates = join(folder.path, 'certificates');
  await Promise.all([mkdir(webroot), mkdir(certificates), mkdir(join(folder.path, 'cache'))]);
  await selfSign(certificates);
  const started = await onFreePort((httpPort) =>
    onFreePort(async (httpsPort) => {
      const text = adapted(await readFile(CONFIGURATION, 'utf8'), [
        ['user nginx;', 'user root;'],
        ['listen 80 ', `listen 127.0.0.1:${httpPort} `],
        ['listen 443 ', `listen 127.0.0.1:${httpsPort} `],
        ['/etc/letsencrypt/live/wearon', certificates],
        ['/var/www/certbot', webroot],
        ['/var/cache/nginx', join(folder.path, 'cache')],
        ['/run/nginx.pid', join(folder.path, 'nginx.pid')],
        ['/dev/stdout', join(folder.path, 'access.log')],
        ['127.0.0.11 valid=5s', `${names.address} valid=1s`],
        ['http://worker:8000', `http://worker:${workerPort}`],
        ['rate=20r/s', `rate=${rate}`],
      ]);
      const path = join(folder.path, 'nginx.conf');
      await writeFile(path, text);
      const { stderr: verdict } = await run('nginx', ['-t', '-c', path]);
      const server = spawn('nginx', ['-c', path, '-g', 'daemon off;'], { stdio: 'ignore' });
      // Killed, it would leave its worker processes.
      endWithThisProcess(server, { signal: 'TERM' });
      const answers = await isUp(`http://127.0.0.1:${httpPort}/`, server);
      if (!answers) throw new Error(`nginx did not start with ${path}`);
      return { httpPort, httpsPort, verdict, server };
    }),
  );
  parts.defer(async () => {
    started.server.kill('SIGTERM');
    if (started.server.exitCode === null) await once(started.server, 'exit');
  });
  const kept = parts.move();
  const { httpPort, httpsPort, verdict } = started;
  return {
    httpPort,
    httpsPort,
    webroot,
    verdict,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Every replacement must find its place: the test runs what production runs. */
function adapted(text: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`deploy/nginx/nginx.conf has no "${from}"`);
    return changed.replaceAll(from, to);
  }, text);
}

async function selfSign(folder: string): Promise<void> {
  const [key, certificate] = [join(folder, 'privkey.pem'), join(folder, 'fullchain.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', certificate];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject]);
}

async function isUp(url: string, server: { readonly exitCode: number | null }): Promise<boolean> {
  for (let attempt = 0; attempt < 100 && server.exitCode === null; attempt += 1) {
    const answer = await fetch(url, { redirect: 'manual' }).catch(() => null);
    if (answer !== null) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
