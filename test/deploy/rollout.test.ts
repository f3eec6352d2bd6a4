/** A new image takes over one worker at a time, and only when it works. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type Deployment,
  makeCertificate,
  makeDeployment,
  whyNoScripts,
} from '../support/deployment.ts';

const UPDATE = 'rolling-update.sh';
const FIRST = 'first-deploy.sh';
const FLOCK = 'flock';
const image = (digit: string) => `registry.test/wearon-worker@sha256:${digit.repeat(64)}`;
const [OLD, NEW, NEWER] = [image('0'), image('1'), image('2')];
const SECRETS = ['redis_url', 'supabase_service_role_key', 'openai_api_key', 'alert_webhook_url'];
const skip = whyNoScripts() ?? false;

async function fillSecrets({ folder }: Deployment): Promise<void> {
  for (const name of SECRETS) await writeFile(join(folder, 'secrets', name), `${name}\n`);
}

/** A server with everything filled in, on which nothing runs yet. */
async function newServer(settings: Record<string, string> = {}): Promise<Deployment> {
  const filled = { WORKER_IMAGE: OLD, SUPABASE_URL: 'https://project.test', ...settings };
  const deployment = await makeDeployment(filled);
  await fillSecrets(deployment);
  await deployment.tell('certificate', makeCertificate());
  return deployment;
}

/** A deployment in service with the old image. */
async function inService(): Promise<Deployment> {
  const deployment = await newServer();
  const { code, output } = await deployment.run(FIRST);
  assert.equal(code, 0, output);
  await deployment.calls();
  return deployment;
}

/** What happened to the workers' containers, and how often each was found ready in between. */
function story(calls: readonly string[]): string[] {
  const events: string[] = [];
  for (const call of calls) {
    const [, looked] = /exec -T (worker-.) .*readyz/.exec(call) ?? [];
    if (/^(stopped|started) worker/.test(call)) events.push(call.replace(/ registry.*:/, ' '));
    else if (looked !== undefined && events.at(-1) !== `looked at ${looked}`)
      events.push(`looked at ${looked}`);
  }
  return events.map((line) => line.replace(/(\d)\d+$/, '$1'));
}

async function assertRuns(deployment: Deployment, expected: string): Promise<void> {
  for (const worker of ['worker-a', 'worker-b']) {
    assert.equal(await deployment.running(worker), expected, worker);
  }
  assert.match(
    (await deployment.read('.env')) ?? '',
    new RegExp(`^WORKER_IMAGE=${expected}$`, 'm'),
  );
}

