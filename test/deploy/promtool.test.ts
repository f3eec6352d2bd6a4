/**
 * Prometheus' own judgement of its configuration and rules, and an alert that arrives at the
 * webhook. Needs Debian's packages `prometheus` and `prometheus-alertmanager`; without them these
 * tests are skipped and say so.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { endWithThisProcess } from '../../local/end-with-this-process.ts';
import { onFreePort } from '../../local/loopback.ts';
import { until } from '../../local/until.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { startHttpHost } from '../support/network/http-host.ts';

const run = promisify(execFile);
const DEPLOY = join(import.meta.dirname, '../../deploy');

/** Is the program there? Skips the test, with what to install, when it is not. */
async function needs(t: TestContext, program: string, debianPackage: string): Promise<boolean> {
  const isThere = await run(program, ['--version']).then(
    () => true,
    () => false,
  );
  if (!isThere) t.skip(`${program} is missing: apt-get install ${debianPackage}`);
  return isThere;
}

for (const [what, args] of [
  ['accepts the configuration', ['check', 'config', 'prometheus/prometheus.yml']],
  ['accepts the rules', ['check', 'rules', 'prometheus/alerts.yml']],
  [
    'sees every alert fire and stay quiet as its cases say',
    ['test', 'rules', 'prometheus/alerts.test.yml', 'prometheus/alerts-daily.test.yml'],
  ],
] as const) {
  it(`promtool ${what}`, async (t) => {
    if (!(await needs(t, 'promtool', 'prometheus'))) return;
    const { stdout } = await run('promtool', args, { cwd: DEPLOY });
    assert.match(stdout, /SUCCESS/);
  });
}

it('promtool accepts the metrics of a worker', async (t) => {
  if (!(await needs(t, 'promtool', 'prometheus'))) return;
  const { registry } = createMetrics();
  const lint = run('promtool', ['check', 'metrics']);
  lint.child.stdin?.end(await registry.metrics());
  const { stdout, stderr } = await lint;
  assert.equal(stdout + stderr, '');
});

interface Notification {
  readonly status: string;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

/** The address comes from a file, which Debian's Alertmanager does not know yet; and no one waits here. */
function forTest(configuration: string, webhook: string): string {
  return configuration
    .replace('url_file: /run/secrets/alert_webhook_url', `url: ${webhook}`)
    .replaceAll(/group_wait: \d+s/g, 'group_wait: 0s');
}

it('an alert arrives at the webhook, and alerts that follow are inhibited', async (t) => {
  const program = 'prometheus-alertmanager';
  if (!(await needs(t, program, program))) return;
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'wearon-alerts-'))).path;

  const received: Notification[] = [];
  const take: RequestListener = async (request, response) => {
    received.push((await json(request)) as Notification);
    response.end();
  };
  const webhook = stack.use(await startHttpHost(take));
  const original = await readFile(join(DEPLOY, 'alertmanager/alertmanager.yml'), 'utf8');
  const file = join(folder, 'alertmanager.yml');
  await writeFile(file, forTest(original, `${webhook.origin}/`));

  const listen = await onFreePort(async (free) => `127.0.0.1:${free}`);
  const options = [
    `--config.file=${file}`,
    `--storage.path=${folder}`,
    '--cluster.listen-address=',
  ];
  const manager = spawn(program, [...options, `--web.listen-address=${listen}`], {
    stdio: 'ignore',
  });
  endWithThisProcess(manager);
  stack.defer(async () => {
    manager.kill('SIGKILL');
    await once(manager, 'exit');
  });
  await until('Alertmanager to be ready', () =>
    fetch(`http://${listen}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );

  const names = ['NoReplica', 'OldestTaskWaits', 'RefundsOutstanding'];
  const alerts = names.map((alertname) => ({ labels: { alertname, severity: 'page' } }));
  const sent = await fetch(`http://${listen}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
  });
  assert.equal(sent.status, 200);
  const arrived = () => received.flatMap((n) => n.alerts.map(({ labels }) => labels.alertname));
  await until('both alerts to arrive', () => {
    return arrived().includes('NoReplica') && arrived().includes('RefundsOutstanding');
  });
  await until('what follows from them to be held back', async () => {
    const answer = await fetch(`http://${listen}/api/v2/alerts?filter=alertname="OldestTaskWaits"`);
    const [alert] = (await answer.json()) as { status: { inhibitedBy: string[] } }[];
    return (alert?.status.inhibitedBy.length ?? 0) > 0;
  });
});
