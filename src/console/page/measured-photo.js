/** The photo with the breadths that were read in it. */
import { el } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Positions are in pixels of the upright photo. */
export function measuredPhoto(url, { widthPx, heightPx, cmPerPx, breadths }) {
  const svg = shape('svg', { viewBox: `0 0 ${widthPx} ${heightPx}`, 'aria-hidden': 'true' });
  const thickness = heightPx / 220;
  const size = heightPx / 42;
  const labels = breadths.map(({ name, yPx, leftPx, rightPx }) => {
    const cm = cmPerPx === null ? '' : ` ${((rightPx - leftPx) * cmPerPx).toFixed(1)} cm`;
    svg.append(
      shape('line', { x1: leftPx, x2: rightPx, y1: yPx, y2: yPx, 'stroke-width': thickness }),
      shape(
        'text',
        {
          x: widthPx - size / 2,
          y: yPx - size / 4,
          'text-anchor': 'end',
          'font-size': size,
          'stroke-width': size / 5,
        },
        `${name}${cm}`,
      ),
    );
    return `${name}${cm}`;
  });
  const alt =
    labels.length === 0 ? 'The photo' : `The photo with its breadths: ${labels.join(', ')}`;
  return el(
    'figure',
    {},
    el('div', { className: 'photo' }, el('img', { src: url, alt }), svg),
    el(
      'p',
      { className: 'quiet' },
      'Breadths as they look in the photo, clothes included. The measurements are estimated from them.',
    ),
  );
}

function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes))
    element.setAttribute(attribute, value);
  if (text) element.textContent = text;
  return element;
}
