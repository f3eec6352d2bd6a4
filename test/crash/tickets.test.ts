/**
 * SIGKILL at every step of a call with a ticket: the picture is collected by the next process, and
 * nothing is paid a second time.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ArmedFault } from '../../local/faults.ts';
import { createPerson } from '../../local/platform.ts';
import type { LocalStack } from '../../local/stack.ts';
import { until } from '../../local/until.ts';
import { UPLOAD, useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, orderTryOn, push } from '../support/shop.ts';

const crash = useCrashShop();
const CREATE = { method: 'POST', path: /predictions$/ } as const;
const READ = { method: 'GET', path: /predictions\/\w+$/ } as const;

const STEPS: Readonly<Record<string, (stack: LocalStack) => ArmedFault>> = {
  'before the call': ({ supabase }) =>
    supabase.faults.add({ method: 'GET', path: /\/uploads\//, kind: 'hang' }),
  'while the call is answered': ({ replicate }) =>
    replicate.faults.add({ ...CREATE, kind: 'hold-after' }),
  'while the picture is made': ({ replicate }) => replicate.faults.add({ ...READ, kind: 'hang' }),
  'while the picture is fetched': ({ replicate }) =>
    replicate.faults.add({ path: /^\/files\//, kind: 'hang' }),
  'before the upload': ({ supabase }) => supabase.faults.add({ ...UPLOAD, kind: 'hang' }),
  'after the upload': ({ supabase }) => supabase.faults.add({ ...UPLOAD, kind: 'hold-after' }),
  'before the completion': ({ supabase }) =>
    supabase.faults.add({ method: 'PATCH', path: /status=in/, kind: 'hang', times: 1 }),
};

for (const [step, fault] of Object.entries(STEPS)) {
  it(`a process killed ${step} pays once with a ticket`, async () => {
    const { platform, stack } = crash.shop;
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    const env = { IMAGE_PROVIDERS: 'replicate' };
    const first = await crash.startWorker(env);
    const armed = fault(stack);
    await push(platform, tryOn);
    await armed.hit;
    await first.end('SIGKILL');
    stack.supabase.faults.clear();
    stack.replicate.faults.clear();
    await crash.startWorker(env);
    await assertCompleted(crash.shop, tryOn);
    assert.equal(crash.predictions(), 1);
  });
}

for (const answer of [
  { kind: 'drop-after' },
  { kind: 'status-after', status: 502, body: '<html>' },
  { kind: 'status-after', status: 200, body: '<html>' },
] as const) {
  const name = 'status' in answer ? `replaced by a ${answer.status} page` : 'cut off';
  it(`a call whose answer is ${name} is collected and not made again`, async () => {
    const { platform, stack } = crash.shop;
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    stack.replicate.faults.add({ ...CREATE, ...answer });
    await crash.startWorker({ IMAGE_PROVIDERS: 'replicate' });
    await push(platform, tryOn);
    await assertCompleted(crash.shop, tryOn);
    assert.equal(crash.predictions(), 1);
  });
}

it('the ticket is in the journal before the picture is waited for', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  stack.replicate.runMs = 60_000;
  const polled = stack.replicate.faults.arrived(READ);
  await crash.startWorker({ IMAGE_PROVIDERS: 'replicate' });
  await push(platform, tryOn);
  await polled;
  const journal = await until('the ticket', async () => {
    const data = await platform.redis.hget(`wearon:bull:generation:${tryOn.sessionId}`, 'data');
    return JSON.parse(data ?? '{}').journal?.ticket ? JSON.parse(data ?? '{}').journal : null;
  });
  assert.equal(journal.provider, 'replicate');
  assert.equal(journal.ticket.id, stack.replicate.predictions.at(-1)?.id);
});
