/**
 * Photos on their way in: stored where the platform stores uploads, handed on as signed links.
 */
import { randomUUID } from 'node:crypto';
import type { Customer } from './accounts.ts';
import { dataOf, type Platform } from './connection.ts';

/** How long the platform's links work. */
const LINK_SECONDS = 21_600;

export interface Photo {
  bytes: Uint8Array;
  /** `image/jpeg` by default. */
  contentType?: 'image/jpeg' | 'image/png' | 'image/webp';
  /** What it shows; part of the path of a person's upload. */
  shows?: 'model' | 'outfit' | 'accessory';
}

/** Stores a photo under the customer's upload path and returns its signed link. */
export async function uploadPhoto(
  platform: Platform,
  customer: Customer,
  photo: Photo,
): Promise<string> {
  const contentType = photo.contentType ?? 'image/jpeg';
  const extension = contentType === 'image/jpeg' ? 'jpg' : contentType.slice('image/'.length);
  const file = `${Date.now()}-${randomUUID()}.${extension}`;
  const path =
    customer.kind === 'person'
      ? `uploads/${photo.shows ?? 'model'}-${file}`
      : `stores/${customer.storeId}/uploads/${file}`;
  const bucket = platform.supabase.storage.from(platform.bucket);
  dataOf(await bucket.upload(path, photo.bytes, { contentType }));
  const { signedUrl } = dataOf(await bucket.createSignedUrl(path, LINK_SECONDS)) ?? {};
  if (!signedUrl) throw new Error('The photo got no link');
  return signedUrl;
}
