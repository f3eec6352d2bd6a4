/**
 * The compose files agree with the worker and with docker compose; every service of production is
 * limited, watched and confined.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, copyFile, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseEnv, promisify } from 'node:util';
import { parse } from 'yaml';
import { readConfig, VARIABLES } from '../../src/config.ts';
import { STOP_MARGIN_MS } from '../../src/stop-margin.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEPLOY = join(ROOT, 'deploy');
const run = promisify(execFile);

interface Service {
  readonly ports?: readonly string[];
  readonly volumes?: readonly (string | { type: string; source: string; read_only?: boolean })[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[] | Readonly<Record<string, { aliases?: string[] } | null>>;
  readonly secrets?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly deploy?: { resources: { limits: { cpus?: string; memory?: string; pids?: number } } };
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly logging?: { options: Record<string, string> };
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly stop_grace_period?: string;
  readonly init?: boolean;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

const read = (path: string) => readFile(join(ROOT, path), 'utf8');
const PRODUCTION_TEXT = await read('deploy/compose.prod.yaml');
const production = parse(PRODUCTION_TEXT, { merge: true }) as Compose;
const development = parse(await read('compose.yaml'), { merge: true }) as Compose;

function networksOf({ networks = [] }: Service): string[] {
  return Array.isArray(networks) ? [...networks] : Object.keys(networks);
}

/** What a service of production lacks of what every one must have. */
function shortcomings(name: string, service: Service): string[] {
  const { cpus, memory, pids } = service.deploy?.resources.limits ?? {};
  const demands: [boolean, string][] = [
    [service.restart === 'unless-stopped', 'is not started again'],
    [service.healthcheck !== undefined, 'has no health check'],
    [cpus !== undefined && memory !== undefined && pids !== undefined, 'has no limits'],
    [service.read_only === true, 'may write its root'],
    [service.cap_drop?.join() === 'ALL', 'keeps capabilities'],
    [service.security_opt?.includes('no-new-privileges:true') === true, 'may gain privileges'],
    [service.logging?.options['max-size'] !== undefined, 'may fill the disk with its log'],
    [service.privileged === undefined && service.network_mode === undefined, 'is not confined'],
    [networksOf(service).length > 0, 'is on the default network'],
    [service.ports === undefined || name === 'nginx', 'publishes a port'],
  ];
  return demands.filter(([isMet]) => !isMet).map(([, problem]) => `${name} ${problem}`);
}

/** Bind mounts of files that belong to the repository, relative to the compose file. */
function mountedPaths({ services }: Compose): string[] {
  return Object.values(services)
    .flatMap(({ volumes = [] }) => volumes)
    .map((volume) => (typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source))
    .filter((source) => source.startsWith('.'));
}

/** Only compose reads it, but it is in .env, see compose.prod.yaml. */
const OF_COMPOSE = 'WORKER_IMAGE';

function problemsOfEnvironment(environment: Readonly<Record<string, string>>): string[] {
  const known = Object.values(VARIABLES).flatMap(({ name }) => [name, `${name}_FILE`]);
  return Object.keys(environment).filter((name) => ![...known, OF_COMPOSE].includes(name));
}

/** `70s` → 70. */
const seconds = (period = '') => Number(/^(\d+)s$/.exec(period)?.[1]);

