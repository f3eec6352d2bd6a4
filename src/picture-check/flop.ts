/** A view of the mirror image of a picture. */
import { flopLandmarks, flopRows } from '../mirror.ts';
import { FACE_SIDE, type PictureView } from '../ports/picture-views.ts';

export function flopView(view: PictureView): PictureView {
  const { person, thumbnail } = view;
  const { columns } = thumbnail;
  return {
    ...view,
    thumbnail: { ...thumbnail, rgb: flopRows(thumbnail.rgb, columns, 3) },
    person: person && {
      ...person,
      landmarks: flopLandmarks(person.landmarks),
      mask: flopRows(person.mask, columns, 1),
      face: flopRows(person.face, FACE_SIDE, 1),
    },
  };
}