describe('a rolling update', { skip }, () => {
  it('replaces one worker, waits until it is ready, and then the other', async () => {
    await using deployment = await inService();
    const { code, output } = await deployment.run(UPDATE, [NEW]);
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`Both workers run ${NEW}`));
    const calls = await deployment.calls();
    assert.deepEqual(story(calls).slice(-6), [
      'stopped worker-a',
      'started worker-a 1',
      'looked at worker-a',
      'stopped worker-b',
      'started worker-b 1',
      'looked at worker-b',
    ]);
    assert.ok(calls.indexOf(`docker pull --quiet ${NEW}`) < calls.indexOf('stopped worker-a'));
    const looks = calls.slice(0, calls.indexOf('stopped worker-b')).filter((c) => /readyz/.test(c));
    assert.ok(looks.length >= 4);
    await assertRuns(deployment, NEW);
    assert.equal((await deployment.read('state/previous-image'))?.trim(), OLD);
  });

  it('applies changes of other services without touching the workers', async () => {
    await using deployment = await inService();
    assert.equal((await deployment.run(UPDATE, [NEW])).code, 0);
    const calls = await deployment.calls();
    const last = calls.findLastIndex((call) => / up .*--remove-orphans/.test(call));
    assert.ok(last > calls.lastIndexOf(`started worker-b ${NEW}`));
    assert.deepEqual(story(calls.slice(last)), []);
  });

  it('reloads nginx only when its configuration is accepted', async () => {
    await using deployment = await inService();
    await deployment.run(UPDATE, [NEW]);
    const calls = await deployment.calls();
    const tried = calls.findIndex((call) => /exec -T nginx nginx -t/.test(call));
    const reloaded = calls.findIndex((call) => /kill --signal HUP nginx/.test(call));
    assert.ok(tried > 0 && reloaded > tried);
    await deployment.tell('failing', 'nginx -t');
    const { code, output } = await deployment.run(UPDATE, [NEWER]);
    assert.equal(code, 1);
    assert.match(output, /nginx keeps its old configuration/);
    assert.ok(!(await deployment.calls()).some((call) => /HUP/.test(call)));
    await assertRuns(deployment, NEWER);
  });

  it('restores the first worker when it stays unready; keeps the other', async () => {
    await using deployment = await inService();
    await deployment.tell('unready', NEW);
    const { code, output } = await deployment.run(UPDATE, [NEW], { READY_LOOKS: '5' });
    assert.equal(code, 1);
    assert.match(output, /the last words of worker-a[\s\S]*worker-a did not become ready/);
    assert.match(output, new RegExp(`Nothing has changed: the workers run ${OLD}`));
    const events = story(await deployment.calls());
    assert.ok(events.includes('started worker-a 0'));
    assert.ok(!events.includes('stopped worker-b'));
    await assertRuns(deployment, OLD);
    assert.equal(await deployment.read('state/previous-image'), null);
  });

  it('puts both back when the second one does not become ready', async () => {
    await using deployment = await inService();
    await deployment.tell('unready', `worker-b ${NEW}`);
    const { code, output } = await deployment.run(UPDATE, [NEW], { READY_LOOKS: '5' });
    assert.equal(code, 1);
    assert.match(output, /worker-b did not become ready/);
    assert.deepEqual(story(await deployment.calls()).slice(-6), [
      'stopped worker-b',
      'started worker-b 0',
      'looked at worker-b',
      'stopped worker-a',
      'started worker-a 0',
      'looked at worker-a',
    ]);
    await assertRuns(deployment, OLD);
  });

  it('stops at the first worker that does not bear the new settings', async () => {
    await using deployment = await inService();
    await deployment.tell('unready', OLD);
    const { code, output } = await deployment.run(UPDATE, [], { READY_LOOKS: '5' });
    assert.equal(code, 1);
    assert.match(output, /not touched yet keeps the settings that it has/);
    const anew = (await deployment.calls()).filter((call) => /--force-recreate/.test(call));
    assert.equal(anew.length, 1);
  });

  it('says it loudly when putting back does not help either', async () => {
    await using deployment = await inService();
    await deployment.tell('unready', `${NEW}\n${OLD}`);
    const { code, output } = await deployment.run(UPDATE, [NEW], { READY_LOOKS: '5' });
    assert.equal(code, 2);
    assert.match(output, /Putting it back did not work either.*runbook/);
  });

  it('begins with the unready worker, and never stops the only ready one', async () => {
    await using deployment = await inService();
    // worker-b runs something that never became ready, as after an update that was killed.
    await writeFile(join(deployment.folder, '../docker/running/worker-b'), `${NEWER}\n`);
    await deployment.tell('unready', NEWER);
    assert.equal((await deployment.run(UPDATE, [NEW])).code, 0);
    const changes = story(await deployment.calls()).filter((line) => line.startsWith('stopped'));
    assert.deepEqual(changes, ['stopped worker-b', 'stopped worker-a']);
    await assertRuns(deployment, NEW);
  });

  it('goes on where one that was killed half-way stopped', async () => {
    await using deployment = await inService();
    await writeFile(join(deployment.folder, '../docker/running/worker-a'), `${NEW}\n`);
    assert.equal((await deployment.run(UPDATE, [NEW])).code, 0);
    const changes = story(await deployment.calls()).filter((line) => line.startsWith('stopped'));
    assert.deepEqual(changes, ['stopped worker-b']);
    await assertRuns(deployment, NEW);
  });

  it('touches nothing when the image runs, and restarts when none is named', async () => {
    await using deployment = await inService();
    assert.equal((await deployment.run(UPDATE, [OLD])).code, 0);
    const quiet = await deployment.calls();
    assert.ok(!quiet.some((call) => /^(stopped|started) worker/.test(call)));
    assert.ok(!quiet.some((call) => /--force-recreate/.test(call)));
    assert.equal((await deployment.run(UPDATE)).code, 0);
    const anew = (await deployment.calls()).filter((call) => /--force-recreate/.test(call));
    assert.equal(anew.length, 2);
  });

  it('goes back to the image before, and forth again', async () => {
    await using deployment = await inService();
    assert.equal((await deployment.run(UPDATE, ['--back'])).code, 1);
    await deployment.run(UPDATE, [NEW]);
    assert.equal((await deployment.run(UPDATE, ['--back'])).code, 0);
    await assertRuns(deployment, OLD);
    assert.equal((await deployment.run(UPDATE, ['--back'])).code, 0);
    await assertRuns(deployment, NEW);
  });

  it('removes the image that can no longer be gone back to', async () => {
    await using deployment = await inService();
    await deployment.run(UPDATE, [NEW]);
    assert.ok(!(await deployment.calls()).some((call) => /image rm/.test(call)));
    await deployment.run(UPDATE, [NEWER]);
    const removed = (await deployment.calls()).filter((call) => /image rm/.test(call));
    assert.deepEqual(removed, [`docker image rm ${OLD}`]);
  });

  it('changes nothing for a bad tag, a missing image or a refused file', async () => {
    await using deployment = await inService();
    const refused = async (args: string[], why: RegExp) => {
      const { code, output } = await deployment.run(UPDATE, args);
      assert.notEqual(code, 0);
      assert.match(output, why);
      await assertRuns(deployment, OLD);
    };
    await refused(['registry.test/wearon-worker:latest'], /no image by digest/);
    await refused(['--bogus'], /rolling-update\.sh IMAGE/);
    await deployment.tell('failing', `pull --quiet ${NEW}`);
    await refused([NEW], /cannot be fetched/);
    await deployment.tell('failing', 'config --quiet');
    await refused([NEW], /does not accept compose\.prod\.yaml/);
  });

  it('does not run twice at the same time', async () => {
    await using deployment = await inService();
    const lock = join(deployment.folder, 'state/lock');
    const holder = spawn(FLOCK, [lock, 'sh', '-c', 'echo held; cat'], { stdio: 'pipe' });
    await once(holder.stdout, 'data');
    const { code, output } = await deployment.run(UPDATE, [NEW]);
    assert.equal(code, 1);
    assert.match(output, /Another update of this deployment is under way/);
    holder.stdin.end();
    await once(holder, 'exit');
    assert.equal((await deployment.run(UPDATE, [NEW])).code, 0);
  });

  it('goes on when the connection that started it breaks off', async () => {
    await using deployment = await inService();
    const update = deployment.spawn(UPDATE, [NEW]);
    const ended = once(update, 'exit');
    assert.ok(update.stdout && update.stderr);
    for await (const text of update.stdout) {
      if (String(text).includes('worker-a')) break;
    }
    update.stderr.destroy();
    update.kill('SIGHUP');
    assert.deepEqual(await ended, [0, null]);
    await assertRuns(deployment, NEW);
  });

  it('keeps what else is in .env, and its mode', async () => {
    await using deployment = await inService();
    const before = (await deployment.read('.env')) ?? '';
    await deployment.run(UPDATE, [NEW]);
    assert.equal(await deployment.read('.env'), before.replace(OLD, NEW));
    assert.equal((await stat(join(deployment.folder, '.env'))).mode & 0o777, 0o600);
  });
});

