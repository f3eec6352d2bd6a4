/**
 * The demo's question about a body: one photo and a height, answered by the worker over HTTP, and
 * the skeleton and the breadths it measures drawn over the photo.
 */
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import { LANDMARK, type Landmark, type LandmarkName } from '../../src/pose.ts';
import { figuresIn } from '../../src/sizing/figure.ts';
import { measurePhoto } from '../../src/sizing/measure-photo.ts';
import { createPerson, type Platform, uploadPhoto } from '../platform.ts';
import { PEOPLE } from '../samples/samples.ts';
import { until } from '../until.ts';

/** Pairs of landmarks that are joined by a line. */
const BONES: readonly (readonly [LandmarkName, LandmarkName])[] = [
  ['leftShoulder', 'rightShoulder'],
  ['leftHip', 'rightHip'],
  ...(['left', 'right'] as const).flatMap(
    (side) =>
      [
        [`${side}Shoulder`, `${side}Elbow`],
        [`${side}Elbow`, `${side}Wrist`],
        [`${side}Shoulder`, `${side}Hip`],
        [`${side}Hip`, `${side}Knee`],
        [`${side}Knee`, `${side}Ankle`],
        [`${side}Ankle`, `${side}Toe`],
      ] as const,
  ),
];
const MODELS = 'models';

interface Answer {
  readonly recommended_size: string;
  readonly confidence: number;
  readonly measurements: Readonly<Record<string, number>>;
  readonly uncertainty_cm: Readonly<Record<string, number>> | null;
  readonly size_range: { readonly lower: string; readonly upper: string };
}

/** Uploads the photo that the demo asks about; resolves with its link. */
export async function uploadBodyPhoto(platform: Platform): Promise<string> {
  const bytes = await readFile(PEOPLE.ada.file);
  return uploadPhoto(platform, await createPerson(platform), { bytes });
}

/** Asks about the photo behind `link`, prints and draws; false when there was no answer. */
export async function showBody(address: string, link: string, folder: string): Promise<boolean> {
  const { file, heightCm } = PEOPLE.ada;
  const bytes = await readFile(file);
  const answer = await ask(address, link, heightCm);
  if (answer === null) return false;
  const { recommended_size, confidence, measurements, uncertainty_cm, size_range } = answer;
  console.log(`\n  POST /estimate-body, a person of ${heightCm} cm: size ${recommended_size}`);
  const range = [size_range.lower, size_range.upper].filter((size) => size !== recommended_size);
  const neighbours = range.length === 0 ? '' : `, else probably ${range.join(' or ')}`;
  console.log(`  right with probability ${confidence.toFixed(2)}${neighbours}`);
  for (const [name, value] of Object.entries(measurements)) {
    const spread = uncertainty_cm?.[name];
    console.log(
      `    ${name.padEnd(12)} ${value.toFixed(1).padStart(6)}${spread ? ` ± ${spread.toFixed(1)}` : ''}`,
    );
  }
  const picture = join(folder, 'body.png');
  await drawBody(bytes, heightCm, picture);
  console.log(`    drawn in ${relative('.', picture)}`);
  return true;
}

/** On a busy machine a size takes longer than its time limit. */
const LIMIT_MS = 300_000;

/** Waits for the pose model to be loaded, then asks, as a client should: again after a 503. */
async function ask(address: string, image_url: string, height_cm: number): Promise<Answer | null> {
  await until('the pose model', async () => (await fetch(`${address}/health`)).ok);
  const endMs = Date.now() + LIMIT_MS;
  const body = JSON.stringify({ image_url, height_cm });
  const headers = { 'content-type': 'application/json' };
  const post = () => fetch(`${address}/estimate-body`, { method: 'POST', headers, body });
  let answer = await post();
  while (answer.status === 503 && Date.now() < endMs) {
    await answer.body?.cancel();
    await sleep(1000 * Number(answer.headers.get('retry-after')));
    answer = await post();
  }
  if (answer.ok) return (await answer.json()) as Answer;
  console.log(`  POST /estimate-body answered ${answer.status}: ${await answer.text()}`);
  return null;
}

async function drawBody(photo: Buffer, heightCm: number, file: string): Promise<void> {
  const seen = await estimatePose(await loadPoseModels(MODELS), photo);
  const { widthPx, heightPx, pose } = seen;
  const figure = figuresIn(seen)?.asTaken ?? null;
  const breadths = (figure && measurePhoto(figure, heightCm)?.breadths) ?? [];
  const lines = breadths.map(
    ({ leftPx, rightPx, yPx }) =>
      `<line x1="${leftPx}" x2="${rightPx}" y1="${yPx}" y2="${yPx}" stroke="#ff2d78"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}"
    stroke-width="${heightPx / 180}" stroke-linecap="round">${bonesOf(pose?.landmarks ?? [], seen)}${lines.join('')}</svg>`;
  await sharp(photo)
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toFile(file);
}

function bonesOf(
  landmarks: readonly Landmark[],
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
): string {
  return BONES.map(([from, to]) => {
    const [a, b] = [landmarks[LANDMARK[from]], landmarks[LANDMARK[to]]];
    if (a === undefined || b === undefined) return '';
    return `<line x1="${a.x * widthPx}" y1="${a.y * heightPx}" x2="${b.x * widthPx}" y2="${b.y * heightPx}" stroke="#22e0ff"/>`;
  }).join('');
}
