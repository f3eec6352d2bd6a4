/**
 * `/estimate-body` of a worker under load: clients that always have one request under way, and `/health`
 * meanwhile. With another worker, both in turns.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { startHttpHost } from '../../test/support/network/http-host.ts';
import { openShop } from '../../test/support/shop.ts';
import { fixed, IN_TURNS, printTable, quantile } from '../timing.ts';
import { type Contender, modelsLoaded, startContender, THIS_WORKER } from '../walk/contender.ts';
import { cpuMsOf, pssMbOf } from '../walk/process-tree.ts';

/** Clients per photo. */
const CLIENTS = { small: [1, 4, 16], phone: [1, 4] } as const;
type Photo = keyof typeof CLIENTS;
export const PHONE = { width: 3024, height: 4032 };
const PHOTO_NAMES = { small: '540 x 720', phone: '12 megapixels' };
const LOAD_MS = 8_000;
const THREADS = 2;
const HEALTH_EVERY_MS = 20;
const HEAD = [
  'worker',
  'photo',
  'clients',
  'requests/s',
  'CPU a request',
  'p50',
  'p95',
  'p99',
  'shed (503)',
  '/health p99',
  'PSS MB',
];

/** Starts an image host and the worker, or both workers alternately, loads it, and prints what came back. */
export async function benchEndpoint(photoFile: string, other: Contender | null): Promise<void> {
  const small = await readFile(photoFile);
  const phone = await sharp(small).resize(PHONE).jpeg({ quality: 90 }).toBuffer();
  await using host = await startHttpHost(({ url }, response) => {
    const photo = url === photoPath('phone') ? phone : small;
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo);
  });
  await using shop = await openShop();
  const env = {
    ...shop.stack.env,
    IMAGE_TRUSTED_ORIGINS: host.origin,
    POSE_WORKERS: String(THREADS),
  };
  const workers = { this: THIS_WORKER, other: other ?? THIS_WORKER };
  const rows: unknown[][] = [];
  for (const who of other === null ? (['this'] as const) : IN_TURNS) {
    const measured = await measure(workers[who], env, host.origin);
    rows.push(...measured.map((row) => [who, ...row]));
  }
  console.log(`## /estimate-body, ${THREADS} pose threads (ms); CPU without that of /health\n`);
  printTable(HEAD, rows);
}

/** A row for each photo and number of clients. */
async function measure(
  contender: Contender,
  env: Readonly<Record<string, string>>,
  imageOrigin: string,
): Promise<unknown[][]> {
  await using worker = await startContender(contender, env);
  await modelsLoaded(worker);
  const loadOf = async (photo: Photo, clients: number, durationMs: number) => {
    const before = cpuMsOf(worker.pid) ?? Number.NaN;
    const imageUrl = `${imageOrigin}${photoPath(photo)}`;
    const { origin } = new URL(worker.healthUrl);
    const result = await load(origin, imageUrl, clients, durationMs);
    return { ...result, cpuMs: (cpuMsOf(worker.pid) ?? Number.NaN) - before };
  };
  await loadOf('small', 2, 1_000);
  const idle = await loadOf('small', 0, LOAD_MS);
  const healthCpuMs = idle.cpuMs / idle.healthTimes.length;
  const rows: unknown[][] = [];
  for (const photo of ['small', 'phone'] as const) {
    for (const clients of CLIENTS[photo]) {
      const { times, shed, healthTimes, seconds, cpuMs } = await loadOf(photo, clients, LOAD_MS);
      rows.push([
        PHOTO_NAMES[photo],
        clients,
        fixed(times.length / seconds),
        fixed((cpuMs - healthCpuMs * healthTimes.length) / times.length, 0),
        ...[0.5, 0.95, 0.99].map((share) => fixed(quantile(times, share), 0)),
        shed,
        fixed(quantile(healthTimes, 0.99)),
        fixed(pssMbOf(worker.pid) ?? Number.NaN, 0),
      ]);
    }
  }
  return rows;
}

function photoPath(photo: Photo): string {
  return `/${photo}.jpg`;
}

interface Load {
  readonly times: readonly number[];
  readonly shed: number;
  readonly healthTimes: readonly number[];
  readonly seconds: number;
}

async function load(
  address: string,
  imageUrl: string,
  clients: number,
  durationMs: number,
): Promise<Load> {
  const times: number[] = [];
  const healthTimes: number[] = [];
  let shed = 0;
  const start = performance.now();
  const goesOn = () => performance.now() - start < durationMs;
  const body = JSON.stringify({ image_url: imageUrl, height_cm: 175 });
  const headers = { 'content-type': 'application/json' };
  const keepAsking = async () => {
    while (goesOn()) {
      const begin = performance.now();
      const answer = await fetch(`${address}/estimate-body`, { method: 'POST', headers, body });
      await answer.arrayBuffer();
      if (answer.status === 503) shed += 1;
      else if (answer.status === 200) times.push(performance.now() - begin);
      else throw new Error(`/estimate-body answered ${answer.status}`);
    }
  };
  const watchHealth = async () => {
    while (goesOn()) {
      const begin = performance.now();
      await (await fetch(`${address}/health`)).arrayBuffer();
      healthTimes.push(performance.now() - begin);
      await sleep(HEALTH_EVERY_MS);
    }
  };
  await Promise.all([watchHealth(), ...Array.from({ length: clients }, keepAsking)]);
  return { times, shed, healthTimes, seconds: (performance.now() - start) / 1000 };
}
