/**
 * The sample people and garments of the demo.
 */
import { fileURLToPath } from 'node:url';

export interface SamplePerson {
  readonly file: string;
  readonly heightCm: number;
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Rendered people with known measures (local/samples/README.md). */
export const PEOPLE = {
  ada: { file: fileOf('people/ada.jpg'), heightCm: 159.6 },
  ben: { file: fileOf('people/ben.jpg'), heightCm: 178.2 },
  carl: { file: fileOf('people/carl.jpg'), heightCm: 182.6 },
  dora: { file: fileOf('people/dora.jpg'), heightCm: 156.2 },
  /** As a phone that was held sideways stores it: upright by its EXIF orientation only. */
  emma: { file: fileOf('people/emma.jpg'), heightCm: 167.9 },
  fay: { file: fileOf('people/fay.jpg'), heightCm: 168.2 },
  /** Carries the card that the local image model refuses. */
  doNotUse: { file: fileOf('people/do-not-use.jpg'), heightCm: 165.8 },
} as const satisfies Record<string, SamplePerson>;

/** Garments laid flat on white. */
export const GARMENTS = {
  chinos: fileOf('garments/chinos.jpg'),
  denimJacket: fileOf('garments/denim-jacket.jpg'),
  dottedDress: fileOf('garments/dotted-dress.jpg'),
  leatherBag: fileOf('garments/leather-bag.jpg'),
  strawHat: fileOf('garments/straw-hat.jpg'),
  stripedShirt: fileOf('garments/striped-shirt.jpg'),
} as const;
