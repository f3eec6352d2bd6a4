/**
 * How fast poses and sizes are: the bare models, the pipeline around them, threads, and
 * `/estimate-body` under load. `npm run bench:pose`; every figure is of this run and this machine.
 */
import { join } from 'node:path';
import { buildModels } from '../scripts/pose-models.ts';
import { benchEndpoint } from './pose-endpoint.ts';
import { benchEngine, benchThreads } from './pose-engine.ts';
import { machineName } from './timing.ts';

const root = join(import.meta.dirname, '..');
const modelFolder = join(root, 'models');
const photoFile = join(root, 'test/fixtures/pose/s1_00.jpg');
await buildModels(join(root, 'node_modules/@mediapipe/pose'), modelFolder);

console.log(`# Poses\n\n${machineName()}\n`);
await benchEngine(modelFolder, photoFile);
await benchThreads(modelFolder, photoFile);
await benchEndpoint(modelFolder, photoFile);
