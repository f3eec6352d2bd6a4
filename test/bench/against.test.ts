/** The parts of `bench:walk --against`, without the run itself. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { modelsLoaded, parseContender, startContender } from '../../bench/walk/contender.ts';
import { parsePssMb, parseStat, pidsOf, treeOf } from '../../bench/walk/process-tree.ts';
import { type Run, requestsSince } from '../../bench/walk/run.ts';
import { summary } from '../../bench/walk/summary.ts';

const RUN: Run = {
  startMs: 1000,
  restingPssMb: 300,
  tasksPerSecond: 10,
  waitsMs: [100, 200],
  cpuMsPerTask: 90,
  stackCpuMsPerTask: 60,
  peakPssMb: 400,
  requestsPerTask: 5,
};

/** Answers every request; the shell has it as its child, and `sleep` as another one. */
const SERVER = `sleep 300 & node -e 'require("http").createServer((_, answer) => answer.end())
  .listen(process.env.PORT, process.env.HOST)'; true`;

/** Says at the third request that its models are loaded. */
const LOADING = `exec node -e 'let asked = 0; require("http").createServer((_, answer) => {
  asked += 1; answer.end(JSON.stringify({ asked, size_rec_model_loaded: asked >= 3 }));
}).listen(process.env.PORT, process.env.HOST)'`;

describe('--against', () => {
  it('takes a folder and a command that holds colons', () => {
    assert.deepEqual(parseContender(`${tmpdir()}:: PORT=80 run a::b `), {
      folder: tmpdir(),
      command: 'PORT=80 run a::b',
    });
    for (const text of ['', '/srv/old', '/srv/old::', '::run', '/srv/old:: ']) {
      assert.throws(() => parseContender(text), /takes 'DIR::command'/, text);
    }
    assert.throws(() => parseContender('/no-such-folder::run'), /no folder \/no-such-folder/);
  });

  it('ends the command with its children when it is disposed of', async () => {
    const worker = await startContender({ folder: tmpdir(), command: SERVER }, {});
    assert.equal(pidsOf(worker.pid).length, 3);
    await worker[Symbol.asyncDispose]();
    assert.deepEqual(pidsOf(worker.pid), []);
  });

  it('waits until /health says that the pose models are loaded', async () => {
    await using worker = await startContender({ folder: tmpdir(), command: LOADING }, {});
    assert.equal(await modelsLoaded(worker), true);
    const health = await (await fetch(worker.healthUrl)).json();
    assert.deepEqual(health, { asked: 4, size_rec_model_loaded: true });
  });

  it('reports the output of a command that ends before /health answers', async () => {
    const starting = startContender({ folder: tmpdir(), command: 'echo no model; exit 3' }, {});
    await assert.rejects(starting, /ended \(3\) before[\s\S]*no model/);
  });
});

describe('the summary of both workers', () => {
  it('has the median of the runs, the highest peak and the ratio', () => {
    const slower = { ...RUN, tasksPerSecond: 4, peakPssMb: 800, waitsMs: [300, 400] };
    const rows = new Map(summary([RUN], [RUN, slower]).map(([what, ...rest]) => [what, rest]));
    assert.deepEqual(rows.get('tasks/s, all pushed at once'), ['10.0', '7.0', '1.43']);
    assert.deepEqual(rows.get('PSS, peak, MB'), ['400', '800', '0.50']);
    assert.deepEqual(rows.get('LPUSH → completed alone, p50, ms'), ['200', '300', '0.67']);
    assert.deepEqual(rows.get('requests to Supabase a task'), ['5.0', '5.0', '1.00']);
  });

  it('says what was not measured', () => {
    const rows = summary([RUN], [{ ...RUN, peakPssMb: null }]);
    const peak = rows.find(([what]) => what === 'PSS, peak, MB');
    assert.deepEqual(peak?.slice(1), ['400', 'not measured', '-']);
  });
});

describe('/proc', () => {
  it('is read where a process name holds spaces and parentheses', () => {
    const text = '42 (a (b) c) S 7 42 41 0 -1 4194560 1 2 3 4 50 6 70 8 20 0 1';
    assert.deepEqual(parseStat(text), {
      pid: 42,
      parent: 7,
      session: 41,
      isRunning: true,
      cpuTicks: 134,
    });
    assert.equal(parsePssMb('Rss:  9 kB\nPss:      2048 kB\nPss_Dirty:  1 kB\n'), 2);
  });

  it('gives the session and all descendants, in whatever order', () => {
    const all = [
      [12, 11, 12],
      [11, 10, 10],
      [10, 1, 10],
      [13, 1, 10],
      [14, 1, 14],
    ].map(([pid = 0, parent = 0, session = 0]) => ({
      pid,
      parent,
      session,
      isRunning: true,
      cpuTicks: 0,
    }));
    assert.deepEqual(
      treeOf(10, all).map(({ pid }) => pid),
      [12, 11, 10, 13],
    );
  });
});

it('requests are counted without downloads, as far as the list goes back', () => {
  const request = (method: string, path: string) => ({ method, path, status: 200 });
  const first = request('GET', '/rest/v1/a');
  const signed = request('POST', '/storage/v1/object/sign/b');
  const download = request('GET', '/storage/v1/object/sign/b?token=…');
  assert.equal(requestsSince(first, [first, download, signed, first]), 0);
  assert.equal(requestsSince(first, [first, download, signed]), 1);
  assert.equal(requestsSince(first, [signed]), null);
});
