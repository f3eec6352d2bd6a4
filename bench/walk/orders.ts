/** The tasks of `bench:walk`. */
import sharp from 'sharp';
import { createStore, type TryOn, uploadPhoto } from '../../local/platform.ts';
import { PEOPLE } from '../../local/samples/samples.ts';
import { orderTryOn, type Shop } from '../../test/support/shop.ts';

/** A photo with something to compress, of about `megapixels`: of a person, or else of no one. */
export async function photoOf(megapixels: number, showsPerson = false): Promise<Buffer> {
  const width = Math.round(Math.sqrt((megapixels * 1e6 * 3) / 4));
  const height = Math.round((width * 4) / 3);
  if (showsPerson) {
    const upright = sharp(PEOPLE.ada.file).resize(width, height, { fit: 'cover' });
    return upright.jpeg({ quality: 85 }).toBuffer();
  }
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 20 };
  const small = { width: 300, height: 400, channels: 3 as const, background: '#888', noise };
  return sharp({ create: small }).resize(width, height).jpeg({ quality: 85 }).toBuffer();
}

/** Paid try-ons of one store with twice the same photo, not pushed yet. */
export async function orders(shop: Shop, count: number, photo: Buffer): Promise<TryOn[]> {
  const store = await createStore(shop.platform, { credits: count });
  const link = () => uploadPhoto(shop.platform, store, { bytes: photo });
  const imageUrls = [await link(), await link()];
  const tryOns: TryOn[] = [];
  for (let index = 0; index < count; index += 1) {
    tryOns.push(await orderTryOn(shop.platform, store, { imageUrls }));
  }
  return tryOns;
}
