/**
 * A port that passes connections on to one server, and to another after a failover: a load
 * balancer or a name in the DNS, as clients of a managed Redis see it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpSwitch extends AsyncDisposable {
  readonly port: number;
  /** Where new connections go; null refuses them. Those that are open stay. */
  target: number | null;
  /** Breaks every open connection off. */
  cut(): void;
}

/** Listens on a free loopback port. */
export async function startTcpSwitch(target: number): Promise<TcpSwitch> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    if (self.target === null) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const upstream = connect(self.target, '127.0.0.1');
    for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
      open.add(from);
      from.on('error', () => to.destroy()).on('close', () => open.delete(from));
      from.pipe(to);
    }
  });
  const self: TcpSwitch = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    target,
    cut() {
      for (const socket of open) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      self.cut();
      server.close();
      await once(server, 'close');
    },
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return self;
}
