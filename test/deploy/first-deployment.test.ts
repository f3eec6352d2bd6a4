/** The first deployment on a server: what it does, and what it refuses to begin without. */
import assert from 'node:assert/strict';
import { chmod, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertRuns, fillIn, inService, NEW, newServer, OLD, SECRETS } from './deploy-target.ts';
import { makeDeployment, whyNoScripts } from './deployment.ts';

const FIRST = 'first-deploy.sh';
const skip = whyNoScripts() ?? false;

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
    await fillIn(deployment);
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
