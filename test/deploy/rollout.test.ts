/** A new image takes over one worker at a time, and only when it works. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertRuns, inService, NEW, NEWER, OLD } from './deploy-target.ts';
import { type Deployment, whyNoScripts } from './deployment.ts';

const UPDATE = 'rolling-update.sh';
const FLOCK = 'flock';
/** Settings of an update that gives up soon. */
const SOON = { READY_LOOKS: '5' };
const skip = whyNoScripts() ?? false;

/** What happened to the workers' containers, and how often each was found ready in between. */
function story(calls: readonly string[]): string[] {
  const events: string[] = [];
  for (const call of calls) {
    const [, looked] = /exec -T (worker-.) .*readyz/.exec(call) ?? [];
    if (/^(stopped|started) worker/.test(call)) events.push(call.replace(/ registry.*:/, ' '));
    else if (looked !== undefined && events.at(-1) !== `looked at ${looked}`)
      events.push(`looked at ${looked}`);
  }
  return events.map((line) => line.replace(/(\d)\d+$/, '$1'));
}

/** The story of a worker that is replaced by the image of a digit: `a 1`. */
function replaced(worker: string): string[] {
  const name = `worker-${worker[0]}`;
  return [`stopped ${name}`, `started worker-${worker}`, `looked at ${name}`];
}

const stopped = (calls: readonly string[]) =>
  story(calls).filter((line) => line.startsWith('stopped'));
const recreated = (calls: readonly string[]) =>
  calls.filter((call) => /--force-recreate/.test(call));

async function pretendRunning({ folder }: Deployment, worker: string, image: string) {
  await writeFile(join(folder, '../docker/running', worker), `${image}\n`);
}

