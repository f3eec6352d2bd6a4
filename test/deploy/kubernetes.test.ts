/**
 * The example for Kubernetes agrees with the worker, with compose.prod.yaml and with itself.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { metricFacts } from '../../scripts/generated-pages.ts';
import { TASK_LIST } from '../../src/adapters/redis/task-list.ts';
import { VARIABLES } from '../../src/config.ts';
import { STOP_MARGIN_MS } from '../../src/stop-margin.ts';
import { schemaProblems } from './kubernetes-schemas.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const FOLDER = join(DEPLOY, 'kubernetes');
const KUSTOMIZATION = 'kustomization.yaml';

interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly terminationGracePeriodSeconds: number;
  readonly shareProcessNamespace?: boolean;
  readonly volumes: readonly {
    readonly name: string;
    readonly secret?: { readonly secretName: string; readonly items: readonly { key: string }[] };
  }[];
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own.
  readonly spec?: any;
  readonly stringData?: Readonly<Record<string, string>>;
}

const files = (await readdir(FOLDER)).filter((name) => name !== KUSTOMIZATION);
const texts = await Promise.all(files.map((name) => readFile(join(FOLDER, name), 'utf8')));
const resources = texts
  .flatMap((text) => parseAllDocuments(text))
  .map((document) => document.toJS() as Resource);
const kustomization = parse(await readFile(join(FOLDER, KUSTOMIZATION), 'utf8')) as {
  resources: string[];
  images: { name: string }[];
};

function the(kind: string, name = 'wearon-worker'): Resource {
  const found = resources.find((one) => one.kind === kind && one.metadata.name === name);
  assert.ok(found !== undefined, `${kind} ${name}`);
  return found;
}

const deployment = the('Deployment').spec as {
  readonly replicas: number;
  readonly template: { readonly spec: PodSpec };
};
const pod = deployment.template.spec;
const [container] = pod.containers;
const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));

it('the kustomization takes every file but the example of the secret', () => {
  const applied = files.filter((name) => name !== 'secret.example.yaml');
  assert.deepEqual(kustomization.resources.toSorted(), applied.toSorted());
  assert.ok(kustomization.images.some(({ name }) => name === container.image));
});

it('every resource fits the schemas of Kubernetes and KEDA', () => {
  for (const resource of resources) assert.deepEqual(schemaProblems(resource), []);
  const broken = structuredClone(the('Deployment'));
  broken.spec.replicas = 'two';
  delete broken.spec.template.spec.containers[0].name;
  broken.spec.template.spec.containers[0].redinessProbe = {};
  assert.deepEqual(schemaProblems(broken), [
    'data/spec/replicas must be integer',
    'data/spec/template/spec/containers/0 must have required property name',
    '/spec/template/spec/containers/0/redinessProbe is no field that the schema knows',
  ]);
});

it('kubectl makes one stream of it', async (t) => {
  const built = await promisify(execFile)('kubectl', ['kustomize', FOLDER]).catch((error) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (built === null) return t.skip('kubectl is missing');
  const made = parseAllDocuments(built.stdout).map((document) => document.toJS() as Resource);
  assert.equal(made.length, resources.filter(({ kind }) => kind !== 'Secret').length);
  assert.match(built.stdout, /image: \S+@sha256:[0-9a-f]{64}$/m);
});

describe('the deployment', () => {
  it('gives the worker known variables, and its secrets as mounted files', () => {
    const known = Object.values(VARIABLES);
    const names = known.flatMap(({ name }) => [name, `${name}_FILE`]);
    assert.deepEqual(
      Object.keys(env).filter((name) => !names.includes(name)),
      [],
    );
    const [secrets] = pod.volumes.flatMap(({ secret }) => (secret ? [secret] : []));
    const keys = secrets?.items.map(({ key }) => key) ?? [];
    const mount = container.volumeMounts.find(({ name }) => name === 'secrets')?.mountPath;
    const secret = known.filter(({ about }) => about.includes('Secret.')).map(({ name }) => name);
    for (const name of [...secret, 'REDIS_URL']) {
      const [file, path] = [name.toLowerCase(), 'deploy/kubernetes/deployment.yaml'];
      assert.equal(env[`${name}_FILE`], `${mount}/${file}`, `${path}, env: add ${name}_FILE`);
      assert.ok(keys.includes(file), `${path}, items of the volume secrets: add ${file}`);
      assert.equal(env[name], undefined, `${path}, env: ${name} is no mounted file`);
    }
    const example = the('Secret', secrets?.secretName);
    const shown = Object.keys(example.stringData ?? {}).toSorted();
    assert.deepEqual(shown, keys.toSorted(), 'deploy/kubernetes/secret.example.yaml');
    for (const { name, default: fallback } of known) {
      if (fallback === undefined) assert.ok(name in env || `${name}_FILE` in env, name);
    }
  });

  it('waits longer than the worker needs to stop', () => {
    const { seconds } = container.lifecycle.preStop.sleep;
    const needed = seconds + Number(env.SHUTDOWN_GRACE_SECONDS) + STOP_MARGIN_MS / 1000;
    assert.ok(pod.terminationGracePeriodSeconds > needed, `${needed} s`);
  });

  it('does not make the worker PID 1, which would miss an early SIGTERM', () => {
    assert.equal(pod.shareProcessNamespace, true);
  });
});

describe('what is around it', () => {
  it("scales by the platform's list and by metrics that exist", () => {
    const { triggers, minReplicaCount } = the('ScaledObject').spec;
    const [redis, ...byMetrics] = triggers as {
      type: string;
      metadata: Record<string, string>;
      authenticationRef?: { name: string };
    }[];
    assert.equal(redis?.metadata.listName, TASK_LIST);
    assert.equal(minReplicaCount, deployment.replicas);
    const facts = new Map(metricFacts().map((fact) => [fact.name, fact.labels]));
    assert.deepEqual(
      byMetrics.map(({ type }) => type),
      ['prometheus', 'prometheus'],
    );
    for (const { metadata } of byMetrics) {
      const [, name = '', label = ''] =
        /(wearon_\w+)\{(\w+)=~"list\|intake\|waiting"\}/.exec(metadata.query ?? '') ?? [];
      assert.ok(facts.get(name)?.includes(label), metadata.query);
    }
    const authentication = the('TriggerAuthentication', redis?.authenticationRef?.name);
    for (const { name, key } of authentication.spec.secretTargetRef) {
      assert.ok(key in (the('Secret', name).stringData ?? {}), key);
    }
  });
});
