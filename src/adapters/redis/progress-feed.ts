/**
 * The steps of all replicas, from the Redis channel to the listeners in this process.
 */
import type { Redis } from 'ioredis';
import { parsedJson } from '../../foreign-json.ts';
import type { SessionEvent } from '../../ports/progress.ts';
import { PROGRESS_CHANNEL } from './progress-channel.ts';

type Listener = (event: SessionEvent) => void;

/**
 * The steps of all replicas, for the listeners in this process. Over a connection of its own, which
 * is open while someone does.
 */
export class ProgressFeed implements Disposable {
  readonly #connect: () => Redis;
  /** Each with what is called when the connection is lost. */
  readonly #listeners = new Map<Listener, () => void>();
  #redis: Redis | null = null;

  /** `connect` opens a connection that reconnects by itself. */
  constructor(connect: () => Redis) {
    this.#connect = connect;
  }

  /**
   * Resolves once the events come; rejects when Redis refuses. Call what it resolves with to end them.
   * `onLost` is called when the connection is lost: until it is back, no event comes.
   */
  async listen(listener: Listener, onLost: () => void): Promise<() => void> {
    this.#listeners.set(listener, onLost);
    const end = () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this[Symbol.dispose]();
    };
    try {
      await this.#open().subscribe(PROGRESS_CHANNEL);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  #open(): Redis {
    if (this.#redis !== null) return this.#redis;
    const redis = this.#connect();
    redis.on('message', (_channel: string, text: string) => {
      const event = read(text);
      if (event === null) return;
      for (const listener of this.#listeners.keys()) listener(event);
    });
    redis.on('close', () => {
      for (const onLost of this.#listeners.values()) onLost();
    });
    this.#redis = redis;
    return redis;
  }

  [Symbol.dispose](): void {
    this.#redis?.disconnect();
    this.#redis = null;
  }
}

/** Other programs may write to the channel: null for what is not an event. */
function read(text: string): SessionEvent | null {
  const event = parsedJson(text);
  const isOne = typeof event === 'object' && event !== null && 'session_id' in event;
  return isOne ? (event as SessionEvent) : null;
}
