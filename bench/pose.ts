/**
 * How fast poses and sizes are: the bare models, the pipeline around them, threads, and
 * `/estimate-body` of the worker under load. `npm run bench:pose`; every figure is of this run and this
 * machine. With `-- --against 'DIR::command'` only `/estimate-body`, of this worker and another in turns.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildModels, MODEL_FOLDER } from '../scripts/pose-models.ts';
import { benchEndpoint } from './pose/endpoint.ts';
import { benchEngine, benchThreads } from './pose/engine.ts';
import { machineName } from './timing.ts';
import { parseContender } from './walk/contender.ts';

const photoFile = join(import.meta.dirname, '../test/fixtures/pose/s1_00.jpg');
const { against } = parseArgs({ options: { against: { type: 'string' } } }).values;
const other = against === undefined ? null : parseContender(against);
await buildModels();

console.log(`# Poses\n\n${machineName()}\n`);
if (other === null) {
  await benchEngine(MODEL_FOLDER, photoFile);
  await benchThreads(MODEL_FOLDER, photoFile);
}
await benchEndpoint(photoFile, other);
