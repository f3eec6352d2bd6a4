/** A size from one photo and a height: the measured photo, the numbers, the sizes' probabilities. */
import { get, postForm } from './api.js';
import { card, el, facts, field, fill } from './dom.js';
import { percent } from './format.js';
import { measuredPhoto } from './measured-photo.js';
import { photoField } from './photos.js';

export async function showSize(main) {
  const [{ charts }, { samples }] = await Promise.all([get('size'), get('playground')]);
  let photo = null;
  const height = number(100, 250);
  const weight = number(30, 250);
  const age = number(18, 100);
  const sex = choice(['', 'female', 'male']);
  const chart = choice(charts);
  const answer = el('div', { 'aria-live': 'polite' });
  const go = el(
    'button',
    { className: 'main', type: 'button', disabled: true, onclick: ask },
    'Estimate',
  );
  const ready = () => {
    const given = [height, weight, age];
    go.disabled =
      photo === null || height.value === '' || !given.every((input) => input.validity.valid);
  };
  for (const input of [height, weight, age]) input.addEventListener('input', ready);

  async function ask() {
    go.disabled = true;
    fill(answer, el('p', { className: 'quiet' }, 'Looking at the photo…'));
    try {
      const form = new FormData();
      form.append('photo', await fileOf(photo), 'photo');
      const given = { height_cm: height, weight_kg: weight, age, sex, size_chart: chart };
      for (const [name, input] of Object.entries(given)) form.append(name, input.value);
      fill(answer, answerOf(await postForm('size', form), photo.url));
    } catch (error) {
      fill(answer, refusalOf(error));
    }
    ready();
  }

  const chooser = photoField({
    label: 'Photo',
    invite: 'Choose a photo, or drop it here',
    most: 1,
    // Their sizes are as good, but not what the name says.
    samples: samples.people.filter(({ isRefused }) => !isRefused),
    onChange: ([chosen]) => {
      photo = chosen ?? null;
      if (photo?.heightCm) height.value = photo.heightCm;
      fill(answer);
      ready();
    },
  });
  main.append(
    el('p', {}, 'The size of a person, from a full-body photo and the height. Nothing is stored.'),
    card(
      'Photo',
      chooser,
      el(
        'div',
        { className: 'row' },
        field('Height in cm', height),
        field('Weight in kg', weight, 'optional'),
        field('Age', age, 'optional'),
        field('Sex', sex, 'optional'),
        field('Size chart', chart),
        go,
      ),
    ),
    answer,
  );
}

function number(min, max) {
  return el('input', { type: 'number', min, max, step: 'any', inputMode: 'decimal' });
}

function choice(values) {
  return el(
    'select',
    {},
    values.map((value) => el('option', { value }, value || 'not given')),
  );
}

/** A sample is fetched, so that both kinds go the same way. */
async function fileOf({ file, url }) {
  return file ?? (await fetch(url)).blob();
}

const NAMES = {
  chest_cm: 'Chest',
  waist_cm: 'Waist',
  hip_cm: 'Hip',
  shoulder_cm: 'Shoulders',
  inseam_cm: 'Inseam',
};

function answerOf(found, url) {
  const { recommended_size: size, confidence, size_range: range, measurements } = found;
  const spread = found.uncertainty_cm ?? {};
  const numbers = Object.entries(measurements).map(([name, value]) => [
    NAMES[name] ?? name,
    `${value.toFixed(1)} cm${spread[name] === undefined ? '' : ` ± ${spread[name].toFixed(1)}`}`,
  ]);
  return el(
    'div',
    { className: 'columns' },
    card('Measured', measuredPhoto(url, found.photo)),
    card(
      `Size ${size}`,
      el('p', {}, `Right with a probability of ${percent(confidence)}. ${rangeOf(range)}`),
      probabilities(found.size_probabilities),
      el('h3', {}, 'Measurements'),
      facts(numbers),
      advice(found),
    ),
  );
}

function rangeOf({ lower, upper }) {
  return lower === upper ? 'No other size is likely.' : `Likely: ${lower} to ${upper}.`;
}

function probabilities(shares) {
  if (!shares) return null;
  const bars = Object.entries(shares).map(([size, share]) => [
    el('span', {}, size),
    el('meter', { min: 0, max: 1, value: share, 'aria-label': `${size}: ${percent(share)}` }),
    el('span', {}, percent(share)),
  ]);
  return [el('h3', {}, 'Probability of each size'), el('div', { className: 'bars' }, bars)];
}

/** Why this size, and what would make it more certain, where the worker says so. */
function advice({ would_help: help = [], reasons = [] }) {
  const why = reasons.map(({ girth, finding, by_cm: by }) =>
    finding === 'in_range'
      ? `${girth}: within the size`
      : `${girth}: ${by.toFixed(1)} cm ${finding} the size`,
  );
  return [
    ...section('Why this size', why),
    ...section(
      'What would help',
      help.map((one) => one.advice),
    ),
  ];
}

function section(heading, lines) {
  if (lines.length === 0) return [];
  return [
    el('h3', {}, heading),
    el(
      'ul',
      {},
      lines.map((line) => el('li', {}, line)),
    ),
  ];
}

function refusalOf(error) {
  const lines = error.advice ?? [];
  return el(
    'div',
    { className: 'notice', role: 'alert' },
    el('p', {}, error.message),
    lines.length === 0
      ? null
      : el(
          'ul',
          {},
          lines.map((line) => el('li', {}, line)),
        ),
  );
}
