/**
 * Draws the garments and accessories of the samples: flat, on white, as shops photograph them.
 * Run `node local/samples/draw-garments.ts` after a change; the pictures are kept in the repository.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

const FOLDER = join(import.meta.dirname, 'garments');

interface Drawing {
  /** The outline of the cloth, as an SVG path. */
  readonly outline: string;
  /** What is on the cloth: pattern, collar, pockets; cut off at the outline. */
  readonly cloth: string;
  /** Folds, as soft dark strokes. */
  readonly folds: readonly string[];
  /** Seams and buttons, over everything. */
  readonly details: string;
}

const SLEEVED =
  'M326 118 Q400 178 474 118 L572 150 Q622 172 640 252 L722 640 L640 664 L566 372 L560 730 Q400 752 240 730 L234 372 L160 664 L78 640 L160 252 Q178 172 228 150 Z';

function stripes(colour: string, from: number, step: number, thick: number): string {
  const rows = Array.from(
    { length: Math.ceil((840 - from) / step) },
    (_, row) => from + row * step,
  );
  return rows
    .map(
      (y) =>
        `<path d="M60 ${y} Q400 ${y + 16} 740 ${y}" stroke="${colour}" stroke-width="${thick}" fill="none"/>`,
    )
    .join('');
}

const SLEEVE_FOLDS = [
  'M256 380 Q214 470 196 600',
  'M544 380 Q586 470 604 600',
  'M262 250 Q300 330 292 420',
  'M538 250 Q500 330 508 420',
];

const SHIRT: Drawing = {
  outline: SLEEVED,
  cloth: `<rect width="800" height="1000" fill="#e9e2d2"/>${stripes('#24406e', 214, 46, 20)}`,
  folds: [...SLEEVE_FOLDS, 'M310 500 Q332 600 304 726', 'M486 470 Q462 590 494 726'],
  details: `<path d="M322 122 Q400 200 478 122" stroke="#d9d0bb" stroke-width="16" fill="none"/>
    <path d="M322 122 Q400 200 478 122" stroke="#00000030" stroke-width="2" fill="none" transform="translate(0 9)"/>
    <path d="M240 718 Q400 740 560 718" stroke="#00000028" stroke-width="2" fill="none"/>`,
};

const JACKET: Drawing = {
  outline: SLEEVED,
  cloth: `<rect width="800" height="1000" fill="#3f628e"/>
    <path d="M330 110 L400 330 L470 110 Z" fill="#22384f"/>
    <path d="M60 630 L190 640 L190 700 L60 700 Z M740 630 L610 640 L610 700 L740 700 Z" fill="#365680"/>
    <rect x="220" y="684" width="360" height="80" fill="#365680"/>`,
  folds: [...SLEEVE_FOLDS, 'M290 520 Q308 600 294 684', 'M510 520 Q492 600 506 684'],
  details: `<path d="M400 300 L400 800" stroke="#1f3350" stroke-width="4"/>
    <path d="M388 306 L388 684 M412 306 L412 684 M238 684 L562 684" stroke="#d59b4a" stroke-width="2" stroke-dasharray="7 5" fill="none"/>
    <path d="M330 116 L276 150 L352 262 L400 318 L448 262 L524 150 L470 116 L400 300 Z" fill="#4a72a3" stroke="#26405f" stroke-width="3"/>
    ${['282', '442'].map((x) => `<rect x="${x}" y="380" width="76" height="86" rx="6" fill="#4a72a3" stroke="#d59b4a" stroke-width="2" stroke-dasharray="7 5"/><path d="M${x} 380 h76 v22 l-38 20 l-38 -20 Z" fill="#3b5c86" stroke="#26405f" stroke-width="2"/>`).join('')}
    ${[346, 418, 490, 562, 634].map((y) => `<circle cx="400" cy="${y}" r="7" fill="#c98f45" stroke="#7c5626" stroke-width="2"/>`).join('')}`,
};

function dots(): string {
  const spots: string[] = [];
  for (let y = 80; y < 1000; y += 34)
    for (let x = 60 + (y % 68 === 12 ? 17 : 0); x < 760; x += 34)
      spots.push(`<circle cx="${x}" cy="${y}" r="5.5" fill="#ffe9dc"/>`);
  return spots.join('');
}

const DRESS: Drawing = {
  outline:
    'M326 70 Q340 150 400 156 Q460 150 474 70 L528 84 Q516 190 556 250 Q530 330 516 400 Q560 560 640 900 Q400 960 160 900 Q240 560 284 400 Q270 330 244 250 Q284 190 272 84 Z',
  cloth: `<rect width="800" height="1000" fill="#c2413b"/>${dots()}`,
  folds: [
    'M330 420 Q290 640 246 900',
    'M370 430 Q350 660 340 920',
    'M430 430 Q456 660 462 920',
    'M474 420 Q520 640 560 900',
    'M290 260 Q340 310 350 380',
    'M510 260 Q460 310 450 380',
  ],
  details: `<path d="M283 392 Q400 416 517 392 L519 424 Q400 448 281 424 Z" fill="#8e2a28"/>
    <path d="M326 72 Q340 152 400 158 Q460 152 474 72" stroke="#8e2a28" stroke-width="7" fill="none"/>`,
};

