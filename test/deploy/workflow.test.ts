/**
 * The workflow of GitHub: every action by its commit, no more rights than needed, nothing of others
 * in a shell, and a deployment that nothing breaks off.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const WORKFLOWS = join(ROOT, '.github/workflows');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': unknown };
  readonly environment?: { readonly name: string };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly defaults?: { readonly run: { readonly shell: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

const texts = await Promise.all(
  (await readdir(WORKFLOWS)).map((name) => readFile(join(WORKFLOWS, name), 'utf8')),
);
const workflows = texts.map((text) => parse(text) as Workflow);
const jobs = workflows.flatMap((workflow) => Object.values(workflow.jobs));
const steps = jobs.flatMap((job) => job.steps);
const delivery = workflows.find(({ jobs }) => 'deploy' in jobs);

/** What is wrong with a line that names an action. */
function problemOf(line: string): string | null {
  const isPinned = /uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line);
  return isPinned ? null : `not named by its commit, with its version behind: ${line.trim()}`;
}

describe('every workflow', () => {
  it('names each action by its commit and says which version that is', () => {
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => /\buses:/.test(line));
    assert.equal(lines.length, steps.filter(({ uses }) => uses !== undefined).length);
    assert.deepEqual(
      lines.map(problemOf).filter((problem) => problem !== null),
      [],
    );
    assert.notEqual(problemOf('- uses: actions/checkout@v6'), null);
    assert.notEqual(problemOf(`- uses: actions/checkout@${'a'.repeat(40)}`), null);
  });

  it('gives no right by default, and each job the few that it needs', () => {
    for (const { permissions } of workflows) assert.deepEqual(permissions, {});
    const rights = Object.entries(delivery?.jobs ?? {}).map(([name, job]) => [
      name,
      job.permissions,
    ]);
    assert.deepEqual(Object.fromEntries(rights), {
      test: { contents: 'read' },
      image: { contents: 'read', packages: 'write' },
      deploy: { contents: 'read', packages: 'read' },
    });
  });

  it('lets no checkout keep its token, and no job run without end', () => {
    for (const job of jobs) assert.ok((job['timeout-minutes'] ?? 0) > 0);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    assert.ok(checkouts.length > 0);
    for (const step of checkouts) assert.equal(step.with?.['persist-credentials'], false);
  });

  it('puts no value of others into a shell but by its environment', () => {
    for (const { run = '' } of steps) assert.doesNotMatch(run, /\$\{\{/);
  });

  it('fails where a part of a pipe fails', () => {
    for (const { defaults } of workflows) assert.equal(defaults?.run.shell, 'bash');
  });

  it('runs shell that shellcheck accepts', (t) => {
    for (const { run, name } of steps) {
      if (run === undefined) continue;
      const check = spawnSync('bash', ['-c', 'shellcheck --shell=bash --exclude=SC2029 -'], {
        input: run,
        encoding: 'utf8',
      });
      if (check.status === 127) return t.skip('shellcheck is missing: apt-get install shellcheck');
      assert.equal(check.stdout, '', name);
    }
  });
});

describe('the delivery', () => {
  const { test, image, deploy } = delivery?.jobs ?? {};

  it('tests every pull request with what gates every change, and hands it no secret', async () => {
    assert.ok(delivery !== undefined && 'pull_request' in delivery.on);
    assert.ok(!('pull_request_target' in delivery.on));
    assert.ok(test?.steps.some(({ run }) => run === '.ci/run'));
    await access(join(ROOT, '.ci/run'));
    assert.doesNotMatch(JSON.stringify(test), /secrets\./);
    assert.equal(test?.if, undefined);
  });

  it('installs what .ci/run would install', async () => {
    const gate = await readFile(join(ROOT, '.ci/run'), 'utf8');
    const [, packages = ''] = /^packages='(.*)'$/m.exec(gate) ?? [];
    const installed = test?.steps.map(({ run = '' }) => run).join('\n');
    assert.ok(packages !== '');
    for (const name of packages.split(' '))
      assert.match(installed ?? '', new RegExp(` ${name}\\b`));
  });

  it('builds, scans and deploys what is pushed to main, in this order', () => {
    assert.deepEqual(delivery?.on.push, { branches: ['main'] });
    assert.equal(image?.if, "github.event_name == 'push'");
    assert.equal(image?.needs, 'test');
    assert.equal(deploy?.needs, 'image');
    const order = ['build-push-action', 'trivy-action', 'login-action', 'docker push'];
    const places = order.map((what) =>
      (image?.steps ?? []).findIndex(({ uses = '', run = '' }) => `${uses} ${run}`.includes(what)),
    );
    assert.ok(!places.includes(-1));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    const build = image?.steps.find(({ uses }) => uses?.includes('build-push-action'));
    assert.equal(build?.with?.push, undefined);
    const scan = image?.steps.find(({ uses }) => uses?.includes('trivy-action'));
    assert.equal(scan?.with?.['exit-code'], '1');
  });

  it('builds a stage and sets arguments that the Dockerfile has', async () => {
    const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
    const build = image?.steps.find(({ uses }) => uses?.includes('build-push-action'));
    assert.match(dockerfile, new RegExp(`^FROM \\S+ AS ${build?.with?.target}$`, 'm'));
    const given = String(build?.with?.['build-args']).trim().split('\n');
    for (const argument of given) {
      assert.match(dockerfile, new RegExp(`^ARG ${argument.split('=')[0]}=`, 'm'));
    }
  });

  it('is never broken off half-way, and never runs twice at once', () => {
    assert.deepEqual(deploy?.concurrency, { group: 'production', 'cancel-in-progress': false });
    assert.equal(deploy?.environment?.name, 'production');
  });

  it('replaces the workers by the script, to the digest that was pushed', async () => {
    const roll = deploy?.steps.find(({ run }) => run?.includes('rolling-update.sh'));
    assert.match(roll?.run ?? '', /\/opt\/wearon\/deploy\/rolling-update\.sh '\$IMAGE'/);
    await access(join(ROOT, 'deploy/rolling-update.sh'));
    assert.match(JSON.stringify(delivery), /"IMAGE":"\$\{\{ needs\.image\.outputs\.image \}\}"/);
  });

  it('believes the server only with the key that is known of it', () => {
    const shell = (deploy?.steps ?? []).map(({ run = '' }) => run).join('\n');
    assert.match(shell, /known_hosts/);
    assert.doesNotMatch(shell, /StrictHostKeyChecking|ssh-keyscan/);
  });
});
