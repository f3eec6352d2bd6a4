/**
 * The monitoring's files agree with the worker and with each other: every metric they name exists,
 * with the labels they use, and every alert is explained in the runbook.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { metricFacts } from '../../scripts/generated-pages.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const DASHBOARDS = join(DEPLOY, 'grafana/dashboards');
/** Of others: the node exporter, what certbot/certificate.sh leaves it, and Prometheus itself. */
const FOREIGN = /^(node_\w+|certificate_\w+|up|ALERTS)$/;
/** What the scrape adds, or a histogram. */
const ADDED_LABELS = ['job', 'instance', 'le'];
const WORDS =
  /^(sum|max|min|avg|by|le|and|or|vector|offset|count|time|rate|increase|histogram_quantile)$/;

interface Target {
  readonly expr: string;
  readonly datasource: { readonly uid: string };
  readonly instant?: boolean;
  readonly format?: string;
}

interface Panel {
  readonly title: string;
  readonly datasource: { readonly uid: string };
  readonly targets: readonly Target[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

async function dashboards(): Promise<Dashboard[]> {
  const names = await readdir(DASHBOARDS);
  const texts = await Promise.all(names.map((name) => readFile(join(DASHBOARDS, name), 'utf8')));
  return texts.map((text) => JSON.parse(text) as Dashboard);
}

/** The alerts' expressions by their names; the file is ours, so its layout is known. */
async function alerts(): Promise<Map<string, string>> {
  const text = await readFile(join(DEPLOY, 'prometheus/alerts.yml'), 'utf8');
  const rules = text.split(/^ +- alert: /m).slice(1);
  return new Map(
    rules.map((rule) => {
      const [name = ''] = rule.split('\n', 1);
      const [, expression = ''] = /expr: ([\s\S]*?)\n +(?:for|labels):/.exec(rule) ?? [];
      return [name, expression.replace(/^\|\n/, '')];
    }),
  );
}

const FACTS = new Map(metricFacts().map((fact) => [fact.name, fact]));

function factsOf(series: string) {
  const part = /^(.*)_(bucket|sum|count)$/.exec(series)?.[1];
  const whole = part === undefined ? undefined : FACTS.get(part);
  return FACTS.get(series) ?? (whole?.type === 'histogram' ? whole : undefined);
}

/** What is wrong with an expression of PromQL. */
function problemsOf(expression: string): string[] {
  const problems: string[] = [];
  const bare = expression.replaceAll(/"[^"]*"/g, '""');
  for (const [, name = '', , matchers = ''] of bare.matchAll(/\b([a-z_]\w*)\b(\{([^}]*)\})?/gi)) {
    if (FOREIGN.test(name) || WORDS.test(name) || !name.startsWith('wearon_')) continue;
    const facts = factsOf(name);
    if (facts === undefined) problems.push(`${name} is no metric of the worker`);
    const labels = [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label);
    const unknown = labels.filter((l) => !facts?.labels.includes(l) && !ADDED_LABELS.includes(l));
    problems.push(...unknown.map((label) => `${name} has no label ${label}`));
  }
  return problems;
}

describe('the dashboards', () => {
  it('ask for metrics and labels that the worker has', async () => {
    for (const { title, panels } of await dashboards()) {
      assert.ok(panels.length > 0);
      for (const panel of panels) {
        for (const { expr, datasource } of panel.targets) {
          assert.ok(['prometheus', 'loki'].includes(datasource.uid));
          assert.deepEqual(problemsOf(expr), [], `${title}, ${panel.title}`);
        }
      }
    }
  });

  it('show every metric of the worker somewhere', async () => {
    const shown = JSON.stringify(await dashboards());
    const missing = [...FACTS.keys()].filter(
      (name) => !/^wearon_(process|nodejs)_/.test(name) && !shown.includes(name),
    );
    assert.deepEqual(missing, []);
  });
});

describe('the alerts', () => {
  it('look at metrics and labels that the worker has', async () => {
    const found = await alerts();
    assert.ok(found.size >= 15);
    for (const [name, expression] of found) {
      assert.notEqual(expression, '', name);
      assert.deepEqual(problemsOf(expression), [], name);
    }
  });

  it('are each explained in the runbook, and tested to fire', async () => {
    const runbook = await readFile(join(DEPLOY, '../docs/runbook.md'), 'utf8');
    const files = ['alerts.test.yml', 'alerts-daily.test.yml', 'alerts.yml'];
    const [cases = '', daily = '', rules = ''] = await Promise.all(
      files.map((file) => readFile(join(DEPLOY, 'prometheus', file), 'utf8')),
    );
    const boards = (await dashboards()).map(({ uid }) => uid);
    for (const name of (await alerts()).keys()) {
      assert.match(runbook, new RegExp(`^### ${name}$`, 'm'));
      const [, rule = ''] = new RegExp(`- alert: ${name}\n([\\s\\S]*?)(\n\n|$)`).exec(rules) ?? [];
      assert.match(
        rule,
        new RegExp(`runbook_url: "\\{\\{ \\$externalLabels.runbook \\}\\}#${name.toLowerCase()}"`),
      );
      const [, board = ''] =
        /dashboard_url: "https:\/\/\{\{ \$externalLabels.domain \}\}\/grafana\/d\/([\w-]+)"/.exec(
          rule,
        ) ?? [];
      assert.ok(boards.includes(board), name);
      assert.match(cases + daily, new RegExp(`alertname: ${name}\n +exp_alerts:`), name);
    }
  });
});

it('an expression that names what does not exist is found out', () => {
  assert.deepEqual(problemsOf('sum(rate(wearon_generations_total{outcome="x"}[5m]))'), []);
  assert.deepEqual(problemsOf('wearon_queue_wait_seconds_bucket{le="1"} > up{job="worker"}'), []);
  assert.equal(problemsOf('wearon_generation_total').length, 1);
  assert.equal(problemsOf('wearon_generations_total{kode="x"}').length, 1);
  assert.equal(problemsOf('wearon_refunds_outstanding_bucket').length, 1);
});
