/**
 * The sheet of a trial: one HTML file that holds its pictures and loads nothing.
 */
import type { NamedImage } from '../../ports/image-provider.ts';
import { describeCheck, describePerson, nameOf, usd } from './describe.ts';
import type { Tried } from './tried.ts';

interface Trial {
  /** As the providers got them, the person's first. */
  readonly images: readonly NamedImage[];
  readonly pictures: readonly Tried[];
  readonly person: string | null;
  readonly preparedSeconds: number;
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d9d9de, #3a3a40); --soft: light-dark(#5c5c66, #a9a9b2);
  --card: light-dark(#fff, #1d1d20); --bad: light-dark(#b3261e, #ff8a80); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1.5rem 1rem; font: 1rem/1.5 system-ui, sans-serif;
  background: light-dark(#f6f6f8, #121214); color: light-dark(#1b1b1f, #ececf0); }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
header p { color: var(--soft); margin: .25rem 0 1rem; }
.photos { display: flex; flex-wrap: wrap; gap: .75rem; margin-bottom: 1.5rem; }
.photos figure { margin: 0; }
.photos img { height: 9rem; max-width: 100%; object-fit: contain; border-radius: .5rem; background: #fff; }
figcaption { color: var(--soft); font-size: .875rem; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 1rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: .75rem; }
article > img { display: block; width: 100%; border-radius: .5rem; margin-bottom: .75rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem .75rem; margin: 0; font-variant-numeric: tabular-nums; }
dt { color: var(--soft); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.failure { color: var(--bad); margin: 0 0 .75rem; overflow-wrap: anywhere; }
.note { color: var(--soft); font-size: .875rem; margin: .5rem 0 0; overflow-wrap: anywhere; }`;

/** The page of a whole trial. */
export function sheetOf({ images, pictures, person, preparedSeconds }: Trial): string {
  const at = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const facts = [
    `${at} UTC`,
    `photos prepared in ${preparedSeconds.toFixed(1)} s`,
    describePerson(person),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Try-on</title>
<style>${STYLE}
</style>
</head>
<body>
<header>
<h1>Try-on</h1>
<p>${asText(facts.join(' · '))}</p>
</header>
<section class="photos" aria-label="Photos">
${images.map(photo).join('\n')}
</section>
<main>
${pictures.map(card).join('\n')}
</main>
</body>
</html>
`;
}

function photo({ jpeg }: NamedImage, at: number): string {
  const name = at === 0 ? 'Person' : `Garment ${at}`;
  return `<figure>${image(jpeg, name)}<figcaption>${name}</figcaption></figure>`;
}

function card(tried: Tried): string {
  const { setting, model, seconds, costUsd, forecastUsd, check, failure, notes, jpeg } = tried;
  const facts = [
    ['Model', model],
    ['Wait for a slot', inSeconds(seconds.wait)],
    ['Picture', inSeconds(seconds.picture)],
    ['Picture check', inSeconds(seconds.check)],
    ['Cost', usd(costUsd)],
    ['Forecast', usd(forecastUsd)],
    ['Found', describeCheck(check)],
  ] as const;
  return `<article>
<h2>${breakable(setting)}</h2>
${jpeg === null ? '' : image(jpeg, `Picture by ${setting}`)}
${failure === null ? '' : `<p class="failure"><strong>${breakable(nameOf(failure))}</strong><br>${asText(failure.text)}</p>`}
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${asText(value)}</dd>`).join('')}</dl>
${notes.map((note) => `<p class="note">${asText(note)}</p>`).join('\n')}
</article>`;
}

function inSeconds(seconds: number | null): string {
  return seconds === null ? '–' : `${seconds.toFixed(1)} s`;
}

function image(jpeg: Uint8Array, alt: string): string {
  const data = Buffer.from(jpeg).toString('base64');
  return `<img src="data:image/jpeg;base64,${data}" alt="${asText(alt)}">`;
}

/** May end a line after a mark inside a name, and not in the middle of a word. */
function breakable(name: string): string {
  return asText(name).replaceAll(/[+:/_]/g, '$&<wbr>');
}

function asText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
