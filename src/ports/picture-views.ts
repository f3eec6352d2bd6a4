/** What the checks see of a picture: its pose and small copies of it, made off the event loop. */
import type { Landmark } from '../pose.ts';

/** A small copy of a picture: rows of red, green, blue, one byte each. */
export interface Thumbnail {
  readonly columns: number;
  readonly rows: number;
  readonly rgb: Uint8Array;
}

/** The person of a picture whom the detector is surest of. */
export interface ViewedPerson {
  /** BlazePose's 33 points, as fractions of the picture. */
  readonly landmarks: readonly Landmark[];
  /** How likely each cell of the thumbnail shows this person, 0..255. */
  readonly mask: Uint8Array;
  /**
   * The face in grey, upright, `FACE_SIDE` x `FACE_SIDE`, level with the eyes and as wide as the
   * distance from eyes to mouth says. Made up where the landmarks of the face are.
   */
  readonly face: Uint8Array;
  /** The side of the square that holds the person, as a share of the picture's height. */
  readonly size: number;
  /** Mean brightness of the person, 0..1 (gamma-encoded BT.601 luma). */
  readonly luminance: number;
}

export const FACE_SIDE = 32;

export interface PictureView {
  /** Pixels, upright. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Mean brightness of the whole picture, 0..1. */
  readonly luminance: number;
  /** How sure the detector is of the person it is surest of, 0..1; from 0.5 on it counts as one. */
  readonly detectorScore: number;
  /** How many people there are, those behind or next to the first one included. */
  readonly people: number;
  /** Null where the models find no person. */
  readonly person: ViewedPerson | null;
  /** The whole picture, its longest side `THUMBNAIL_SIDE`. */
  readonly thumbnail: Thumbnail;
}

export const THUMBNAIL_SIDE = 192;

/** What the picture check says: reasons against the picture, most telling first, and why. */
export interface Verdict {
  readonly findings: readonly string[];
  /** The finding for which it is refused where that is enforced; null when there is none. */
  readonly refusal: string | null;
  readonly measures: Readonly<Record<string, number | null>>;
}

/**
 * The outcome of viewing a picture. `undecodable`: it does not decode. `busy`: too many wait
 * already. `unavailable`: the models are missing or the threads stop.
 */
export type ViewOutcome = { readonly kind: 'viewed'; readonly view: PictureView } | NotSeen;
export type CheckOutcome = { readonly kind: 'checked'; readonly verdict: Verdict } | NotSeen;
type NotSeen = { readonly kind: 'undecodable' | 'busy' | 'unavailable' };

/** A finished picture and what it is held to. */
export interface PictureToCheck {
  readonly image: Uint8Array;
  readonly photo: PictureView;
  /** WIDTHxHEIGHT as it was asked for; null when the picture is to have the photo's shape. */
  readonly size: string | null;
}

/**
 * Reads pictures for the checks; requests for sizes go first. Images are JPEG, PNG or WebP. An
 * abort by `signal` rejects with its reason.
 */
export interface PictureViewer {
  view(image: Uint8Array, signal: AbortSignal): Promise<ViewOutcome>;
  check(picture: PictureToCheck, signal: AbortSignal): Promise<CheckOutcome>;
}
