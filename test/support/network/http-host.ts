/**
 * An HTTP host on the loopback interface that answers as a test wants it, well or badly, and
 * counts connections. `dialTo` leads every connection of a fetcher to it, so that no test,
 * whatever link it tries, can reach anything else.
 */

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buildConnector } from 'undici';

export interface HttpHost extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly port: number;
  /** How many connections were opened to it so far. */
  connections(): number;
  /** How many connections to it are open now. */
  open(): number;
  /** The request lines and headers it got, oldest first. */
  readonly requests: { readonly url: string; readonly headers: NodeJS.Dict<string | string[]> }[];
  /** Resolves when no connection to it is left open. */
  deserted(): Promise<void>;
}

/** Starts a host that gives every request to `answer`. */
export async function startHttpHost(answer: RequestListener): Promise<HttpHost> {
  const requests: HttpHost['requests'] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers });
    answer(request, response);
  });
  let opened = 0;
  let open = 0;
  let whenDeserted: (() => void)[] = [];
  server.on('connection', (socket) => {
    opened += 1;
    open += 1;
    socket.on('close', () => {
      open -= 1;
      if (open > 0) return;
      for (const resolve of whenDeserted) resolve();
      whenDeserted = [];
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    connections: () => opened,
    open: () => open,
    requests,
    deserted: () =>
      open === 0 ? Promise.resolve() : new Promise((resolve) => whenDeserted.push(resolve)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A connection that a fetcher asked for. */
export interface Dialled {
  readonly addresses: readonly string[];
  readonly hostname: string;
  readonly port: string;
}

/** A way to connect that notes what was asked for in `dialled` and always connects to `port` here, without TLS. */
export function dialTo(port: number, dialled: Dialled[] = []) {
  const connectHere = buildConnector({ allowH2: false });
  return (addresses: readonly string[]): buildConnector.connector =>
    (options, callback) => {
      dialled.push({ addresses, hostname: options.hostname, port: options.port });
      const here = { protocol: 'http:', hostname: '127.0.0.1', port: String(port) };
      connectHere(here, callback);
    };
}

/** Sends `head` once and then `endless` for as long as the socket takes it, as a host that ignores HTTP does. */
export function flood(socket: Socket | null, head: string, endless: string): void {
  const block = Buffer.from(endless.repeat(Math.ceil(65_536 / endless.length)));
  const send = () => {
    while (socket?.writable && socket.write(block));
  };
  socket?.on('drain', send).on('error', () => {});
  socket?.write(head, send);
}
