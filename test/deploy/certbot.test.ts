/** Certificates are got once, renewed in time, and read by nginx when they are new. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type Deployment,
  DOMAIN,
  makeCertificate,
  makeDeployment,
  whyNoScripts,
} from './deployment.ts';

const ISSUE = 'certbot/issue.sh';
const RENEW = 'certbot/renew.sh';

const certificateOf = ({ letsencrypt }: Deployment) =>
  readFile(join(letsencrypt, 'live/wearon/fullchain.pem'), 'utf8');

const certbotCalls = (calls: readonly string[]) => calls.filter((call) => /certbot:v/.test(call));
const reloads = (calls: readonly string[]) =>
  calls.filter((call) => call.endsWith('kill --signal HUP nginx'));

/** A deployment whose nginx runs with a certificate that it has read. */
async function inService(): Promise<Deployment> {
  const deployment = await makeDeployment({ WORKER_IMAGE: 'worker' });
  await deployment.tell('certificate', makeCertificate());
  const { code, output } = await deployment.run(ISSUE);
  assert.equal(code, 0, output);
  await startNginx(deployment);
  await deployment.calls();
  return deployment;
}

/** As first-deploy.sh does it. */
async function startNginx({ folder, run }: Deployment): Promise<void> {
  await run('../bin/docker', ['compose', '--file', '-', '--env-file', folder, 'up', 'nginx']);
}

describe('issue.sh', { skip: whyNoScripts() ?? false }, () => {
  it('gets a certificate before nginx runs, by taking port 80 itself', async () => {
    await using deployment = await makeDeployment({ WORKER_IMAGE: 'worker' });
    await deployment.tell('certificate', makeCertificate());
    const { code, output } = await deployment.run(ISSUE);
    assert.equal(code, 0, output);
    const calls = await deployment.calls();
    const [certbot = '', ...more] = certbotCalls(calls);
    assert.deepEqual(more, []);
    assert.match(certbot, /run --rm --publish 80:80 .*certbot:v\S+ certonly --standalone/);
    assert.match(certbot, /--email ops@worker\.test --cert-name wearon --domain worker\.test /);
    assert.deepEqual(reloads(calls), []);
    assert.match(output, /The certificate for worker\.test is good until .* GMT\./);
  });

  it('does nothing the second time', async () => {
    await using deployment = await inService();
    const { code } = await deployment.run(ISSUE);
    assert.equal(code, 0);
    const calls = await deployment.calls();
    assert.deepEqual([...certbotCalls(calls), ...reloads(calls)], []);
  });

  it('goes through nginx when it has port 80, and lets it read the result', async () => {
    await using deployment = await inService();
    await deployment.tell('certificate', makeCertificate('new.test'));
    const { code, output } = await deployment.run(ISSUE, [], { DOMAIN: 'new.test' });
    assert.equal(code, 0, output);
    const calls = await deployment.calls();
    assert.match(certbotCalls(calls)[0] ?? '', /--webroot --webroot-path \/var\/www\/certbot/);
    assert.doesNotMatch(certbotCalls(calls)[0] ?? '', /--publish|--standalone/);
    assert.equal(reloads(calls).length, 1);
  });

  it('gets another one when the present one runs out or is for a longer name', async () => {
    for (const present of [makeCertificate(DOMAIN, 1), makeCertificate(`${DOMAIN}.example`)]) {
      await using deployment = await inService();
      await deployment.tell('certificate', present);
      await deployment.run(RENEW);
      await deployment.tell('certificate', makeCertificate());
      await deployment.calls();
      assert.equal((await deployment.run(ISSUE)).code, 0);
      assert.equal(certbotCalls(await deployment.calls()).length, 1);
    }
  });

  it('says what to check when it fails, and keeps the certificate', async () => {
    await using deployment = await inService();
    const before = await certificateOf(deployment);
    await deployment.tell('failing', 'certonly');
    const { code, output } = await deployment.run(ISSUE, [], { DOMAIN: 'new.test' });
    assert.equal(code, 1);
    assert.match(output, /no new certificate for new\.test.*port 80/);
    assert.equal(await certificateOf(deployment), before);
    assert.deepEqual(reloads(await deployment.calls()), []);
  });

  it('asks for the domain and for an address before it runs certbot', async () => {
    for (const missing of ['DOMAIN', 'CERTBOT_EMAIL']) {
      await using deployment = await makeDeployment({ WORKER_IMAGE: 'worker', [missing]: '' });
      const { code, output } = await deployment.run(ISSUE);
      assert.equal(code, 1);
      assert.match(output, new RegExp(`${missing} is missing`));
      assert.deepEqual(await deployment.calls(), []);
    }
  });

  it('leaves a dry run without effect', async () => {
    await using deployment = await inService();
    const before = await certificateOf(deployment);
    await deployment.tell('certificate', makeCertificate());
    const { code } = await deployment.run(ISSUE, ['--dry-run']);
    assert.equal(code, 0);
    const calls = await deployment.calls();
    assert.match(certbotCalls(calls)[0] ?? '', /--dry-run$/);
    assert.deepEqual(reloads(calls), []);
    assert.equal(await certificateOf(deployment), before);
  });
});

