import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FACE_SIDE, type PictureView } from '../ports/picture-views.ts';
import { checkPicture } from './check-picture.ts';
import { flopView } from './flop.ts';

/** A drawn figure: a head, a trunk with legs, in front of a wall with a window on one side. */
interface Drawing {
  readonly clothes?: number;
  readonly people?: number;
  /** How much larger everything is, about the middle of the head. */
  readonly zoom?: number;
  readonly wall?: number;
  readonly light?: number;
  /** How far the left wrist is raised, as a share of the height. */
  readonly wristUp?: number;
  readonly face?: number;
  readonly widthPx?: number;
}

const [COLUMNS, ROWS] = [128, 192];
const JOINTS: Readonly<Record<number, readonly [number, number]>> = {
  0: [0.5, 0.15],
  2: [0.52, 0.13],
  5: [0.48, 0.13],
  7: [0.54, 0.14],
  8: [0.46, 0.14],
  9: [0.51, 0.17],
  10: [0.49, 0.17],
  11: [0.6, 0.25],
  12: [0.4, 0.25],
  13: [0.64, 0.38],
  14: [0.37, 0.38],
  15: [0.66, 0.5],
  16: [0.35, 0.5],
  23: [0.56, 0.52],
  24: [0.44, 0.52],
  25: [0.56, 0.72],
  26: [0.44, 0.72],
  27: [0.56, 0.92],
  28: [0.44, 0.92],
};

function draw(drawing: Drawing = {}): PictureView {
  const { clothes = 90, people = 1, zoom = 1, wall = 150, light = 0, wristUp = 0 } = drawing;
  const rgb = new Uint8Array(3 * COLUMNS * ROWS);
  const mask = new Uint8Array(COLUMNS * ROWS);
  for (let cell = 0; cell < mask.length; cell += 1) {
    const x = ((cell % COLUMNS) / COLUMNS - 0.5) / zoom + 0.5;
    const y = (Math.floor(cell / COLUMNS) / ROWS - 0.15) / zoom + 0.15;
    const isHead = Math.hypot(x - 0.5, (y - 0.15) * 1.5) < 0.07;
    const isBody = y > 0.22 && y < 0.95 && Math.abs(x - 0.5) < 0.13;
    const isWindow = x > 0.75 && y > 0.1 && y < 0.4;
    const colour = isHead ? 200 : isBody ? clothes : isWindow ? 190 : wall - 60 * y;
    rgb.fill(Math.min(colour + light, 255), 3 * cell, 3 * cell + 3);
    mask[cell] = isHead || isBody ? 255 : 0;
  }
  const landmarks = Array.from({ length: 33 }, (_, index) => {
    const [x, y] = JOINTS[index] ?? [0.5, 0.5];
    const up = index === 15 ? wristUp : 0;
    const place = { x: (x - 0.5) * zoom + 0.5, y: (y - up - 0.15) * zoom + 0.15 };
    const visibility = place.y < 1 ? 0.99 : 0.1;
    return { ...place, z: 0, visibility, presence: 0.99 };
  });
  const face = Uint8Array.from(
    { length: FACE_SIDE ** 2 },
    (_, at) => (at * (drawing.face ?? 7)) % 251,
  );
  const { widthPx = 1024 } = drawing;
  return {
    ...{ widthPx, heightPx: 1536, luminance: 0.5, detectorScore: 0.98, people },
    person: people === 0 ? null : { landmarks, mask, face, size: 0.9, luminance: 0.4 },
    thumbnail: { columns: COLUMNS, rows: ROWS, rgb },
  };
}

const SIZE = '1024x1536';
const findings = (picture: PictureView, photo = draw()) =>
  checkPicture(photo, picture, SIZE).findings;

