/**
 * What the customers of a burst order: mostly good try-ons, some that cannot succeed, and messages
 * that are not tasks.
 */
import { randomUUID } from 'node:crypto';
import {
  balanceOf,
  type Customer,
  createOverageStore,
  createPerson,
  createShopper,
  createStore,
  type Platform,
  prepareTryOn,
  TASK_LIST,
  type TryOn,
  uploadPhoto,
} from '../../local/platform.ts';
import { photo, type Shop } from '../support/shop.ts';
import { markOf } from './marked-pictures.ts';
import type { Chance } from './random.ts';

/** What is the matter with an order. Only `good` ones may be completed. */
export type OrderKind =
  | 'good'
  /** The image model's safety system refuses it. */
  | 'blocked'
  | 'dead link'
  | 'no picture'
  | 'too many images'
  | 'unknown version';

export interface Order {
  readonly kind: OrderKind;
  /** In the prompt, and thereby in every call to the image model. */
  readonly mark: string;
  readonly tryOn: TryOn;
}

/** A customer with photos that are stored already. */
interface Regular {
  readonly customer: Customer;
  readonly creditsAtFirst: number;
  readonly links: readonly string[];
  readonly textLink: string;
}

const PER_KIND = 3;
const CREDITS = 100_000;
/** More than the platform lets a client send. */
const TOO_MANY = 17;

/** The list's share of each kind, in twentieths; what is left is good. */
const BAD_KINDS: readonly [OrderKind, ...OrderKind[]] = [
  'blocked',
  'dead link',
  'no picture',
  'too many images',
  'unknown version',
];
const BAD_SHARE = 0.25;
const STRAY_SHARE = 0.05;

/** Sessions that have not ended, without the bystander's. */
export async function unfinished({ stack }: Shop): Promise<number> {
  const { rows } = await stack.database.query(
    `select count(*)::int as count from (
       select status from generation_sessions union all select status from store_generation_sessions
     ) as all_sessions where status not in ('completed', 'failed')`,
  );
  return Number(rows[0]?.count) - 1;
}

/** The customers of one burst, and everything they ordered. */
export class Customers {
  readonly orders: Order[] = [];
  /** Messages pushed that are no one's order. */
  strays = 0;
  readonly #platform: Platform;
  readonly #chance: Chance;
  readonly #regulars: readonly Regular[];
  /** A session that its owner did not push: other people's tasks name it. */
  readonly bystander: TryOn;

  private constructor(
    platform: Platform,
    chance: Chance,
    regulars: readonly Regular[],
    bystander: TryOn,
  ) {
    this.#platform = platform;
    this.#chance = chance;
    this.#regulars = regulars;
    this.bystander = bystander;
  }

  /** Three customers of each of the four payers, and the bystander. */
  static async create(platform: Platform, chance: Chance): Promise<Customers> {
    const created = Array.from({ length: PER_KIND }, () => [
      createPerson(platform, { credits: CREDITS }),
      createStore(platform, { credits: CREDITS }),
      createShopper(platform, { credits: CREDITS }),
      createOverageStore(platform),
    ]);
    const customers = await Promise.all(created.flat());
    const regulars = await Promise.all(customers.map((each) => regular(platform, each)));
    const bystander = await regular(platform, await createPerson(platform));
    const session = await prepareTryOn(platform, {
      customer: bystander.customer,
      imageUrls: [...bystander.links],
    });
    return new Customers(platform, chance, regulars, session);
  }

  /** Each customer with the credits it began with. */
  get accounts(): readonly Pick<Regular, 'customer' | 'creditsAtFirst'>[] {
    return this.#regulars;
  }

  /** Orders `count` try-ons and pushes them, with a stray message now and then. */
  async order(count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      const kind = this.#chance.happens(BAD_SHARE) ? this.#chance.oneOf(BAD_KINDS) : 'good';
      const [first, ...others] = this.#regulars;
      if (first === undefined) throw new Error('There are no customers');
      const order = await this.#place(kind, this.#chance.oneOf([first, ...others]));
      this.orders.push(order);
      await this.#push(messageOf(order));
      if (this.#chance.happens(STRAY_SHARE)) await this.#pushStray(order);
    }
  }

  async #place(kind: OrderKind, { customer, links, textLink }: Regular): Promise<Order> {
    const mark = markOf(this.orders.length, kind === 'blocked');
    const prompt = `Dress the person. ${mark}`;
    const imageUrls = imagesOf(kind, links, textLink);
    const tryOn = await prepareTryOn(this.#platform, { customer, prompt, imageUrls });
    return { kind, mark, tryOn };
  }

  async #push(message: string | Buffer): Promise<void> {
    await this.#platform.redis.lpush(TASK_LIST, message);
  }

  /** Rubbish, or a task that names the bystander's session as another person's. */
  async #pushStray({ tryOn }: Order): Promise<void> {
    this.strays += 1;
    const foreign = JSON.stringify({
      ...JSON.parse(this.bystander.message),
      user_id: randomUUID(),
      task_id: randomUUID(),
    });
    const stray = [foreign, tryOn.message.slice(0, -9), '[]', Buffer.from([0xff, 0xfe])] as const;
    await this.#push(this.#chance.oneOf(stray));
  }
}

async function regular(platform: Platform, customer: Customer): Promise<Regular> {
  const [person, garment, text] = await Promise.all([
    photo('#aa9988').then((bytes) => uploadPhoto(platform, customer, { bytes })),
    photo('#3355aa').then((bytes) => uploadPhoto(platform, customer, { bytes })),
    uploadPhoto(platform, customer, { bytes: Buffer.from('this is no picture') }),
  ]);
  const creditsAtFirst = (await balanceOf(platform, customer)) ?? 0;
  return { customer, creditsAtFirst, links: [person, garment], textLink: text };
}

function imagesOf(kind: OrderKind, links: readonly string[], textLink: string): string[] {
  const [person = '', garment = ''] = links;
  switch (kind) {
    case 'dead link':
      return [person, garment.replace('/uploads/', '/uploads/gone-')];
    case 'no picture':
      return [person, textLink];
    case 'too many images':
      return Array.from({ length: TOO_MANY }, () => person);
    default:
      return [person, garment];
  }
}

function messageOf({ kind, tryOn }: Order): string {
  if (kind !== 'unknown version') return tryOn.message;
  return JSON.stringify({ ...JSON.parse(tryOn.message), version: 2 });
}
