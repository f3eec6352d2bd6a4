/** The commands that clients send to a Redis, without those inside their scripts. */
import type { Redis } from 'ioredis';

interface Watch extends Disposable {
  /** In the order in which Redis ran them, in lower case. */
  readonly commands: readonly string[];
}

/** Watches every client but the one that watches, until it is disposed of. */
export async function watchCommands(redis: Redis): Promise<Watch> {
  const monitor = await redis.monitor();
  const commands: string[] = [];
  monitor.on('monitor', (_time: string, [command = '']: string[], source: string) => {
    if (source !== 'lua') commands.push(command.toLowerCase());
  });
  return { commands, [Symbol.dispose]: () => monitor.disconnect() };
}
