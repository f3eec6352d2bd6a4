/** `wearon doctor` on a local stack, and what it finds there. */
import assert from 'node:assert/strict';
import type { LocalStack } from '../../local/stack.ts';
import type { Check } from '../../src/cli/doctor/check.ts';
import { wearon } from './cli.ts';

/** What is broken, by which variables, and what the one finding then says. */
export type Case = readonly [
  what: string,
  env: Record<string, string>,
  expected: Partial<Record<keyof Check, RegExp>>,
];

export function doctorOn(stack: LocalStack) {
  /** The doctor's findings without the pose models, which a checkout need not have. */
  const examine = async (env: Record<string, string> = {}) => {
    const { code, json, stderr } = await wearon({ ...stack.env, ...env }, ['doctor', '--json']);
    assert.ok(json?.checks, stderr);
    const checks: Check[] = json.checks.filter(({ name }: Check) => name !== 'pose models');
    return { code, checks, found: checks.filter(({ state }) => state !== 'ok') };
  };
  /** The one finding there is. */
  const theFinding = async (env: Record<string, string> = {}): Promise<Check> => {
    const { found, code } = await examine(env);
    const [check] = found;
    assert.ok(check !== undefined && found.length === 1, JSON.stringify(found));
    if (check.state === 'fail') assert.equal(code, 1);
    assert.ok(check.fix, 'says how to fix it');
    return check;
  };
  const assertFinds = async ([, env, expected]: Case): Promise<void> => {
    const check = await theFinding(env);
    for (const [key, pattern] of Object.entries(expected)) {
      assert.match(check[key as keyof Check] ?? '', pattern);
    }
  };
  return { examine, theFinding, assertFinds };
}
