/** A server with `/estimate-body` for tests, and what the pose model sees in the photos that they need. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import type { EstimateBodyDeps, EstimateBodyProtection } from '../../src/http/estimate-body.ts';
import type { SizeEvent } from '../../src/ports/events.ts';
import type { ImageFetcher } from '../../src/ports/image-fetcher.ts';
import type { PhotoObservation, PoseEstimator, PoseOutcome } from '../../src/pose.ts';
import { serverIn } from '../support/api-server.ts';
import { FIXTURES } from '../support/sizing/pose-goldens.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';

export const PHOTO = readFileSync(join(FIXTURES, 's1_00.jpg'));
const EMPTY: PhotoObservation = {
  widthPx: 1,
  heightPx: 1,
  luminance: 0,
  detections: [],
  pose: null,
  mirrored: null,
};
export const REQUEST = {
  image_url: 'https://images.example.com/a.jpg?token=secret',
  height_cm: 175,
};

/** What the pose model sees in the pictures that the tests need. */
export const seen = { person: EMPTY, halfBody: EMPTY, empty: EMPTY };

/** Call once in a file, before its tests use `seen` or the default poses. */
export function preparePoses(): void {
  before(async () => {
    const models = await loadPoseModels(await poseModelFolder());
    const poseIn = async (file: string) =>
      estimatePose(models, await readFile(join(FIXTURES, file)));
    seen.person = await poseIn('s1_00.jpg');
    seen.halfBody = await poseIn('hard_half_body_45.jpg');
    seen.empty = await poseIn('hard_no_person_20.jpg');
  });
}

export function posesThatSee(outcome: PoseOutcome): PoseEstimator {
  return { ready: true, estimate: async () => outcome };
}

export interface SizeServer {
  readonly server: FastifyInstance;
  readonly events: SizeEvent[];
  post(
    body: unknown,
    options?: { query?: string; headers?: Record<string, string> },
  ): Promise<{
    status: number;
    body: Record<string, unknown> & { detail?: unknown };
    headers: Record<string, unknown>;
  }>;
}

export async function startSizeServer(
  t: TestContext,
  deps: Partial<EstimateBodyDeps> = {},
  protection: Partial<EstimateBodyProtection> = {},
): Promise<SizeServer> {
  const events: SizeEvent[] = [];
  const server = await serverIn(
    {
      fetcher: { fetch: async () => PHOTO },
      poses: posesThatSee({ kind: 'observed', observation: seen.person }),
      record: (event) => events.push(event),
      ...deps,
    },
    protection,
  );
  t.after(() => server.close());
  const post: SizeServer['post'] = async (body, { query = '', headers = {} } = {}) => {
    const answer = await server.inject({
      method: 'POST',
      url: `/estimate-body${query}`,
      headers: { 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
  };
  return { server, events, post };
}

export function fetcherThatThrows(error: Error): ImageFetcher {
  return { fetch: () => Promise.reject(error) };
}

export const OWN_CHART = {
  waist_at: 'navel',
  sizes: [
    { size: 'A', chest: 90, waist: 80 },
    { size: 'B', chest: 110, waist: 100 },
    { size: 'C' },
  ],
};
