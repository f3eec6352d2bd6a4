/**
 * Files that must not be decoded, or end as an error when they are, though some carry the right
 * first bytes.
 */

import {
  animatedPng,
  animatedWebp,
  insertPngChunk,
  jpegClaiming,
  plain,
  pngClaiming,
  webpClaiming,
} from '../support/images/odd-images.ts';

export interface HostileFile {
  readonly why: string;
  readonly bytes: () => Promise<Buffer> | Buffer;
  /** Of `INVALID_IMAGE`. */
  readonly detail: string;
}

/** The heads of formats that are not accepted. */
const OTHER_FORMATS: Record<string, string> = {
  SVG: '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
  'SVG with a prolog':
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
  GIF: 'GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff;',
  TIFF: 'II*\x00\x08\x00\x00\x00',
  BigTIFF: 'II+\x00\x08\x00\x00\x00',
  PDF: '%PDF-1.7\n',
  PostScript: '%!PS-Adobe-3.0 EPSF-3.0\n',
  BMP: 'BM\x3a\x00\x00\x00\x00\x00\x00\x00',
  ICO: '\x00\x00\x01\x00\x01\x00',
  PSD: '8BPS\x00\x01',
  AVIF: '\x00\x00\x00\x20ftypavif',
  'JPEG XL': '\xff\x0a',
  'JPEG 2000': '\x00\x00\x00\x0cjP  \r\n\x87\n',
  PPM: 'P6\n1 1\n255\nabc',
  'ImageMagick script': 'push graphic-context\nfill url(https://127.0.0.1/)\n',
  WAV: 'RIFF\x24\x00\x00\x00WAVEfmt ',
  MP4: '\x00\x00\x00\x20ftypisom',
  ZIP: 'PK\x03\x04',
  ELF: '\x7fELF',
  HTML: '<!doctype html><script>alert(1)</script>',
  'HTML behind a byte order mark': '\xef\xbb\xbf<html>',
  JSON: '{}',
  'zero bytes': '\x00'.repeat(64),
};

const CLAIMING: HostileFile[] = [
  { why: '100 megapixels of PNG', bytes: () => pngClaiming(10_000, 10_000), detail: 'too_large' },
  {
    why: 'four billion pixels squared',
    bytes: () => pngClaiming(2 ** 31 - 1, 2 ** 31 - 1),
    detail: 'too_large',
  },
  {
    why: 'a line of 50 megapixels',
    bytes: () => pngClaiming(50_000_000, 1),
    detail: 'side_too_long',
  },
  { why: 'one pixel too many', bytes: () => pngClaiming(50_000_001, 1), detail: 'side_too_long' },
  { why: 'a side that is too long', bytes: () => pngClaiming(20_000, 2), detail: 'side_too_long' },
  { why: 'a PNG without pixels', bytes: () => pngClaiming(0, 0), detail: 'unreadable' },
  { why: '100 megapixels of JPEG', bytes: () => jpegClaiming(10_000, 10_000), detail: 'too_large' },
  {
    why: '100 megapixels of progressive JPEG',
    bytes: () => jpegClaiming(10_000, 10_000, true),
    detail: 'too_large',
  },
  {
    why: 'the largest JPEG there can be',
    bytes: () => jpegClaiming(65_500, 65_500),
    detail: 'too_large',
  },
  { why: 'a JPEG without pixels', bytes: () => jpegClaiming(0, 0), detail: 'unreadable' },
  { why: '100 megapixels of WebP', bytes: () => webpClaiming(10_000, 10_000), detail: 'too_large' },
  {
    why: 'the largest WebP there can be',
    bytes: () => webpClaiming(16_383, 16_383),
    detail: 'too_large',
  },
  {
    why: 'a PNG with fewer pixels than it claims',
    bytes: () => pngClaiming(5_000, 5_000),
    detail: 'unreadable',
  },
  {
    why: 'a WebP with fewer pixels than it claims',
    bytes: () => webpClaiming(5_000, 5_000),
    detail: 'unreadable',
  },
];

const ANIMATED: HostileFile[] = [
  { why: 'a WebP of two frames', bytes: () => animatedWebp(2), detail: 'animated' },
  { why: 'a WebP of 500 frames', bytes: () => animatedWebp(500), detail: 'animated' },
  { why: 'a PNG of two frames', bytes: () => animatedPng(2), detail: 'animated' },
  {
    why: 'a PNG that announces four billion frames',
    bytes: () => animatedPng(2 ** 32 - 1),
    detail: 'animated',
  },
  {
    why: 'a PNG that hides its animation behind another chunk',
    bytes: async () => insertPngChunk(await animatedPng(2), 'tEXt', Buffer.from('a\0b')),
    detail: 'animated',
  },
];

const TRUNCATED: HostileFile[] = (['jpeg', 'png', 'webp'] as const).flatMap((format) => {
  const whole = () => plain(64, 64).toFormat(format).toBuffer();
  const cut = (share: number) => async () => {
    const bytes = await whole();
    return bytes.subarray(0, Math.floor(bytes.length * share));
  };
  return [
    { why: `the first third of a ${format}`, bytes: cut(1 / 3), detail: 'unreadable' as const },
    { why: `half of a ${format}`, bytes: cut(0.5), detail: 'unreadable' as const },
    {
      why: `a ${format} with noise behind its header`,
      bytes: async () => {
        const bytes = await whole();
        return Buffer.concat([bytes.subarray(0, 24), Buffer.alloc(500, 0x5a)]);
      },
      detail: 'unreadable' as const,
    },
  ];
});

const ONLY_MAGIC: HostileFile[] = [
  {
    why: 'only the first bytes of a JPEG',
    bytes: () => Buffer.from('ffd8ff', 'hex'),
    detail: 'unreadable',
  },
  {
    why: 'only the first bytes of a PNG',
    bytes: () => Buffer.from('89504e470d0a1a0a', 'hex'),
    detail: 'unreadable',
  },
  {
    why: 'only the first bytes of a WebP',
    bytes: () => Buffer.from('RIFF\x04\0\0\0WEBP'),
    detail: 'unreadable',
  },
  {
    why: 'SVG behind the first bytes of a JPEG',
    bytes: () => Buffer.from('\xff\xd8\xff<svg/>', 'latin1'),
    detail: 'unreadable',
  },
  { why: 'nothing', bytes: () => Buffer.alloc(0), detail: 'unsupported' },
];

export const HOSTILE_FILES: readonly HostileFile[] = [
  ...Object.entries(OTHER_FORMATS).map(([why, text]) => ({
    why,
    bytes: () => Buffer.from(text, 'latin1'),
    detail: 'unsupported' as const,
  })),
  { why: 'HEIC', bytes: () => Buffer.from('\0\0\0\x18ftypheic', 'latin1'), detail: 'heic' },
  ...CLAIMING,
  ...ANIMATED,
  ...TRUNCATED,
  ...ONLY_MAGIC,
];
