/**
 * What a command works with: the worker's adapters, opened when first asked for and closed
 * at its end, and the operator's confirmation of what cannot be undone.
 */
import { createInterface } from 'node:readline/promises';
import type { SupabaseClient } from '@supabase/supabase-js';
import type { Redis } from 'ioredis';
import { openRedis } from '../adapters/redis/fail-fast-connection.ts';
import { BullGenerationJobs } from '../adapters/redis/jobs/generation-queue.ts';
import { BullRefunds } from '../adapters/redis/jobs/refund-queue.ts';
import { RedisReconciliation } from '../adapters/redis/reconciliation.ts';
import { RedisTaskList } from '../adapters/redis/task-list.ts';
import { connectSupabase } from '../adapters/supabase/client.ts';
import { storageProblem } from '../adapters/supabase/storage-problem.ts';
import { openStores } from '../adapters/supabase/stores.ts';
import { type Config, readConfig, readSizeConfig } from '../config.ts';
import type { OperationDeps } from '../operations/deps.ts';
import { type Answer, ProblemError, UsageError } from './answer.ts';
import { printable } from './table.ts';

/** Whether the operator can be asked, and the two streams for it. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

export class CliContext implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv;
  readonly #terminal: Terminal;
  readonly #parts = new AsyncDisposableStack();
  #config: Config | undefined;
  #supabase: SupabaseClient | undefined;
  #redis: Promise<Redis> | undefined;

  constructor(env: NodeJS.ProcessEnv, terminal: Terminal) {
    this.#env = env;
    this.#terminal = terminal;
  }

  /** The worker's configuration. Throws a ConfigError. */
  get config(): Config {
    this.#config ??= readConfig(this.#env);
    return this.#config;
  }

  /** As `config`, for a command that only estimates a size: it needs no keys. */
  get sizeConfig() {
    return readSizeConfig(this.#env);
  }

  get supabase(): SupabaseClient {
    const { supabaseUrl, supabaseServiceRoleKey } = this.config;
    this.#supabase ??= connectSupabase(supabaseUrl, supabaseServiceRoleKey);
    return this.#supabase;
  }

  /** The connection to Redis. Throws a ProblemError when it cannot be used. */
  redis(): Promise<Redis> {
    this.#redis ??= openRedis(this.config.redisUrl).then(
      (redis) => this.#parts.adopt(redis, () => redis.disconnect()),
      (cause: Error) => {
        throw new ProblemError(`Redis (REDIS_URL) cannot be used: ${cause.message}`, { cause });
      },
    );
    return this.#redis;
  }

  /** What the operations that the console shares work with. */
  async operations(): Promise<OperationDeps> {
    return { config: this.config, supabase: this.supabase, redis: await this.redis() };
  }

  /** The adapters over Redis. */
  async queues() {
    const redis = await this.redis();
    return {
      source: new RedisTaskList(redis, redis),
      jobs: this.#parts.use(new BullGenerationJobs(redis)),
      refunds: this.#parts.use(new BullRefunds(redis)),
      reconciliation: new RedisReconciliation(redis),
    };
  }

  /** The adapters over Supabase. */
  stores() {
    return openStores(this.supabase, this.config);
  }

  /** Throws unless the bucket itself answers: without it, or without rights, everything looks gone. */
  async requireStorage(): Promise<void> {
    const { supabaseServiceRoleKey: key, supabaseBucket: bucket } = this.config;
    const problem = await storageProblem(this.supabase, { key, bucket });
    if (problem !== null) throw new ProblemError(problem);
  }

  /** Prints something for the operator before the answer; not on standard output, which is the answer's. */
  announce(text: string): void {
    this.#terminal.output.write(`${printable(text)}\n`);
  }

  /** Returns when the operator agrees: by `--yes`, or by answering on a terminal. Throws otherwise. */
  async confirm(question: string, yes: boolean | undefined): Promise<void> {
    if (yes) return;
    const { input, output } = this.#terminal;
    if (!input.isTTY) throw new UsageError(`${question} Add --yes to go ahead.`);
    const line = createInterface({ input, output });
    const answer = await line.question(printable(`${question} [y/N] `));
    line.close();
    if (!/^y(es)?$/i.test(answer.trim())) throw new ProblemError('Nothing was changed.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** Makes a command's action of its work: opens the context, does the work, prints its answer. */
export type Run = <Given extends unknown[]>(
  work: (context: CliContext, ...given: Given) => Promise<Answer>,
) => (...given: Given) => Promise<void>;