describe('the first deployment', { skip }, () => {
  it('gets a certificate, starts all, installs the cron job, runs the doctor', async () => {
    await using deployment = await newServer();
    const { code, output } = await deployment.run(FIRST);
    assert.equal(code, 0, output);
    const calls = await deployment.calls();
    const order = [/compose .* pull/, /certbot.* certonly/, /compose .* up /, /wearon doctor/];
    const places = order.map((step) => calls.findIndex((call) => step.test(call)));
    assert.ok(!places.includes(-1));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    await assertRuns(deployment, OLD);
    const cron = (await deployment.read('../cron/wearon-certificate')) ?? '';
    assert.match(cron, /^\d+ 3,15 \* \* \* root \/.*\/certbot\/renew\.sh .*logger/m);
  });

  it('leaves a service alone that runs', async () => {
    await using deployment = await inService();
    const { code, output } = await deployment.run(FIRST);
    assert.equal(code, 0, output);
    const calls = await deployment.calls();
    assert.ok(calls.some((call) => /up .*--no-recreate/.test(call)));
    assert.ok(!calls.some((call) => /certonly/.test(call)));
    const other = await deployment.run(FIRST, [NEW]);
    assert.equal(other.code, 1);
    assert.match(other.output, /rolling-update\.sh replaces it without loss/);
    await assertRuns(deployment, OLD);
  });

  it('names everything that is missing at once, and starts nothing', async () => {
    await using deployment = await makeDeployment({ DOMAIN: 'worker.example.com' });
    const { code, output } = await deployment.run(FIRST);
    assert.equal(code, 1);
    assert.match(output, /DOMAIN is still the example's/);
    assert.match(output, /SUPABASE_URL is still the example's/);
    assert.match(output, /WORKER_IMAGE must name the image by digest/);
    for (const name of SECRETS) assert.match(output, new RegExp(`secrets/${name} is missing`));
    assert.doesNotMatch(output, /CERTBOT_EMAIL|admin_token|grafana_admin_password is missing/);
    assert.ok(!(await deployment.calls()).some((call) => / (up|pull|run) /.test(call)));
  });

  it('goes on once that is fixed, with a password of its own for Grafana', async () => {
    await using deployment = await makeDeployment({ SUPABASE_URL: 'https://project.test' });
    assert.equal((await deployment.run(FIRST, [OLD])).code, 1);
    const password = await deployment.read('secrets/grafana_admin_password');
    assert.match(password ?? '', /^[0-9a-f]{32}\n$/);
    await fillSecrets(deployment);
    await deployment.tell('certificate', makeCertificate());
    const { code, output } = await deployment.run(FIRST);
    assert.equal(code, 0, output);
    assert.equal(await deployment.read('secrets/grafana_admin_password'), password);
    assert.equal(await deployment.read('secrets/admin_token'), '');
    await assertRuns(deployment, OLD);
  });

  it('keeps secrets in a private folder that the services can read', async () => {
    await using deployment = await newServer();
    await chmod(join(deployment.folder, 'secrets'), 0o755);
    await deployment.run(FIRST);
    const modeOf = async (path: string) => (await stat(join(deployment.folder, path))).mode & 0o777;
    assert.equal(await modeOf('secrets'), 0o700);
    assert.equal(await modeOf('secrets/openai_api_key'), 0o444);
    assert.equal(await modeOf('.env'), 0o600);
  });

  it('fails when a service is unhealthy or the doctor reports an error', async () => {
    for (const [failing, why] of [
      ['up --detach', /Not everything is healthy/],
      ['wearon doctor', /doctor finds something/],
      ['certonly', /no new certificate/],
      ['docker info', /engine does not answer/],
    ] as const) {
      await using deployment = await newServer();
      await deployment.tell('failing', failing);
      const { code, output } = await deployment.run(FIRST);
      assert.equal(code, 1, failing);
      assert.match(output, why);
    }
  });
});