describe('renew.sh', { skip: whyNoScripts() ?? false }, () => {
  it('lets nginx read the certificate when certbot renewed it, and only then', async () => {
    await using deployment = await inService();
    assert.equal((await deployment.run(RENEW)).code, 0);
    const early = await deployment.calls();
    assert.match(certbotCalls(early)[0] ?? '', / renew --cert-name wearon --webroot /);
    assert.deepEqual(reloads(early), []);

    await deployment.tell('certificate', makeCertificate());
    const { code, output } = await deployment.run(RENEW);
    assert.equal(code, 0, output);
    assert.match(output, /nginx reads the new certificate/);
    assert.equal(reloads(await deployment.calls()).length, 1);

    assert.equal((await deployment.run(RENEW)).code, 0);
    assert.deepEqual(reloads(await deployment.calls()), []);
  });

  it('keeps the old certificate when certbot fails, and says its expiry', async () => {
    await using deployment = await inService();
    const before = await certificateOf(deployment);
    await deployment.tell('failing', ' renew ');
    const { code, output } = await deployment.run(RENEW);
    assert.equal(code, 1);
    assert.match(output, /The renewal failed.*old certificate is good until .* GMT/);
    assert.equal(await certificateOf(deployment), before);
    assert.deepEqual(reloads(await deployment.calls()), []);
  });

  it('makes up for a reload that failed', async () => {
    await using deployment = await inService();
    await deployment.tell('certificate', makeCertificate());
    await deployment.tell('failing', 'kill');
    assert.equal((await deployment.run(RENEW)).code, 1);
    await deployment.tell('failing', 'nothing');
    await deployment.calls();
    assert.equal((await deployment.run(RENEW)).code, 0);
    assert.equal(reloads(await deployment.calls()).length, 1);
  });

  it('distinguishes an engine without an answer from a stopped nginx', async () => {
    await using deployment = await inService();
    await deployment.tell('certificate', makeCertificate());
    await deployment.tell('failing', ' ps ');
    const { code, output } = await deployment.run(RENEW);
    assert.equal(code, 1);
    assert.match(output, /docker compose does not answer/);
    await deployment.tell('failing', 'nothing');
    await deployment.run(RENEW);
    assert.equal(reloads(await deployment.calls()).length, 1);
  });

  it('says what to run first when there is no certificate', async () => {
    await using deployment = await makeDeployment({ WORKER_IMAGE: 'worker' });
    const { code, output } = await deployment.run(RENEW);
    assert.equal(code, 1);
    assert.match(output, /run certbot\/issue\.sh first/);
  });
});
