/** `bin/worker`, the command of the image and of `npm start`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const COMMAND = fileURLToPath(new URL('../../bin/worker', import.meta.url));
/** Ends the process before it starts anything. */
const SHOW = 'console.log(process.env.MALLOC_ARENA_MAX,...process.execArgv);process.exit(0)';

async function settingsWith(env: Readonly<Record<string, string>>): Promise<string> {
  const preload = { NODE_OPTIONS: `--import=data:text/javascript,${SHOW}` };
  const { PATH } = process.env;
  const shown = await promisify(execFile)(COMMAND, { env: { PATH, ...preload, ...env } });
  return shown.stdout.trim();
}

it('the worker starts with memory settings and keeps those given', async () => {
  const flags = '--max-semi-space-size=8 --v8-pool-size=1';
  assert.equal(await settingsWith({}), `2 ${flags}`);
  assert.equal(await settingsWith({ MALLOC_ARENA_MAX: '4' }), `4 ${flags}`);
});
