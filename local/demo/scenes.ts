/**
 * The demo's scenes: who asks for what, and how it must end.
 */
import { readFile } from 'node:fs/promises';
import {
  type Customer,
  createPerson,
  createShopper,
  createStore,
  type Platform,
  requestTryOn,
  type TryOn,
  uploadPhoto,
} from '../platform.ts';
import { GARMENTS, PEOPLE } from '../samples/samples.ts';

export interface Scene {
  readonly name: string;
  readonly customer: Customer;
  readonly mustEnd: 'completed' | 'failed';
  /** The links of the task, person first. */
  readonly imageUrls: readonly string[];
}

/** Customers with credits, and their photos in storage as signed links, as the platform hands them over. */
export async function setScenes(platform: Platform): Promise<Scene[]> {
  const [person, store, shopper, otherStore] = await Promise.all([
    createPerson(platform),
    createStore(platform),
    createShopper(platform),
    createStore(platform),
  ]);
  const photosOf = (customer: Customer, ...files: readonly string[]) =>
    Promise.all(
      files.map(async (file) => uploadPhoto(platform, customer, { bytes: await readFile(file) })),
    );
  const [aliveLink] = await photosOf(otherStore, PEOPLE.ben.file);
  return [
    {
      name: 'person-dress',
      customer: person,
      mustEnd: 'completed',
      imageUrls: await photosOf(person, PEOPLE.ada.file, GARMENTS.dottedDress, GARMENTS.leatherBag),
    },
    {
      name: 'store-trousers',
      customer: store,
      mustEnd: 'completed',
      imageUrls: await photosOf(store, PEOPLE.ben.file, GARMENTS.chinos),
    },
    {
      name: 'shopper-refused',
      customer: shopper,
      mustEnd: 'failed',
      imageUrls: await photosOf(shopper, PEOPLE.doNotUse.file, GARMENTS.dottedDress),
    },
    {
      name: 'store-dead-link',
      customer: otherStore,
      mustEnd: 'failed',
      imageUrls: [deadLink(aliveLink ?? ''), aliveLink ?? ''],
    },
  ];
}

/** The link of a photo that is not there. */
function deadLink(link: string): string {
  return link.replace(/\/uploads\/[^?]+/, '/uploads/removed-long-ago.jpg');
}

/** Deducts the credit, inserts the session and LPUSHes the task. */
export function play(platform: Platform, { customer, imageUrls }: Scene): Promise<TryOn> {
  return requestTryOn(platform, { customer, imageUrls: [...imageUrls] });
}
