/**
 * The plan of a simulated day: who orders what and when, which rows are edited, what breaks.
 */
import type { Payer } from '../../src/ports/ledger.ts';

export interface Order {
  readonly payment: Payer;
  readonly atMs: number;
  /**
   * `lost`: no job ever ends it. `push_throws`: it fails, and the platform refunds it as well.
   * `former`: a worker of the former release failed the row, and died.
   */
  readonly fate: 'delivered' | 'failed' | 'lost' | 'push_throws' | 'former';
}

export interface Edit {
  readonly kind:
    | 'raise_credits'
    | 'name_other_shopper'
    | 'set_back'
    | 'plant_unpaid'
    | 'plant_failed'
    | 'plant_second';
  /** Which order it is about, counted on from the last to the first again. */
  readonly order: number;
  /** How long after that order. */
  readonly afterMs: number;
}

export type Kill = Pick<Edit, 'order' | 'afterMs'>;

export interface Plan {
  readonly seed: number;
  readonly orders: readonly Order[];
  readonly edits: readonly Edit[];
  /** Before that no worker is up. */
  readonly workersStartAtMs: number;
  /** A replica is killed so long after an order; another starts. */
  readonly kills: readonly Kill[];
  readonly redisLostAtMs: number | null;
  /** One answer in so many is lost. */
  readonly lostAnswers: number;
  /** The person's balance cannot take a refund. */
  readonly isHopeless: boolean;
  readonly hours: number;
}
