/** A size from one photo and a height: the measured photo, the numbers, the sizes' probabilities. */
import { get, postForm } from './api.js';
import { card, choice, el, facts, field, fill, notice } from './dom.js';
import { percent } from './format.js';
import { measuredPhoto } from './measured-photo.js';
import { photoField } from './photos.js';

export async function showSize(main) {
  const [{ charts }, { samples }] = await Promise.all([get('size'), get('playground')]);
  let photo = null;
  const inputs = {
    height_cm: number(100, 250, { required: true }),
    weight_kg: number(30, 250),
    age: number(18, 100),
    sex: choice({ '': 'not given', female: 'female', male: 'male' }),
    size_chart: choice(Object.fromEntries(charts.map((chart) => [chart, chart]))),
  };
  const answer = el('div', { 'aria-live': 'polite' });
  const go = el('button', { className: 'main', type: 'button', onclick: ask }, 'Estimate');

  function ready() {
    const isValid = Object.values(inputs).every((input) => input.validity.valid);
    go.disabled = photo === null || !isValid;
  }

  async function ask() {
    go.disabled = true;
    fill(answer, el('p', { className: 'quiet' }, 'Looking at the photo…'));
    fill(answer, await answerTo(photo, inputs));
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
      if (photo?.heightCm) inputs.height_cm.value = photo.heightCm;
      fill(answer);
      ready();
    },
  });
  const fields = el('div', { className: 'row', oninput: ready }, fieldsOf(inputs), go);
  main.append(
    el('p', {}, 'The size of a person, from a full-body photo and the height. Nothing is stored.'),
    card('Photo', chooser, fields),
    answer,
  );
  ready();
}

function number(min, max, { required = false } = {}) {
  const properties = { min, max, required, step: 'any', inputMode: 'decimal' };
  return el('input', { type: 'number', ...properties });
}

function fieldsOf(inputs) {
  return [
    field('Height in cm', inputs.height_cm),
    field('Weight in kg', inputs.weight_kg, 'optional'),
    field('Age', inputs.age, 'optional'),
    field('Sex', inputs.sex, 'optional'),
    field('Size chart', inputs.size_chart),
  ];
}

async function answerTo(photo, inputs) {
  try {
    const form = new FormData();
    form.append('photo', await fileOf(photo), 'photo');
    for (const [name, input] of Object.entries(inputs)) form.append(name, input.value);
    return answerOf(await postForm('size', form), photo.url);
  } catch (error) {
    return refusalOf(error);
  }
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
  return lines.length === 0 ? [] : [el('h3', {}, heading), list(lines)];
}

function list(lines) {
  return el(
    'ul',
    {},
    lines.map((line) => el('li', {}, line)),
  );
}

function refusalOf({ message, advice: lines = [] }) {
  return notice(el('p', {}, message), lines.length === 0 ? null : list(lines));
}
