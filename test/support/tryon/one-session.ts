/**
 * One session with its ledger in memory, as the worker's ports show it: for unit tests of its end.
 */
import type { WorkerEvent } from '../../../src/ports/events.ts';
import { EMPTY_JOURNAL, type Job } from '../../../src/ports/jobs.ts';
import type { LedgerEntry } from '../../../src/ports/ledger.ts';
import type { ReconciliationRecord, RefundIntent } from '../../../src/ports/refunds.ts';
import {
  type Completion,
  isTerminal,
  type Session,
  type Task,
} from '../../../src/ports/session.ts';
import type { RefundDeps } from '../../../src/tryon/refund.ts';
import type { RescueDeps } from '../../../src/tryon/rescue.ts';
import { taskWith } from './task.ts';

const HOUR_MS = 3_600_000;
export const IDS = {
  channel: 'b2b',
  ownerId: '019a8c5e-0000-7000-8000-000000000001',
  sessionId: '019a8c5e-0000-7000-8000-000000000002',
  requestId: 'req_1',
} as const;

/** A store's session of an hour ago that is being processed, unless said otherwise. */
export function oneSession(differences: Partial<Session> = {}) {
  const row: Session = {
    ...IDS,
    status: 'processing',
    createdAt: new Date(Date.now() - HOUR_MS),
    completedAt: null,
    errorMessage: null,
    shopperEmail: null,
    ...differences,
  };
  const description = 'B2B generation';
  const paid = { type: 'deduction', amount: -1, description, createdAt: row.createdAt } as const;
  return new OneSession(row, [paid]);
}

/** The session's job before its first attempt. */
export function jobOf(task: Partial<Task> = {}): Job {
  return {
    task: taskWith({ ...IDS, imageUrls: [], ...task }),
    journal: EMPTY_JOURNAL,
    stalls: 0,
    record: async () => undefined,
  };
}

/** What a test sets and reads; `deps` are the ports on it. */
class OneSession {
  row: Session | null;
  readonly entries: LedgerEntry[];
  /** The link of the stored picture. */
  picture: string | null = null;
  /** Whether the queues know of the session. */
  isAlive = false;
  readonly events: WorkerEvent[] = [];
  readonly analytics: string[] = [];
  readonly intents: RefundIntent[] = [];
  readonly reconciled: ReconciliationRecord[] = [];
  readonly removed: string[] = [];

  constructor(row: Session, entries: LedgerEntry[]) {
    this.row = row;
    this.entries = entries;
  }

  get eventNames(): string[] {
    return this.events.map(({ event }) => event);
  }

  /** Ends the row as the conditional UPDATE does: not one that is gone or terminal. */
  #end(change: Partial<Session>): Session | null {
    if (this.row === null || isTerminal(this.row)) return null;
    this.row = { ...this.row, ...change };
    return this.row;
  }

  get deps(): RefundDeps & RescueDeps {
    const known = async (ids: readonly string[]) => new Set(this.isAlive ? ids : []);
    const notUsed = () => Promise.reject(new Error('not part of the end of a session'));
    return {
      record: (event) => this.events.push(event),
      platformCleanUpMinute: (new Date().getUTCHours() * 60 + 720) % 1440,
      minAgeSeconds: 480,
      sessions: {
        find: async () => this.row,
        claim: notUsed,
        markProcessing: notUsed,
        complete: async (_, { completedAt }: Completion) =>
          this.#end({ status: 'completed', completedAt }),
        fail: async (_, errorMessage, completedAt) =>
          this.#end({ status: 'failed', errorMessage, completedAt }),
        replaceErrorMessage: async (_, __, { to }) => {
          if (this.row !== null) this.row = { ...this.row, errorMessage: to };
        },
        sharingPayment: async () => [],
        unfinished: () => this.#rowIf((row) => !isTerminal(row)),
        failedSince: () => this.#rowIf(({ status }) => status === 'failed'),
      },
      imageStore: {
        sign: async () => this.picture,
        put: notUsed,
        remove: async (paths) => {
          this.removed.push(...paths);
        },
      },
      analytics: {
        delivered: async () => new Set(),
        record: async (_, type) => {
          this.analytics.push(type);
        },
      },
      ledger: {
        entries: async () => this.entries,
        refund: async ({ credits, description }) => {
          const createdAt = new Date();
          this.entries.push({ type: 'refund', amount: credits, description, createdAt });
          return 'refunded';
        },
      },
      payerLock: { take: async () => true, keep: async () => true, release: async () => undefined },
      reconciliation: {
        add: async (record) => {
          this.reconciled.push(record);
        },
        has: async () => this.reconciled.length > 0,
      },
      source: { waitingSessionIds: async () => new Set() },
      jobs: { aliveAmong: known, givenUp: async () => [], forget: async () => undefined },
      refunds: {
        aliveAmong: async () => new Set(),
        add: async (intent) => {
          this.intents.push(intent);
        },
      },
    };
  }

  async *#rowIf(isMeant: (row: Session) => boolean): AsyncIterable<Session> {
    if (this.row !== null && isMeant(this.row)) yield this.row;
  }
}
