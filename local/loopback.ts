/**
 * Free ports on the loopback address for the servers of the local stack.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

const ATTEMPTS = 5;

/**
 * Starts a server on a free port, on another one where someone took it in the meantime.
 * Throws what `start` threw last.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * A port that no one listens on. Chosen below the range that systems hand out for outgoing
 * connections, so a server that is stopped finds its port free when it starts again.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

/** Whether no one listens on the port. */
function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createServer();
  probe.once('error', () => resolve(false));
  probe.listen(port, LOOPBACK, () => probe.close(() => resolve(true)));
  return promise;
}
