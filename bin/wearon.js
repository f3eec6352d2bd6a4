#!/usr/bin/env node
/**
 * `npx wearon …`: runs the operator's command line with Node 24, the system's or the repository's own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LEAST_MAJOR = 24;
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const installed = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

const isNewEnough = Number(process.versions.node.split('.')[0]) >= LEAST_MAJOR;
const node = isNewEnough ? process.execPath : installed;
if (existsSync(node)) {
  // onnxruntime reports to its maker unless it is told not to.
  const env = { ORT_DISABLE_TELEMETRY: '1', ...process.env };
  const args = [main, ...process.argv.slice(2)];
  const { status } = spawnSync(node, args, { stdio: 'inherit', env });
  process.exitCode = status ?? 1;
} else {
  console.error(
    `wearon needs Node ${LEAST_MAJOR} or newer, and this is ${process.version}. ` +
      'Run `npm install` in the repository, which brings one along, or install it from https://nodejs.org.',
  );
  process.exitCode = 2;
}
