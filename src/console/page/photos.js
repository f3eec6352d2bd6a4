/** Photos to choose: dropped, picked, or one of the samples. */
import { el, fill } from './dom.js';

const TYPES = 'image/jpeg,image/png,image/webp';

/**
 * A field for one photo, or for up to `most`. `invite` is what its button says. `photos` are
 * `{ name, url, file }` or, for samples, `{ name, url, sample }`; `onChange` is called whenever they
 * change.
 */
export function photoField({ label, invite, most, samples, onChange }) {
  let photos = [];
  const chosen = el('ul', { className: 'chosen', 'aria-label': `${label}: chosen` });
  const buttons = samples.map((sample) => sampleButton(sample, () => toggle(sample)));
  const input = el('input', {
    type: 'file',
    accept: TYPES,
    multiple: most > 1,
    onchange: () => {
      addFiles(input.files);
      // So that the same file may be chosen again after it was removed.
      input.value = '';
    },
  });
  const id = `photos-${label.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  input.id = id;

  function change(next) {
    for (const { file, url } of photos) {
      if (file && !next.some((photo) => photo.url === url)) URL.revokeObjectURL(url);
    }
    photos = next.slice(-most);
    for (const [at, { id: sampleId }] of samples.entries()) {
      const isChosen = photos.some(({ sample }) => sample === sampleId);
      buttons[at].setAttribute('aria-pressed', String(isChosen));
    }
    fill(
      chosen,
      photos.map((photo) => {
        const remove = () => change(photos.filter((other) => other !== photo));
        return el('li', {}, photo.name, ' ', removeButton(photo, remove));
      }),
    );
    onChange(photos);
  }

  function addFiles(files) {
    const added = [...files].map(photoOf);
    change(most === 1 ? added.slice(-1) : [...photos, ...added]);
  }

  function toggle({ id: sampleId, label: name, heightCm }) {
    const isChosen = photos.some(({ sample }) => sample === sampleId);
    const photo = { sample: sampleId, name, url: `api/samples/${sampleId}`, heightCm };
    const others = most === 1 ? [] : photos.filter(({ sample }) => sample !== sampleId);
    change(isChosen ? others : [...others, photo]);
  }

  return dropArea(
    addFiles,
    input,
    el('label', { for: id, className: 'button' }, invite),
    buttons.length === 0
      ? null
      : el(
          'div',
          { className: 'samples', role: 'group', 'aria-label': `${label}: samples` },
          buttons,
        ),
    chosen,
  );
}

/** Files that are dropped on the children go to `onFiles`. */
function dropArea(onFiles, ...children) {
  const area = el(
    'div',
    {
      className: 'drop',
      ondragover: (event) => {
        event.preventDefault();
        area.classList.add('over');
      },
      ondragleave: () => area.classList.remove('over'),
      ondrop: (event) => {
        event.preventDefault();
        area.classList.remove('over');
        onFiles(event.dataTransfer.files);
      },
    },
    ...children,
  );
  return area;
}

function photoOf(file) {
  return { file, name: file.name, url: URL.createObjectURL(file) };
}

function removeButton({ name }, onclick) {
  return el('button', { type: 'button', 'aria-label': `Remove ${name}`, onclick }, '×');
}

function sampleButton({ id, label }, onclick) {
  return el(
    'button',
    { type: 'button', onclick, 'aria-pressed': 'false' },
    el('img', { src: `api/samples/${id}`, alt: '', loading: 'lazy' }),
    label,
  );
}

/** The photos as a form's fields, in their order. */
export function addPhotos(form, photos) {
  for (const { file, sample } of photos) {
    if (file) form.append('photo', file, 'photo');
    else form.append('sample', sample);
  }
}
