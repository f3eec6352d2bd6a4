/** `/estimate-body` under load: clients that always have one request under way, and `/health` meanwhile. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { startHttpHost } from '../../test/support/network/http-host.ts';
import { fixed, printTable, quantile } from '../timing.ts';
import type { ServerFigures } from './server.ts';

/** Clients per photo; 0 is the baseline. */
const CLIENTS = { small: [0, 1, 4, 16], phone: [1, 4] } as const;
type Photo = keyof typeof CLIENTS;
export const PHONE = { width: 3024, height: 4032 };
const PHOTO_NAMES = { small: '540 x 720', phone: '12 megapixels' };
const LOAD_MS = 8_000;
const THREADS = 2;
const HEALTH_EVERY_MS = 20;

/** Starts a server process and an image host, loads it, and prints what came back. */
export async function benchEndpoint(modelFolder: string, photoFile: string): Promise<void> {
  const small = await readFile(photoFile);
  const phone = await sharp(small).resize(PHONE).jpeg({ quality: 90 }).toBuffer();
  await using host = await startHttpHost(({ url }, response) => {
    const photo = url === photoPath('phone') ? phone : small;
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo);
  });
  const { origin } = host;
  const imageUrl = (photo: Photo) => `${origin}${photoPath(photo)}`;
  const script = join(import.meta.dirname, 'server.ts');
  const server = fork(script, [modelFolder, origin, String(THREADS)]);
  const [{ address }] = (await once(server, 'message')) as [{ address: string }];
  const ask = async (): Promise<ServerFigures> => {
    server.send('tell');
    return (await once(server, 'message'))[0] as ServerFigures;
  };
  try {
    const rows = [];
    await load(address, imageUrl('small'), 2, 1_000);
    for (const photo of ['small', 'phone'] as const) {
      for (const clients of CLIENTS[photo]) {
        await ask();
        const result = await load(address, imageUrl(photo), clients, LOAD_MS);
        rows.push([PHOTO_NAMES[photo], ...(await row(clients, result, ask))]);
      }
    }
    console.log(`## /estimate-body, ${THREADS} pose threads (ms); 0 clients is the baseline\n`);
    printTable(
      [
        'photo',
        'clients',
        'requests/s',
        'CPU a request',
        'p50',
        'p95',
        'p99',
        'shed (503)',
        '/health p99',
        'loop delay p99',
        'RSS MB',
      ],
      rows,
    );
  } finally {
    server.disconnect();
  }
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

async function row(clients: number, result: Load, ask: () => Promise<ServerFigures>) {
  const { eventLoopDelayP99Ms, rssMb, cpuMs } = await ask();
  const { times, shed, healthTimes, seconds } = result;
  const quantiles = [0.5, 0.95, 0.99].map((share) =>
    clients === 0 ? '' : fixed(quantile(times, share), 0),
  );
  return [
    clients,
    clients === 0 ? '' : fixed(times.length / seconds),
    clients === 0 ? '' : fixed(cpuMs / times.length, 0),
    ...quantiles,
    shed,
    fixed(quantile(healthTimes, 0.99)),
    fixed(eventLoopDelayP99Ms),
    fixed(rssMb, 0),
  ];
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
