/**
 * Every command of the operator's command line that a page shows, run on a local stack; and the
 * runbook's table of broken systems, held to what the doctor finds.
 */
import assert from 'node:assert/strict';
import { exec } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { findRedis } from '../../local/redis-program.ts';
import { GARMENTS, PEOPLE } from '../../local/samples/samples.ts';
import { startLocalStack } from '../../local/stack.ts';
import { openRedis } from '../../src/adapters/redis/fail-fast-connection.ts';
import { EXIT } from '../../src/cli/answer.ts';
import type { Check } from '../../src/cli/doctor/check.ts';
import { afterTests } from '../support/after-tests.ts';
import { type CliResult, wearon } from '../support/cli.ts';
import { commandsOf, readPage, trackedPages } from '../support/markdown.ts';

const shell = promisify(exec);
const SOME_ID = '019a8c5e-0000-7000-8000-000000000009';

/** The words after `wearon`; null for an incomplete command (`wearon …`, a group's name alone). */
function wordsOf(command: string): string[] | null {
  const [, line] = /(?:bin\/|exec \S+ )wearon (.*)/.exec(command.replaceAll(/\s+/g, ' ')) ?? [];
  if (line === undefined || /…|<command>/.test(line)) return null;
  const words = line.replace(/ [>|].*/, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  return words.map((word) => word.replaceAll(/^["']|["']$/g, '').replace(/^<.*>$/, SOME_ID));
}

const SHOWN = new Map(
  trackedPages()
    .flatMap((page) => [...commandsOf(page), ...page.codeSpans])
    .map(wordsOf)
    .filter((words) => words !== null)
    .map((words) => [words.join(' '), words]),
);
/** Incomplete commands that the pages only mention; not to be run. */
const FRAGMENTS = /^(erase --user|dead drop)$/;

const PHOTOS: Readonly<Record<string, string>> = {
  'photo.jpg': PEOPLE.ada.file,
  'person.jpg': PEOPLE.ada.file,
  'shirt.jpg': GARMENTS.stripedShirt,
  'trousers.jpg': GARMENTS.chinos,
};

const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));

/** Commands that ask are confirmed as on a terminal. */
async function run(words: readonly string[], folder: string): Promise<CliResult> {
  const [name = '', sub = ''] = words;
  const asks =
    ['drain', 'erase', 'janitor', 'rescue', 'try'].includes(name) ||
    /replay|drop|resolve/.test(sub);
  const isMissing = asks && !words.includes('--yes') && !words.includes('--off');
  const given = words.map((word) =>
    word === 'task.json' ? join(folder, word) : (PHOTOS[word] ?? word),
  );
  const out = name === 'try' ? ['--out', join(folder, randomUUID())] : [];
  return wearon(stack.env, [...given, ...out, ...(isMissing ? ['--yes'] : [])]);
}

describe('the commands of the pages', () => {
  it('are understood: none ends with the exit code for wrong usage', async (t) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-commands-'));
    const task = readPage('docs/data-models.md').codeBlocks.find(({ lang }) => lang === 'json');
    await writeFile(join(folder.path, 'task.json'), task?.text ?? '');
    const commands = [...SHOWN].filter(([line]) => !FRAGMENTS.test(line));
    assert.ok(commands.length > 30);
    for (const [line, words] of commands) {
      const { code, stderr } = await run(words, folder.path);
      assert.ok(code === EXIT.fine || code === EXIT.problem, `wearon ${line}: ${code}\n${stderr}`);
    }
    await wearon(stack.env, ['drain', '--off']);
    t.diagnostic(`${commands.length} commands`);
  });

  it('of redis-cli are understood by Redis', async (t) => {
    const { command, env } = await findRedis(() => undefined);
    const folder = dirname(command);
    if (!existsSync(join(folder, 'redis-cli'))) return t.skip('redis-cli is missing');
    const shown = trackedPages().flatMap((page) => [...commandsOf(page), ...page.codeSpans]);
    const lines = new Set(shown.filter((line) => line.startsWith('redis-cli ')));
    assert.ok(lines.size >= 5);
    const PATH = `${folder}:${process.env.PATH}`;
    for (const line of lines) {
      const { stdout } = await shell(line, { env: { ...env, PATH, REDIS_URL: stack.redis.url } });
      assert.doesNotMatch(stdout, /^(ERR|\(error\))/m, line);
    }
    t.diagnostic(`${lines.size} commands`);
  });

  it('of other programs are few, and run by the tests of deploy/ and README', () => {
    const known = [
      /^(make|npm|curl|cd|cp|editor|ssh|docker inspect) ?/,
      /^redis-cli -u "\$REDIS_URL" (LLEN|HLEN|DEL) /,
      /^\.\/(first-deploy|rolling-update)\.sh /,
      /^docker compose --file compose\.prod\.yaml exec alertmanager amtool /,
      /^kubectl apply -[fk] (deploy\/kubernetes|my-secret\.yaml)/,
      /^kubectl -n wearon exec deployment\/wearon-worker -- wearon doctor$/,
      /^schemathesis run /,
      /^pip install schemathesis$/,
    ];
    const others = trackedPages()
      .flatMap(commandsOf)
      .filter((line) => wordsOf(line) === null && !line.startsWith('bin/wearon'))
      .filter((line) => !known.some((pattern) => pattern.test(line)));
    assert.deepEqual(others, [], 'have a test run them, and add them here');
  });
});

interface Broken {
  readonly env?: Record<string, string>;
  readonly breakIt?: () => Promise<() => Promise<unknown>>;
}

async function withRedis(
  change: (redis: Awaited<ReturnType<typeof openRedis>>) => Promise<unknown>,
) {
  const redis = await openRedis(stack.redis.url);
  await change(redis).finally(() => redis.disconnect());
}

const BROKEN: Readonly<Record<string, Broken>> = {
  'Redis is away': { env: { REDIS_URL: 'redis://127.0.0.1:1/0' } },
  'Redis may evict tasks': {
    breakIt: async () => {
      const policy = (to: string) =>
        withRedis((redis) => redis.config('SET', 'maxmemory-policy', to));
      await policy('allkeys-lru');
      return () => policy('noeviction');
    },
  },
  'the intake is drained': {
    breakIt: async () => {
      await wearon(stack.env, ['drain', '--yes']);
      return () => wearon(stack.env, ['drain', '--off']);
    },
  },
  'the breaker is open': {
    breakIt: async () => {
      await withRedis((redis) => redis.set('wearon:gate:tripped', 'PROVIDER_REFUSES_SERVICE'));
      return () => withRedis((redis) => redis.del('wearon:gate:tripped'));
    },
  },
  'Supabase is away': { env: { SUPABASE_URL: 'http://127.0.0.1:1' } },
  'Supabase answers 503': {
    breakIt: async () => {
      stack.supabase.faults.add({ kind: 'status', status: 503, times: Infinity });
      return async () => stack.supabase.faults.clear();
    },
  },
  'the service-role key is wrong': { env: { SUPABASE_SERVICE_ROLE_KEY: 'wrong' } },
  'the bucket is not there': { env: { SUPABASE_BUCKET: 'images' } },
  'a migration is missing': {
    breakIt: async () => {
      const rename = (from: string, to: string) =>
        stack.database.query(`alter table generation_sessions rename column ${from} to ${to}`);
      await rename('input_tokens', 'tokens');
      return () => rename('tokens', 'input_tokens');
    },
  },
  "the vendor's key is refused": { env: { OPENAI_API_KEY: 'sk-wrong' } },
  'the image model is shut down': {
    env: { OPENAI_IMAGE_MODEL: 'gpt-image-1', OPENAI_IMAGE_SUCCESSOR: 'off' },
  },
  'the pose models are missing': { env: { MEDIAPIPE_MODEL_PATH: tmpdir() } },
};

/** Rows of the runbook's table: what is broken, which check finds it, what it says, and the cure. */
function brokenRows(): { what: string; check: string; finding: string; cure: string }[] {
  const { text } = readPage('docs/runbook.md');
  const [, section = ''] = /## What the doctor finds\n([\s\S]*?)\n## /.exec(text) ?? [];
  return [...section.matchAll(/^\| (.+?) \| `(.+?)` \| (.+?) \| (.+?) \|$/gm)].map(
    ([, what = '', check = '', finding = '', cure = '']) => ({ what, check, finding, cure }),
  );
}

describe('the runbook leads from the broken system to its cure:', () => {
  it('it has a row for each', (t) => {
    t.diagnostic(`${Object.keys(BROKEN).length} broken systems`);
    assert.deepEqual(
      brokenRows().map(({ what }) => what),
      Object.keys(BROKEN),
    );
  });

  for (const [what, { env = {}, breakIt }] of Object.entries(BROKEN)) {
    it(what, async () => {
      const row = brokenRows().find((each) => each.what === what);
      const fix = await breakIt?.();
      try {
        const { json } = await wearon({ ...stack.env, ...env }, ['doctor', '--json']);
        const found = (json.checks as Check[]).filter(({ state }) => state !== 'ok');
        const isIt = ({ name, finding }: Check) =>
          name === row?.check && finding.includes(row.finding);
        assert.ok(found.some(isIt), `${row?.check}, ${row?.finding}: ${JSON.stringify(found)}`);
        assert.ok((row?.cure.length ?? 0) > 20);
      } finally {
        await fix?.();
      }
    });
  }
});
