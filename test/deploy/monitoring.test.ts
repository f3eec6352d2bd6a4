/**
 * The monitoring's files agree with the worker and with each other: every metric they name exists,
 * with the labels they use, and every alert is explained in the runbook.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { metricFacts } from '../../scripts/generated-pages.ts';
import { CATALOGUE, ERROR_CODES } from '../../src/error-catalogue.ts';
import { readPage } from '../support/markdown.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const DASHBOARDS = join(DEPLOY, 'grafana/dashboards');
/** Not the worker's: those of the node exporter, of certbot/certificate.sh, and of Prometheus itself. */
const FOREIGN = /^(node_\w+|certificate_\w+|up|ALERTS)$/;
/** What the scrape adds, or a histogram. */
const ADDED_LABELS = ['job', 'instance', 'le'];
const WORDS =
  /^(sum|max|min|avg|by|le|and|or|vector|offset|count|time|rate|increase|histogram_quantile)$/;

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly datasource: { readonly uid: string };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

async function dashboards(): Promise<Dashboard[]> {
  const names = await readdir(DASHBOARDS);
  const texts = await Promise.all(names.map((name) => readFile(join(DASHBOARDS, name), 'utf8')));
  return texts.map((text) => JSON.parse(text) as Dashboard);
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Case {
  readonly alert_rule_test?: readonly {
    readonly alertname: string;
    readonly exp_alerts?: unknown[];
  }[];
}

const prometheus = async (file: string) =>
  parse(await readFile(join(DEPLOY, 'prometheus', file), 'utf8'));

async function alerts(): Promise<Alert[]> {
  const { groups } = (await prometheus('alerts.yml')) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
}

/** The alerts that a case of promtool sees firing. */
async function alertsSeenFiring(): Promise<Set<string>> {
  const files = await Promise.all(['alerts.test.yml', 'alerts-daily.test.yml'].map(prometheus));
  const cases: Case[] = files.flatMap(({ tests }) => tests);
  const expectations = cases.flatMap(({ alert_rule_test = [] }) => alert_rule_test);
  return new Set(
    expectations
      .filter(({ exp_alerts = [] }) => exp_alerts.length > 0)
      .map(({ alertname }) => alertname),
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
        assert.ok(['prometheus', 'loki'].includes(panel.datasource.uid));
        for (const { expr } of panel.targets) {
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
    assert.deepEqual(missing, [], 'add a panel in deploy/grafana/dashboards that shows them');
  });
});

it('the success rate leaves out what customers did themselves', async () => {
  const codes = ERROR_CODES.filter((code) => 'isByCustomer' in CATALOGUE[code]);
  const panels = (await dashboards()).flatMap((dashboard) => dashboard.panels);
  const expressions = [...(await alerts()), ...panels.flatMap(({ targets }) => targets)];
  const successRates = expressions.filter(({ expr }) => expr.includes('code!~'));
  assert.equal(successRates.length, 2);
  const matcher = `code!~"${codes.join('|')}"`;
  const outdated = successRates.filter(({ expr }) => !expr.includes(matcher));
  assert.deepEqual(outdated, [], `write ${matcher} in deploy/prometheus and deploy/grafana`);
});

describe('the alerts', () => {
  it('look at metrics and labels that the worker has', async () => {
    const rules = await alerts();
    assert.ok(rules.length >= 15);
    for (const { alert, expr } of rules) assert.deepEqual(problemsOf(expr), [], alert);
  });

  it('are each explained in the runbook, shown on a board, and seen firing', async () => {
    const { anchors } = readPage('docs/runbook.md');
    const boards = (await dashboards()).map(
      ({ uid }) => `https://{{ $externalLabels.domain }}/grafana/d/${uid}`,
    );
    const seenFiring = await alertsSeenFiring();
    const problems = (await alerts()).flatMap(({ alert, annotations }) => {
      const anchor = alert.toLowerCase();
      const { runbook_url: runbook, dashboard_url: board = '' } = annotations;
      const demands: [boolean, string][] = [
        [anchors.has(anchor), `docs/runbook.md has no heading ${alert}`],
        [runbook === `{{ $externalLabels.runbook }}#${anchor}`, 'its runbook_url is another'],
        [boards.includes(board), 'its dashboard_url is that of no dashboard'],
        [seenFiring.has(alert), 'no case of deploy/prometheus/alerts.test.yml sees it firing'],
      ];
      return demands.filter(([isMet]) => !isMet).map(([, problem]) => `${alert}: ${problem}`);
    });
    assert.deepEqual(problems, []);
  });
});

it('an expression that names what does not exist is found', () => {
  assert.deepEqual(problemsOf('sum(rate(wearon_generations_total{outcome="x"}[5m]))'), []);
  assert.deepEqual(problemsOf('wearon_queue_wait_seconds_bucket{le="1"} > up{job="worker"}'), []);
  assert.equal(problemsOf('wearon_generation_total').length, 1);
  assert.equal(problemsOf('wearon_generations_total{kode="x"}').length, 1);
  assert.equal(problemsOf('wearon_refunds_outstanding_bucket').length, 1);
});
