/**
 * The schemas of Kubernetes and KEDA, held against resources. They accept unknown fields, such
 * as a misspelt one: so it is recorded which fields they read, and all others are reported.
 */
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Namespace, Secret, Service } from 'kubernetes-models/v1';

const MODELS = [
  Deployment,
  Ingress,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  ScaledObject,
  Secret,
  Service,
  TriggerAuthentication,
] as const;

/** What is wrong with a resource by its schema: wrong types and values, missing and unknown fields. */
export function schemaProblems(resource: { apiVersion: string; kind: string }): string[] {
  const { apiVersion, kind } = resource;
  const Model = MODELS.find((one) => one.apiVersion === apiVersion && one.kind === kind);
  if (Model === undefined) return [`there is no schema of ${apiVersion} ${kind}`];
  const looked = new Set<string>();
  const problems: string[] = [];
  try {
    watched(new Model(resource as never), '', looked).validate();
  } catch (error) {
    problems.push(...(error as Error).message.split(', '));
  }
  const unknown = fieldsOf(resource, '').filter((path) => !looked.has(path));
  return [...problems, ...unknown.map((path) => `${path} is no field that the schema knows`)];
}

/** The same value; the paths of the fields that are read from it are added to `looked`. */
function watched<T extends object>(value: T, path: string, looked: Set<string>): T {
  return new Proxy(value, {
    get: (target, key) => {
      const field = Reflect.get(target, key);
      if (typeof key === 'symbol') return field;
      const fieldPath = `${path}/${key}`;
      looked.add(fieldPath);
      const goesOn = typeof field === 'object' && field !== null;
      return goesOn ? watched(field, fieldPath, looked) : field;
    },
  });
}

/** The paths of all fields, at every depth. */
function fieldsOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) => [
    `${path}/${key}`,
    ...fieldsOf(field, `${path}/${key}`),
  ]);
}