const TROUSERS: Drawing = {
  outline:
    'M262 70 Q400 84 538 70 L560 300 L586 940 L448 948 L404 390 L396 390 L352 948 L214 940 L240 300 Z',
  cloth:
    '<rect width="800" height="1000" fill="#b08d5c"/><path d="M240 60 h320 v62 Q400 134 240 122 Z" fill="#a58252"/>',
  folds: [
    'M300 260 Q330 330 392 390',
    'M500 260 Q470 330 408 390',
    'M290 520 Q310 720 286 920',
    'M510 520 Q490 720 514 920',
    'M252 300 Q262 420 250 520',
    'M548 300 Q538 420 550 520',
  ],
  details: `<path d="M400 124 L400 330 M400 124 Q440 240 402 330" stroke="#7d6138" stroke-width="3" fill="none"/>
    <path d="M258 126 Q286 210 246 250 M542 126 Q514 210 554 250" stroke="#7d6138" stroke-width="3" fill="none"/>
    <path d="M258 124 Q400 136 542 124" stroke="#7d6138" stroke-width="2" fill="none"/>
    <path d="M283 400 L283 930 M517 400 L517 930" stroke="#8d6f45" stroke-width="2" stroke-opacity="0.6"/>
    <circle cx="400" cy="102" r="8" fill="#5d4526"/>
    ${[300, 350, 450, 500].map((x) => `<rect x="${x - 5}" y="70" width="10" height="58" fill="#94744a"/>`).join('')}`,
};

const HAT: Drawing = {
  outline:
    'M120 620 Q400 520 680 620 Q720 700 400 720 Q80 700 120 620 Z M250 600 Q250 360 330 350 Q400 376 470 350 Q550 360 550 600 Q400 660 250 600 Z',
  cloth: '<rect width="800" height="1000" fill="#d8b877"/>',
  folds: ['M330 370 Q350 460 330 560', 'M470 370 Q450 460 470 560', 'M150 640 Q400 700 650 640'],
  details: '<path d="M250 540 Q400 590 550 540 L550 596 Q400 650 250 596 Z" fill="#2d2a33"/>',
};

const BAG: Drawing = {
  outline:
    'M210 460 Q400 430 590 460 L640 800 Q400 850 160 800 Z M290 460 Q290 250 400 250 Q510 250 510 460 L480 460 Q480 282 400 282 Q320 282 320 460 Z',
  cloth: '<rect width="800" height="1000" fill="#7a4a2c"/>',
  folds: ['M240 500 Q220 650 210 790', 'M560 500 Q580 650 590 790', 'M300 700 Q400 740 500 700'],
  details: `<path d="M206 480 Q400 560 594 480 L600 560 Q400 660 200 560 Z" fill="#8b5836" stroke="#5a3520" stroke-width="3"/>
    <rect x="372" y="590" width="56" height="44" rx="8" fill="#d9b25f" stroke="#8f6f2d" stroke-width="3"/>`,
};

const DRAWINGS: Readonly<Record<string, Drawing>> = {
  'striped-shirt': SHIRT,
  'denim-jacket': JACKET,
  'dotted-dress': DRESS,
  chinos: TROUSERS,
  'straw-hat': HAT,
  'leather-bag': BAG,
};

/** Cloth with a weave, rounded at its edges, with soft folds and a thin dark outline. */
function svgOf({ outline, cloth, folds, details }: Drawing): string {
  const soft = folds
    .map(
      (d) => `<path d="${d}" stroke="#000" stroke-opacity="0.22" stroke-width="16" fill="none"/>
      <path d="${d}" transform="translate(13 4)" stroke="#fff" stroke-opacity="0.16" stroke-width="12" fill="none"/>`,
    )
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="1000" viewBox="0 0 800 1000">
    <defs>
      <clipPath id="cloth"><path d="${outline}"/></clipPath>
      <filter id="soft" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="7"/></filter>
      <filter id="edge" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="12"/></filter>
      <filter id="weave"><feTurbulence type="fractalNoise" baseFrequency="0.55 0.7" numOctaves="2" seed="3"/>
        <feColorMatrix values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0.5 0.5 0 0 -0.28"/></filter>
      <filter id="wear"><feTurbulence type="fractalNoise" baseFrequency="0.006 0.004" numOctaves="3" seed="8"/>
        <feColorMatrix values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0.7 0 0 0 -0.3"/></filter>
    </defs>
    <rect width="800" height="1000" fill="#ffffff"/>
    <g clip-path="url(#cloth)">
      ${cloth}
      <g filter="url(#soft)">${soft}</g>
      <rect width="800" height="1000" filter="url(#wear)"/>
      ${details}
      <rect width="800" height="1000" filter="url(#weave)" opacity="0.5"/>
      <path d="${outline}" fill="none" stroke="#000" stroke-opacity="0.36" stroke-width="20" filter="url(#edge)"/>
    </g>
    <path d="${outline}" fill="none" stroke="#000" stroke-opacity="0.28" stroke-width="2"/>
  </svg>`;
}

await mkdir(FOLDER, { recursive: true });
for (const [name, drawing] of Object.entries(DRAWINGS)) {
  const picture = sharp(Buffer.from(svgOf(drawing))).flatten({ background: '#ffffff' });
  await picture.jpeg({ quality: 84, mozjpeg: true }).toFile(join(FOLDER, `${name}.jpg`));
}