describe('a rolling update', { skip }, () => {
  it('replaces one worker, waits until it is ready, and then the other', async () => {
    await using deployment = await inService();
    const { code, output } = await deployment.run(UPDATE, [NEW]);
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`Both workers run ${NEW}`));
    const calls = await deployment.calls();
    assert.deepEqual(story(calls).slice(-6), [...replaced('a 1'), ...replaced('b 1')]);
    assert.ok(calls.indexOf(`docker pull --quiet ${NEW}`) < calls.indexOf('stopped worker-a'));
    const looks = calls.slice(0, calls.indexOf('stopped worker-b')).filter((c) => /readyz/.test(c));
    assert.ok(looks.length >= 4);
    await assertRuns(deployment, NEW);
    assert.equal((await deployment.read('state/previous-image'))?.trim(), OLD);
  });

  it('applies changes of other services without touching the workers', async () => {
    await using deployment = await inService();
    assert.equal((await deployment.run(UPDATE, [NEW])).code, 0);
    const calls = await deployment.calls();
    const last = calls.findLastIndex((call) => / up .*--remove-orphans/.test(call));
    assert.ok(last > calls.lastIndexOf(`started worker-b ${NEW}`));
    assert.deepEqual(story(calls.slice(last)), []);
  });

  it('reloads nginx only when its configuration is accepted', async () => {
    await using deployment = await inService();
    await deployment.run(UPDATE, [NEW]);
    const calls = await deployment.calls();
    const tried = calls.findIndex((call) => /exec -T nginx nginx -t/.test(call));
    const reloaded = calls.findIndex((call) => /kill --signal HUP nginx/.test(call));
    assert.ok(tried > 0 && reloaded > tried);
    await deployment.tell('failing', 'nginx -t');
    const { code, output } = await deployment.run(UPDATE, [NEWER]);
    assert.equal(code, 1);
    assert.match(output, /nginx keeps its old configuration/);
    assert.ok(!(await deployment.calls()).some((call) => /HUP/.test(call)));
    await assertRuns(deployment, NEWER);
  });

  it('restores the first worker when it stays unready; keeps the other', async () => {
    await using deployment = await inService();
    await deployment.tell('unready', NEW);
    const { code, output } = await deployment.run(UPDATE, [NEW], SOON);
    assert.equal(code, 1);
    assert.match(output, /the last words of worker-a[\s\S]*worker-a did not become ready/);
    assert.match(output, new RegExp(`Nothing has changed: the workers run ${OLD}`));
    const events = story(await deployment.calls());
    assert.ok(events.includes('started worker-a 0'));
    assert.ok(!events.includes('stopped worker-b'));
    await assertRuns(deployment, OLD);
    assert.equal(await deployment.read('state/previous-image'), null);
  });

  it('rolls both back when the second one does not become ready', async () => {
    await using deployment = await inService();
    await deployment.tell('unready', `worker-b ${NEW}`);
    const { code, output } = await deployment.run(UPDATE, [NEW], SOON);
    assert.equal(code, 1);
    assert.match(output, /worker-b did not become ready/);
    const events = story(await deployment.calls()).slice(-6);
    assert.deepEqual(events, [...replaced('b 0'), ...replaced('a 0')]);
    await assertRuns(deployment, OLD);
  });

  it('stops at the first worker that fails with the new settings', async () => {
    await using deployment = await inService();
    await deployment.tell('unready', OLD);
    const { code, output } = await deployment.run(UPDATE, [], SOON);
    assert.equal(code, 1);
    assert.match(output, /not touched yet keeps the settings that it has/);
    assert.equal(recreated(await deployment.calls()).length, 1);
  });

  it('reports an error when rolling back does not help either', async () => {
    await using deployment = await inService();
    await deployment.tell('unready', `${NEW}\n${OLD}`);
    const { code, output } = await deployment.run(UPDATE, [NEW], SOON);
    assert.equal(code, 2);
    assert.match(output, /Putting it back did not work either.*runbook/);
  });

  it('begins with the unready worker, and never stops the only ready one', async () => {
    await using deployment = await inService();
    // worker-b runs something that never became ready, as after an update that was killed.
    await pretendRunning(deployment, 'worker-b', NEWER);
    await deployment.tell('unready', NEWER);
    assert.equal((await deployment.run(UPDATE, [NEW])).code, 0);
    assert.deepEqual(stopped(await deployment.calls()), ['stopped worker-b', 'stopped worker-a']);
    await assertRuns(deployment, NEW);
  });

  it('goes on where one that was killed half-way stopped', async () => {
    await using deployment = await inService();
    await pretendRunning(deployment, 'worker-a', NEW);
    assert.equal((await deployment.run(UPDATE, [NEW])).code, 0);
    assert.deepEqual(stopped(await deployment.calls()), ['stopped worker-b']);
    await assertRuns(deployment, NEW);
  });

  it('touches nothing when the image runs, and restarts when none is named', async () => {
    await using deployment = await inService();
    assert.equal((await deployment.run(UPDATE, [OLD])).code, 0);
    const quiet = await deployment.calls();
    assert.ok(!quiet.some((call) => /^(stopped|started) worker/.test(call)));
    assert.deepEqual(recreated(quiet), []);
    assert.equal((await deployment.run(UPDATE)).code, 0);
    assert.equal(recreated(await deployment.calls()).length, 2);
  });

  it('rolls back to the previous image, and forward again', async () => {
    await using deployment = await inService();
    assert.equal((await deployment.run(UPDATE, ['--back'])).code, 1);
    await deployment.run(UPDATE, [NEW]);
    assert.equal((await deployment.run(UPDATE, ['--back'])).code, 0);
    await assertRuns(deployment, OLD);
    assert.equal((await deployment.run(UPDATE, ['--back'])).code, 0);
    await assertRuns(deployment, NEW);
  });

  it('removes the image that can no longer be rolled back to', async () => {
    await using deployment = await inService();
    await deployment.run(UPDATE, [NEW]);
    assert.ok(!(await deployment.calls()).some((call) => /image rm/.test(call)));
    await deployment.run(UPDATE, [NEWER]);
    const removed = (await deployment.calls()).filter((call) => /image rm/.test(call));
    assert.deepEqual(removed, [`docker image rm ${OLD}`]);
  });

  it('changes nothing for a bad tag, a missing image or a refused file', async () => {
    await using deployment = await inService();
    const refused = async (args: string[], why: RegExp) => {
      const { code, output } = await deployment.run(UPDATE, args);
      assert.notEqual(code, 0);
      assert.match(output, why);
      await assertRuns(deployment, OLD);
    };
    await refused(['registry.test/wearon-worker:latest'], /no image by digest/);
    await refused(['--bogus'], /rolling-update\.sh IMAGE/);
    await deployment.tell('failing', `pull --quiet ${NEW}`);
    await refused([NEW], /cannot be fetched/);
    await deployment.tell('failing', 'config --quiet');
    await refused([NEW], /does not accept compose\.prod\.yaml/);
  });

  it('does not run twice at the same time', async () => {
    await using deployment = await inService();
    const lock = join(deployment.folder, 'state/lock');
    const holder = spawn(FLOCK, [lock, 'sh', '-c', 'echo held; cat'], { stdio: 'pipe' });
    await once(holder.stdout, 'data');
    const { code, output } = await deployment.run(UPDATE, [NEW]);
    assert.equal(code, 1);
    assert.match(output, /Another update of this deployment is under way/);
    holder.stdin.end();
    await once(holder, 'exit');
    assert.equal((await deployment.run(UPDATE, [NEW])).code, 0);
  });

  it('goes on when the connection that started it breaks off', async () => {
    await using deployment = await inService();
    const update = deployment.spawn(UPDATE, [NEW]);
    const ended = once(update, 'exit');
    assert.ok(update.stdout && update.stderr);
    for await (const text of update.stdout) {
      if (String(text).includes('worker-a')) break;
    }
    update.stderr.destroy();
    update.kill('SIGHUP');
    assert.deepEqual(await ended, [0, null]);
    await assertRuns(deployment, NEW);
  });

  it('keeps what else is in .env, and its mode', async () => {
    await using deployment = await inService();
    const before = (await deployment.read('.env')) ?? '';
    await deployment.run(UPDATE, [NEW]);
    assert.equal(await deployment.read('.env'), before.replace(OLD, NEW));
    assert.equal((await stat(join(deployment.folder, '.env'))).mode & 0o777, 0o600);
  });
});