describe('production', () => {
  it('holds every service to the same rules, and finds a lax one', () => {
    for (const [name, service] of Object.entries(production.services)) {
      assert.deepEqual(shortcomings(name, service), []);
    }
    const lax = { image: 'x', ports: ['6379:6379'], network_mode: 'host' };
    assert.equal(shortcomings('lax', lax).length, 10);
  });

  it('gives a worker known variables and more time than it needs to stop', () => {
    const { environment = {}, stop_grace_period } = production.services['worker-a'] ?? {};
    assert.deepEqual(problemsOfEnvironment(environment), []);
    const needed = Number(environment.SHUTDOWN_GRACE_SECONDS) + STOP_MARGIN_MS / 1000;
    assert.ok(seconds(stop_grace_period) > needed, `${needed} s`);
  });

  it('keeps every secret of the worker in a file', async () => {
    const secret = Object.values(VARIABLES).filter(({ about }) => about.includes('Secret.'));
    const { environment = {}, secrets = [] } = production.services['worker-a'] ?? {};
    const page = await read('deploy/secrets/README.md');
    const missing = [...secret.map(({ name }) => name), 'REDIS_URL'].flatMap((name) => {
      const file = name.toLowerCase();
      const places: [boolean, string][] = [
        [environment[`${name}_FILE`] === `/run/secrets/${file}`, 'compose.prod.yaml, environment'],
        [secrets.includes(file), 'compose.prod.yaml, secrets of the worker'],
        [production.secrets?.[file] !== undefined, 'compose.prod.yaml, secrets'],
        [page.includes(`| \`${file}\` | `), 'secrets/README.md'],
      ];
      return places.filter(([is]) => !is).map(([, place]) => `deploy/${place}: add ${file}`);
    });
    assert.deepEqual(missing, []);
  });

  it('asks for what .env.example names; filled in, it starts a worker', async () => {
    const example = parseEnv(await read('deploy/.env.example'));
    const asked = [...PRODUCTION_TEXT.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name);
    assert.deepEqual(
      [...new Set(asked)].filter((name) => !(name in example)),
      [],
    );
    const filledIn = {
      SUPABASE_URL: 'https://project.supabase.co',
      SUPABASE_SERVICE_ROLE_KEY: 'key',
      OPENAI_API_KEY: 'key',
    };
    assert.doesNotThrow(() => readConfig({ ...example, ...filledIn }));
  });
});

describe('both', () => {
  it('mount what is in the repository', async () => {
    const paths = [
      ...mountedPaths(production).map((path) => join(DEPLOY, path)),
      ...mountedPaths(development).map((path) => join(ROOT, path)),
    ];
    assert.ok(paths.length > 5);
    await Promise.all(paths.map((path) => access(path)));
  });

  it('are accepted by docker compose', async (t) => {
    const isThere = await run('docker', ['compose', 'version']).then(
      () => true,
      () => false,
    );
    if (!isThere) return t.skip('docker compose is missing');
    await run('docker', ['compose', 'config', '--quiet'], { cwd: ROOT });
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-compose-'));
    await copyFile(join(DEPLOY, 'compose.prod.yaml'), join(folder.path, 'compose.yaml'));
    const example = await read('deploy/.env.example');
    await writeFile(join(folder.path, '.env'), example.replace(/^WORKER_IMAGE=$/m, '$&worker'));
    for (const profile of ['', 'redis']) {
      const env = { ...process.env, COMPOSE_PROFILES: profile };
      await run('docker', ['compose', 'config', '--quiet'], { cwd: folder.path, env });
    }
  });
});

it('no worker is PID 1, which would miss an early SIGTERM', () => {
  const { 'worker-a': a, 'worker-b': b } = production.services;
  const { worker, 'local-stack': stack } = development.services;
  assert.deepEqual(
    [a, b, worker, stack].map((service) => service?.init),
    [true, true, true, true],
  );
});

describe('development', () => {
  it('gives the worker variables that it knows', () => {
    assert.deepEqual(problemsOfEnvironment(development.services.worker?.environment ?? {}), []);
    assert.deepEqual(problemsOfEnvironment({ REDIS_URI: 'x' }), ['REDIS_URI']);
  });
});

it('no secret and no setting of a machine can be committed from deploy/', async () => {
  const ignored = ['deploy/.env', 'deploy/secrets/openai_api_key'];
  const { stdout } = await run('git', ['check-ignore', ...ignored], { cwd: ROOT });
  assert.deepEqual(stdout.trim().split('\n'), ignored);
});

it('each make target that needs Docker says in one line that it is missing', async (t) => {
  const make = await run('which', ['make']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (make === undefined) return t.skip('make is missing');
  const targets = ['build', 'up', 'down', 'logs', 'prod-pull', 'prod-up', 'prod-down', 'prod-logs'];
  for (const target of targets) {
    const answer = run(make, ['--silent', target], { cwd: ROOT, env: { PATH: '/nonexistent' } });
    await assert.rejects(answer, ({ stdout }: { stdout: string }) => {
      assert.match(stdout, /^Docker with its compose plugin is missing: https:\S+\n$/, target);
      return true;
    });
  }
});
