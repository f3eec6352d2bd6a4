/** A signal that comes while the worker still loads: as PID 1 of a container it would be lost. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { useCrashShop } from '../support/crash-shop.ts';

const crash = useCrashShop();

/** Sends SIGTERM to its own process at the moment a handler for it is there. */
const AT_ONCE = `data:text/javascript,process.on('newListener',(name)=>{
  if(name==='SIGTERM')setImmediate(()=>process.kill(process.pid,'SIGTERM'))})`;

it('a SIGTERM during the start ends the worker before it has taken a task', async () => {
  const started = crash.startWorker({ NODE_OPTIONS: `--import="${AT_ONCE.replace(/\s+/g, '')}"` });
  await assert.rejects(started, /ended with 0 before it listened/);
});
