/** A server to deploy to: settings and secrets filled in, with nothing or the old image in service. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Deployment, makeCertificate, makeDeployment } from './deployment.ts';

const image = (digit: string) => `registry.test/wearon-worker@sha256:${digit.repeat(64)}`;
export const [OLD, NEW, NEWER] = [image('0'), image('1'), image('2')];
export const SECRETS = [
  'redis_url',
  'supabase_service_role_key',
  'openai_api_key',
  'alert_webhook_url',
];

/** What was missing: the secrets and a certificate. */
export async function fillIn(deployment: Deployment): Promise<void> {
  for (const name of SECRETS) {
    await writeFile(join(deployment.folder, 'secrets', name), `${name}\n`);
  }
  await deployment.tell('certificate', makeCertificate());
}

/** A server with everything filled in, on which nothing runs yet. */
export async function newServer(): Promise<Deployment> {
  const settings = { WORKER_IMAGE: OLD, SUPABASE_URL: 'https://project.test' };
  const deployment = await makeDeployment(settings);
  await fillIn(deployment);
  return deployment;
}

/** A deployment in service with the old image. */
export async function inService(): Promise<Deployment> {
  const deployment = await newServer();
  const { code, output } = await deployment.run('first-deploy.sh');
  assert.equal(code, 0, output);
  await deployment.calls();
  return deployment;
}

export async function assertRuns(deployment: Deployment, expected: string): Promise<void> {
  for (const worker of ['worker-a', 'worker-b']) {
    assert.equal(await deployment.running(worker), expected, worker);
  }
  const settings = (await deployment.read('.env')) ?? '';
  assert.match(settings, new RegExp(`^WORKER_IMAGE=${expected}$`, 'm'));
}
