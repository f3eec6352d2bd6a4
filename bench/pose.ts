/**
 * How fast poses and sizes are: the bare models, the pipeline around them, threads, and
 * `/estimate-body` under load. `npm run bench:pose`; every figure is of this run and this machine.
 */
import { join } from 'node:path';
import { buildModels, MODEL_FOLDER } from '../scripts/pose-models.ts';
import { benchEndpoint } from './pose/endpoint.ts';
import { benchEngine, benchThreads } from './pose/engine.ts';
import { machineName } from './timing.ts';

const photoFile = join(import.meta.dirname, '../test/fixtures/pose/s1_00.jpg');
await buildModels();

console.log(`# Poses\n\n${machineName()}\n`);
await benchEngine(MODEL_FOLDER, photoFile);
await benchThreads(MODEL_FOLDER, photoFile);
await benchEndpoint(MODEL_FOLDER, photoFile);
