/**
 * Every query of the dashboards and every rule of the alerts, asked of a Prometheus that scrapes a
 * real worker. Needs Debian's package `prometheus`; without it the test is skipped and says so.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { endWithThisProcess } from '../../local/end-with-this-process.ts';
import { onFreePort } from '../../local/loopback.ts';
import { until } from '../../local/until.ts';
import { oneDeliveredOneRefused, openShop } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const DASHBOARDS = join(DEPLOY, 'grafana/dashboards');
const isMissing = spawnSync('prometheus', ['--version']).error !== undefined;
const skip = isMissing && 'prometheus is missing: apt-get install prometheus';

/** What no worker shows: the host's and the certificate's metrics, and limits and states without a value. */
const MAY_BE_EMPTY =
  /node_|certificate_|retirement|_replaced|redis_memory_limit|wearon_pose_|wearon_(picture_)?check|ALERTS/;

interface Query {
  readonly title: string;
  readonly expr: string;
}

/** The dashboards' queries, with Grafana's variables filled in. */
async function dashboardQueries(): Promise<Query[]> {
  const names = await readdir(DASHBOARDS);
  const texts = await Promise.all(names.map((name) => readFile(join(DASHBOARDS, name), 'utf8')));
  return texts.flatMap((text) => {
    const { title, panels } = JSON.parse(text);
    return panels
      .filter(({ datasource }: Panel) => datasource.uid === 'prometheus')
      .flatMap((panel: Panel) =>
        panel.targets.map(({ expr }) => ({
          title: `${title}, ${panel.title}`,
          expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '10m'),
        })),
      );
  });
}

interface Panel {
  readonly title: string;
  readonly datasource: { readonly uid: string };
  readonly targets: readonly { readonly expr: string }[];
}

describe('a Prometheus that scrapes a real worker', { skip }, () => {
  const parts = new AsyncDisposableStack();
  let prometheus: string;

  before(async () => {
    const shop = parts.use(await openShop());
    const env = { ...shop.stack.env, METRICS_INTERVAL_SECONDS: '1', DAILY_BUDGET_USD: '100' };
    const worker = parts.use(await startWorkerProcess(env));
    const folder = parts.use(await mkdtempDisposable(join(tmpdir(), 'wearon-prometheus-')));
    await copyFile(join(DEPLOY, 'prometheus/alerts.yml'), join(folder.path, 'alerts.yml'));
    const configuration = await readFile(join(DEPLOY, 'prometheus/prometheus.yml'), 'utf8');
    const target = worker.address.replace('http://', '');
    const adapted = configuration
      .replace('"worker-a:8000", "worker-b:8000"', `"${target}"`)
      .replaceAll('interval: 15s', 'interval: 1s')
      .replace(/alerting:\n( .*\n)+/, '');
    assert.ok(adapted.includes(target));
    await writeFile(join(folder.path, 'prometheus.yml'), adapted);
    prometheus = await onFreePort(async (port) => {
      const options = [
        `--config.file=${join(folder.path, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder.path, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ];
      const server = spawn('prometheus', options, { stdio: 'ignore' });
      endWithThisProcess(server);
      parts.defer(async () => {
        server.kill('SIGKILL');
        if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      });
      return `http://127.0.0.1:${port}`;
    });
    await fetch(`${worker.address}/estimate-body`, { method: 'POST' });
    await until('the first scrape', async () => (await valuesOf('up{job="worker"} == 1')) > 0);
    // One picture and one refusal, so that counters have counted.
    await oneDeliveredOneRefused(shop);
    const series = 'increase(wearon_generations_total{outcome="failed"}[1m]) > 0';
    await until('Prometheus to have seen both', async () => (await valuesOf(series)) > 0);
  });

  after(() => parts.disposeAsync());

  /** The answer of the API, or null while Prometheus does not serve yet. */
  async function ask<T>(path: string): Promise<Answer<T> | null> {
    const answer = await fetch(`${prometheus}/api/v1/${path}`).catch(() => null);
    const isJson = answer?.headers.get('content-type')?.includes('json');
    return answer && isJson ? ((await answer.json()) as Answer<T>) : null;
  }

  /** How many values the query has. Throws what Prometheus objects to. */
  async function valuesOf(expr: string): Promise<number> {
    const path = `query?query=${encodeURIComponent(expr)}`;
    const answer = await ask<{ result: unknown[] }>(path);
    if (answer === null) return 0;
    assert.equal(answer.status, 'success', `${expr}: ${answer.error}`);
    return answer.data.result.length;
  }

  it('answers every query of the dashboards', async (t) => {
    const queries = await dashboardQueries();
    assert.ok(queries.length > 60);
    for (const { title, expr } of queries) {
      // A rate takes two scrapes.
      const hasValues = async () => (await valuesOf(expr)) > 0;
      if (MAY_BE_EMPTY.test(expr)) await valuesOf(expr);
      else await until(`${title} to show something: ${expr}`, hasValues);
    }
    t.diagnostic(`${queries.length} queries`);
  });

  it('evaluates every alert without an error, and sees the missing replica', async (t) => {
    const rules = await until('every rule to be evaluated', async () => {
      const answer = await ask<{ groups: { rules: Rule[] }[] }>('rules');
      const all = answer?.data.groups.flatMap((group) => group.rules) ?? [];
      return all.length > 0 && all.every(({ health }) => health !== 'unknown') ? all : null;
    });
    assert.ok(rules.length > 20);
    assert.deepEqual(
      rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => [name, lastError]),
      [],
    );
    const active = rules.filter(({ state }) => state !== 'inactive').map(({ name }) => name);
    assert.ok(active.includes('Watchdog') && active.includes('ReplicaDown'), active.join());
    assert.ok(!active.includes('SupabaseDown') && !active.includes('NoReplica'), active.join());
    t.diagnostic(`${rules.length} rules`);
  });
});

interface Answer<T> {
  readonly status: string;
  readonly error?: string;
  readonly data: T;
}

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state: string;
}
