/**
 * `npm run report:two-people`: what the detector's second pass finds, on photos of two people made
 * from `SHARED_DATA` (100 of each arrangement) and on as many photos of one person; and what it
 * would find if it ran only where the first pass hints at company. Prints the figures of
 * docs/decisions/0007-sizing-photo-check.md. About ten minutes on two cores.
 */
import { readFile } from 'node:fs/promises';
import type { InferenceSession } from 'onnxruntime-node';
import { decodeImage } from '../../src/adapters/mediapipe/decode-image.ts';
import {
  type DetectedPerson,
  decodeDetections,
  WHOLE_SQUARE,
} from '../../src/adapters/mediapipe/detector.ts';
import { observeOnce } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels, type PoseSessions } from '../../src/adapters/mediapipe/models.ts';
import { sharedDataFolder } from '../data-sets.ts';
import { uniform } from '../fit-sizing/photo-variants.ts';
import { percent, table } from '../markdown-table.ts';
import { MODEL_FOLDER } from '../pose-models.ts';
import { ARRANGEMENTS, type Arrangement, collage, figureIn, usablePhotos } from './collages.ts';

const EACH = 100;
/** Scores that a box away from the person must have for a second pass. */
const HINTS = [0.005, 0.01, 0.02, 0.05];
/** A hint is a box whose hips lie so far from the person's, of the person's size. */
const AWAY = 0.1;

/** What was found on one photo. */
interface Found {
  readonly byFirstPass: boolean;
  readonly withSecondPass: boolean;
  /** The highest score of a box away from the person in the first pass, 0..1. */
  readonly hint: number;
}

const models = await loadPoseModels(MODEL_FOLDER);
const photos = await usablePhotos(sharedDataFolder(process.env));
const random = uniform(7);
const any = () => photos[Math.floor(random(0, photos.length))] ?? { path: '', person: '' };

const two = new Map<Arrangement, Found[]>();
for (const arrangement of Object.keys(ARRANGEMENTS) as Arrangement[]) {
  const found: Found[] = [];
  while (found.length < EACH) {
    const seen = await lookAt(await couple(arrangement));
    if (seen !== null) found.push(seen);
  }
  two.set(arrangement, found);
}
const one: Found[] = [];
while (one.length < EACH * two.size) {
  const seen = await lookAt(await readFile(any().path));
  if (seen !== null) one.push(seen);
}
console.log(report());

async function couple(arrangement: Arrangement): Promise<Buffer> {
  for (;;) {
    const [a, b] = [any(), any()];
    if (a.person === b.person) continue;
    const [first, second] = [await figureIn(a.path, models), await figureIn(b.path, models)];
    if (first && second) return collage(first, second, arrangement, random);
  }
}

/** Null where no person is found, so that no one can be in company. */
async function lookAt(photo: Uint8Array): Promise<Found | null> {
  const image = await decodeImage(photo);
  const { sessions, boxes } = withoutSecondPass(models);
  const once = await observeOnce(sessions, image, 960);
  if (once.pose === null) return null;
  const twice = await observeOnce(models, image, 960);
  return {
    byFirstPass: once.detections.length > 1,
    withSecondPass: twice.detections.length > 1,
    hint: hintIn(boxes()),
  };
}

/** The models, with a detector that finds no one when it runs again; and the boxes of its first run. */
function withoutSecondPass({ detector, landmarks }: PoseSessions) {
  const { inputNames, outputNames } = detector;
  let first: DetectedPerson[] | null = null;
  const run = async (feeds: InferenceSession.FeedsType) => {
    const outputs = await detector.run(feeds);
    const [boxes, logits] = outputNames.map((name) => outputs[name]?.data as Float32Array);
    if (!boxes || !logits) throw new Error('not the detector model');
    if (first === null) first = decodeDetections(boxes, logits, WHOLE_SQUARE, 0.001);
    else logits.fill(-100);
    return outputs;
  };
  const sessions = { detector: { run, inputNames, outputNames } as InferenceSession, landmarks };
  return { sessions, boxes: () => first ?? [] };
}

function hintIn([person, ...others]: readonly DetectedPerson[]): number {
  if (person === undefined) return 0;
  const size = Math.hypot(person.scale.x - person.hip.x, person.scale.y - person.hip.y);
  const away = others.filter(
    ({ hip }) => Math.hypot(hip.x - person.hip.x, hip.y - person.hip.y) > AWAY * size,
  );
  return away[0]?.score ?? 0;
}

function report(): string {
  const count = (found: readonly Found[], is: (each: Found) => boolean) =>
    `${found.filter(is).length} of ${found.length}`;
  const row = (name: string, found: readonly Found[]) => [
    name,
    count(found, ({ byFirstPass }) => byFirstPass),
    count(found, ({ withSecondPass }) => withSecondPass),
  ];
  const all = [...two.values()].flat();
  const need = all.filter(({ byFirstPass, withSecondPass }) => withSecondPass && !byFirstPass);
  const alone = one.filter(({ byFirstPass }) => !byFirstPass);
  const gates = HINTS.map((least) => [
    String(least),
    count(need, ({ hint }) => hint >= least),
    percent(alone.filter(({ hint }) => hint >= least).length / alone.length),
  ]);
  return [
    table(
      ['photos', 'company found by the first pass', 'with the second pass'],
      [...[...two].map(([name, found]) => row(name, found)), row('one person', one)],
    ),
    '',
    table(['second pass only from a score of', 'keeps of its finds', 'runs for one person'], gates),
  ].join('\n');
}
