import { serverIn } from '../../test/support/api-server.ts';
import { OVERSIZED } from '../../test/support/sizing/oversized-requests.ts';
import type { Attack } from './attack.ts';

const REQUESTS = 100;
const PER_MINUTE = 10;
const SECRET = 'a long random text';

/** A server whose models are not loaded: whatever passes its protection is answered with 503. */
function openServer() {
  const poses = { ready: false, estimate: async () => ({ kind: 'unavailable' }) as const };
  return serverIn({ poses }, { secret: SECRET, requestsPerMinute: PER_MINUTE });
}

/** The status and the length of the answer to a request from `remoteAddress`. */
async function ask(
  server: Awaited<ReturnType<typeof openServer>>,
  remoteAddress: string,
  { payload, secret = SECRET }: { payload: string; secret?: string },
) {
  const headers = { 'content-type': 'application/json', 'x-worker-secret': secret };
  const url = '/estimate-body';
  const { statusCode, rawPayload } = await server.inject({
    method: 'POST',
    url,
    headers,
    payload,
    remoteAddress,
  });
  return { statusCode, bytes: rawPayload.length };
}

async function amplification(): Promise<number> {
  await using server = await openServer();
  const ratios = OVERSIZED.map(async (payload) => {
    const { bytes } = await ask(server, '192.0.2.1', { payload });
    return bytes / Buffer.byteLength(payload);
  });
  return Math.max(...(await Promise.all(ratios)));
}

const FAIR = JSON.stringify({ image_url: 'https://images.example.com/a.jpg', height_cm: 175 });

/** How many of the requests, one after the other, are answered with `status`. */
async function countAnswers(
  status: number,
  request: (n: number) => { remoteAddress: string; secret?: string },
): Promise<number> {
  await using server = await openServer();
  let count = 0;
  for (let n = 0; n < REQUESTS; n += 1) {
    const { remoteAddress, ...rest } = request(n);
    const { statusCode } = await ask(server, remoteAddress, { payload: FAIR, ...rest });
    if (statusCode === status) count += 1;
  }
  return count;
}

const LET_THROUGH = 503;
const WRONG_SECRET = 401;

export const SIZE_REQUEST_ATTACKS: readonly Attack[] = [
  {
    name: 'requests whose refusal is longer than they are',
    sent: 'bodies of up to 16 KiB full of faults, to /estimate-body',
    figure: 'bytes of answer per byte sent',
    before: '15',
    limit: 1,
    measure: amplification,
  },
  {
    name: 'many addresses of one client',
    sent: `${REQUESTS} requests from one IPv6 /64, where ${PER_MINUTE} a minute are allowed`,
    figure: 'requests let through',
    before: String(REQUESTS),
    limit: PER_MINUTE,
    measure: () =>
      countAnswers(LET_THROUGH, (n) => ({ remoteAddress: `2001:db8::${n.toString(16)}` })),
  },
  {
    name: 'guesses of the secret',
    sent: `${REQUESTS} wrong secrets, where ${PER_MINUTE} requests a minute are allowed`,
    figure: 'guesses judged',
    before: String(REQUESTS),
    limit: PER_MINUTE,
    measure: () =>
      countAnswers(WRONG_SECRET, (n) => ({ remoteAddress: '192.0.2.1', secret: `guess ${n}` })),
  },
];