describe('a picture', () => {
  it('of the same person in other clothes passes, in other light too', () => {
    assert.deepEqual(findings(draw({ clothes: 30 })), []);
    assert.deepEqual(findings(draw({ clothes: 30, light: 15 })), []);
    assert.deepEqual(findings(draw({ clothes: 30, zoom: 1.05 })), []);
  });

  it('in which nothing has changed is found, in other light too', () => {
    assert.deepEqual(findings(draw()), ['unchanged']);
    assert.deepEqual(findings(draw({ light: 12 })), ['unchanged']);
  });

  it('without a person or with an extra one is found', () => {
    assert.deepEqual(findings(draw({ people: 0 })), ['no_person']);
    assert.deepEqual(findings(draw({ people: 2, clothes: 30 })), ['several_people']);
  });

  it('may show as many people as the photo, or none where it is uncertain', () => {
    const couple = draw({ people: 2 });
    assert.deepEqual(findings(draw({ people: 2, clothes: 30 }), couple), []);
    const uncertain = { ...draw(), detectorScore: 0.6 };
    assert.deepEqual(findings({ ...draw({ people: 0 }), detectorScore: 0.3 }, uncertain), []);
  });

  it('that is blank is found, however uncertain the photo is', () => {
    const uncertain = { ...draw(), detectorScore: 0.6 };
    const blank = { ...draw({ people: 0 }), detectorScore: 0.02 };
    assert.deepEqual(findings(blank, uncertain), ['no_person']);
  });

  it('of another face in another pose is of someone else', () => {
    const other = draw({ clothes: 30, face: 13, wristUp: 0.1 });
    assert.deepEqual(findings(other).includes('someone_else'), true);
    assert.deepEqual(findings(draw({ clothes: 30, wristUp: 0.1 })), []);
  });

  it('of someone in an unrelated pose is compared where both faces show', () => {
    const bent = { ...draw({ clothes: 30, face: 13, wall: 90 }) };
    const landmarks = bent.person?.landmarks.map((joint, index) =>
      index > 22 ? { ...joint, x: 0.9 - (index % 2) * 0.8, y: 0.3 } : joint,
    );
    const other = {
      ...bent,
      person: bent.person && { ...bent.person, landmarks: landmarks ?? [] },
    };
    const verdict = checkPicture(draw(), other, SIZE);
    assert.ok((verdict.measures.pose ?? 0) > 0.4);
    assert.ok(verdict.findings.includes('someone_else'));
  });

  it('of the mirror image is found', () => {
    assert.ok(findings(flopView(draw({ clothes: 30 }))).includes('mirrored'));
  });

  it('that cuts the person off is found', () => {
    assert.deepEqual(findings(draw({ clothes: 30, zoom: 1.6 })), ['framing']);
  });

  it('with other surroundings is found', () => {
    assert.ok(findings(draw({ clothes: 30, wall: 90 })).includes('everything_changed'));
  });

  it('of a size that was not asked for is found, but for a few pixels', () => {
    assert.deepEqual(findings(draw({ clothes: 30, widthPx: 1008 })), []);
    assert.deepEqual(findings(draw({ clothes: 30, widthPx: 1536 })).at(0), 'wrong_size');
  });

  it('that follows the photo is held to its shape', () => {
    const half = { ...draw({ clothes: 30 }), widthPx: 512, heightPx: 768 };
    assert.deepEqual(checkPicture(draw(), half, null).findings, []);
    assert.equal(checkPicture(draw(), { ...half, heightPx: 512 }, null).findings[0], 'wrong_size');
  });
});

describe('a limit that has not proved itself', () => {
  it('is reported and refuses nothing', () => {
    const otherFace = checkPicture(draw(), draw({ clothes: 30, face: 13 }), SIZE);
    assert.deepEqual([otherFace.findings, otherFace.refusal], [['face'], null]);
    const otherPose = checkPicture(draw(), draw({ clothes: 30, wristUp: 0.3 }), SIZE);
    assert.deepEqual([otherPose.findings, otherPose.refusal], [['pose'], null]);
  });
});
