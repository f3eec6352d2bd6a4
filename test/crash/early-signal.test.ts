/** Signals at a bad moment: while modules load, and while a thread computes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { createStore } from '../../local/platform.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { orderTryOn, push } from '../support/shop.ts';

const crash = useCrashShop();

/** Sends SIGTERM to its own process at the moment a handler for it is there. */
const AT_ONCE = `data:text/javascript,process.on('newListener',(name)=>{
  if(name==='SIGTERM')setImmediate(()=>process.kill(process.pid,'SIGTERM'))})`;

// As PID 1 of a container it would be lost.
it('a SIGTERM during the start ends the worker before it has taken a task', async () => {
  const started = crash.startWorker({ NODE_OPTIONS: `--import="${AT_ONCE.replace(/\s+/g, '')}"` });
  await assert.rejects(started, /ended with 0 before it listened/);
});

it('a second signal ends the worker at once, without an abort', async () => {
  const { stack, platform } = crash.shop;
  const tryOn = await orderTryOn(platform, await createStore(platform, { credits: 1 }));
  const call = stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await call.hit;
  const ended = once(worker.process, 'exit');
  worker.process.kill('SIGTERM');
  await worker.logged('shutting_down');
  worker.process.kill('SIGINT');
  assert.deepEqual(await ended, [null, 'SIGKILL']);
});
