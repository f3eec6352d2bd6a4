import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sizingPhotos } from '../../test/support/sizing/sizing-photos.ts';
import type { Landmark, PersonMask, PhotoObservation, Pose } from '../pose.ts';
import { checkPhoto, PHOTO_ADVICE } from './photo-check.ts';

const photos = sizingPhotos();

function reasonsFor(photo: PhotoObservation): string[] {
  return checkPhoto(photo).map(({ reason }) => reason);
}

function usable(): PhotoObservation & { pose: Pose } {
  const photo = photos.get('s1_03.jpg')?.photo;
  if (!photo?.pose) throw new Error('no such fixture');
  return { ...photo, pose: photo.pose };
}

function moved(photo: ReturnType<typeof usable>, move: (l: Landmark, i: number) => Landmark) {
  return {
    ...photo,
    pose: { ...photo.pose, landmarks: photo.pose.landmarks.map(move) },
  };
}

/** The first row of a mask with the person in it, and the one after the last. */
function borders({ columns, rows, probability }: PersonMask): [number, number] {
  const filled = Array.from({ length: rows }, (_, row) =>
    probability.subarray(row * columns, (row + 1) * columns).some((value) => value > 127),
  );
  return [filled.indexOf(true), filled.lastIndexOf(true) + 1];
}

describe('the photo check', () => {
  for (const [file, { photo, reasons, truth }] of photos) {
    const expected = file === 'hard_dark_30.jpg' ? ['too_dark'] : reasons;
    it(`${truth ? 'accepts' : `refuses for ${expected.join(' or ')}`}: ${file}`, () => {
      assert.deepEqual(reasonsFor(photo), truth ? [] : expected);
    });
  }

  it('has advice for the person, for every reason', () => {
    const photo = photos.get('hard_cropped_feet_05.jpg')?.photo;
    assert.ok(photo);
    assert.deepEqual(checkPhoto(photo), [
      { reason: 'feet_not_visible', advice: PHOTO_ADVICE.feet_not_visible },
    ]);
    for (const advice of Object.values(PHOTO_ADVICE)) assert.match(advice, /^[A-Z].*\.$/);
  });

  it('blames the dark when no person is found in it', () => {
    assert.deepEqual(reasonsFor({ ...usable(), pose: null, luminance: 0.04 }), ['too_dark']);
    assert.deepEqual(reasonsFor({ ...usable(), pose: null, luminance: 0.5 }), ['no_person']);
  });

  it('does not take a lit person before a black wall for a dark photo', () => {
    const photo = usable();
    const lit = { ...photo, luminance: 0.05, pose: { ...photo.pose, luminance: 0.4 } };
    assert.deepEqual(reasonsFor(lit), []);
  });

  it('overlooks a passer-by far behind, but not a second person', () => {
    const own = usable().detections[0];
    assert.ok(own);
    const neighbour = (size: number) => ({
      left: 0.02,
      right: 0.1,
      top: own.top,
      bottom: own.bottom,
      size: own.size * size,
      score: 1,
    });
    const withOther = (size: number) => ({
      ...usable(),
      detections: [own, neighbour(size)],
    });
    assert.deepEqual(reasonsFor(withOther(0.3)), []);
    assert.deepEqual(reasonsFor(withOther(0.8)), ['several_people']);
    // Someone much larger stands in front of the one whose pose was found.
    assert.deepEqual(reasonsFor(withOther(2.5)), ['several_people']);
  });

  it('does not believe feet that the outline does not show', () => {
    const photo = usable();
    const { mask } = photo.pose;
    const ankles = Math.floor(0.86 * mask.rows) * mask.columns;
    const probability = mask.probability.map((value, cell) => (cell < ankles ? value : 0));
    const covered = { ...photo, pose: { ...photo.pose, mask: { ...mask, probability } } };
    assert.deepEqual(reasonsFor(covered), ['feet_not_visible']);
  });

  it('refuses people who sit', () => {
    const seated = moved(usable(), (landmark, i) =>
      i >= 25 ? { ...landmark, y: 0.6 + (landmark.y - 0.6) * 0.35 } : landmark,
    );
    assert.ok(reasonsFor(seated).includes('not_upright'));
  });

  it('refuses people with a bent leg', () => {
    const photo = usable();
    // The left knee is pulled up: the thigh looks short, the knee is bent in the world landmarks.
    const pulledUp = moved(photo, (landmark, i) =>
      i === 25 ? { ...landmark, y: landmark.y - 0.06 } : landmark,
    );
    const world = photo.pose.world.map((point, i) => (i === 25 ? { ...point, z: -0.3 } : point));
    const bent = { ...pulledUp, pose: { ...pulledUp.pose, world } };
    assert.deepEqual(reasonsFor(bent), ['not_upright']);
  });

  it('refuses legs far apart, not a usual stance', () => {
    const photo = usable();
    const astride = (share: number) => {
      const aside = (share * photo.heightPx) / photo.widthPx;
      return moved(photo, (landmark, i) => {
        const part = i >= 27 ? 1 : i >= 25 ? 0.5 : 0;
        const side = i % 2 === 1 ? 1 : -1;
        return { ...landmark, x: landmark.x + side * part * aside };
      });
    };
    assert.equal(reasonsFor(astride(0.06)).includes('not_upright'), false);
    assert.equal(reasonsFor(astride(0.18)).includes('not_upright'), true);
  });

  it('accepts a person seen from below, whose thighs look short', () => {
    const fromBelow = moved(usable(), (landmark, i) =>
      i === 25 || i === 26 ? { ...landmark, y: landmark.y - 0.04 } : landmark,
    );
    const world = fromBelow.pose.landmarks.map(({ x, y }) => ({ x, y, z: 0, visibility: 1 }));
    assert.deepEqual(reasonsFor({ ...fromBelow, pose: { ...fromBelow.pose, world } }), []);
  });

  it('accepts wide garments and raised arms', () => {
    const photo = usable();
    const { mask } = photo.pose;
    const [top, bottom] = [0.22 * mask.rows, 0.34 * mask.rows];
    const probability = mask.probability.map((value, cell) => {
      const [row, column] = [Math.floor(cell / mask.columns), cell % mask.columns];
      const wide = row > top && row < bottom && Math.abs(column / mask.columns - 0.5) < 0.3;
      return wide ? 255 : value;
    });
    assert.deepEqual(
      reasonsFor({ ...photo, pose: { ...photo.pose, mask: { ...mask, probability } } }),
      [],
    );
  });

  it('accepts feet and hair that touch the border', () => {
    const photo = usable();
    const { mask, landmarks } = photo.pose;
    const [top, bottom] = borders(mask);
    const share = (bottom - top) / mask.rows;
    const cropped = (above: number) => ({
      ...photo,
      heightPx: photo.heightPx * share,
      pose: {
        ...photo.pose,
        landmarks: landmarks.map((point) => ({
          ...point,
          y: (point.y - top / mask.rows - above) / share,
        })),
        mask: {
          ...mask,
          rows: bottom - top,
          probability: mask.probability.slice(top * mask.columns, bottom * mask.columns),
        },
      },
    });
    assert.deepEqual(reasonsFor(cropped(0)), []);
    assert.deepEqual(reasonsFor(cropped(-0.06)), ['feet_not_visible']);
    assert.deepEqual(reasonsFor(cropped(0.06)), ['head_not_visible']);
  });

  it('refuses people too small to measure', () => {
    const photo = usable();
    const small = { ...photo, widthPx: photo.widthPx / 5, heightPx: photo.heightPx / 5 };
    assert.deepEqual(reasonsFor(small), ['too_small']);
  });
});
