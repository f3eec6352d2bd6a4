/**
 * Where each part of a garment comes to lie on the body.
 */
import type { Body } from './body.ts';
import { drapeTop } from './drape-top.ts';
import { drapeTrousers } from './drape-trousers.ts';
import { fitOf } from './fit.ts';
import type { GarmentShape } from './garment-shape.ts';
import type { Capsule, Point, PointPair } from './plane.ts';

/** A part of a garment that is bent as a whole. */
export interface Piece {
  /** From the picture to the garment's photo: the way along which pixels are fetched. */
  readonly pairs: readonly PointPair[];
  /** Whether a place of the garment's photo belongs to the piece. */
  readonly includes: (place: Point) => boolean;
}

export interface Drape {
  /** Later ones lie over earlier ones. */
  readonly pieces: readonly Piece[];
  /** Arms and hands beyond the sleeves, which hang before the garment. */
  readonly bare: readonly Capsule[];
}

export function drape(shape: GarmentShape, body: Body): Drape {
  const fit = fitOf(body);
  return shape.kind === 'trousers' ? drapeTrousers(shape, fit) : drapeTop(shape, fit);
}
