/**
 * The vendor's picture as it is stored. That it was made by a model must stay readable by machines
 * (EU AI Act, Art. 50(2)): the vendor's own mark is kept by storing its bytes, and a picture that has
 * to be encoded again gets the worker's own mark.
 */
import sharp from 'sharp';
import { Semaphore } from '../concurrency/semaphore.ts';
import { TaskError } from '../errors.ts';
import { decodeImage } from '../images/decode.ts';
import { MAX_PIXELS, type ValidImage, validateImage } from '../images/validation.ts';

const JPEG_QUALITY = 92;
/** More than any vendor draws; encoding 50 megapixels again would take half a gigabyte. */
const LONGEST_SIDE_PX = 4_096;
const TIME_LIMIT_SECONDS = 20;

/** Paid pictures wait for each other, never for strangers' photos. */
const decodes = new Semaphore(2);

/** IPTC's term for a picture made by a model, as IPTC Photo Metadata 2023.1 places it in XMP. */
const MADE_BY_A_MODEL =
  '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>' +
  '<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">' +
  '<Iptc4xmpExt:DigitalSourceType>' +
  'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia' +
  '</Iptc4xmpExt:DigitalSourceType>' +
  '</rdf:Description></rdf:RDF></x:xmpmeta>' +
  '<?xpacket end="w"?>';

/**
 * The bytes to store for the vendor's `image`: the same, when they are a sound JPEG of `size`
 * (WIDTHxHEIGHT as it was asked for; null: any); else a JPEG in sRGB of at most 4,096 px a side, without
 * metadata but the mark. Throws PROVIDER_MALFORMED when it does not decode.
 */
export async function resultPicture(image: Uint8Array, size: string | null): Promise<Uint8Array> {
  try {
    const valid = validateImage(image);
    return await decodes.run(1, async () =>
      (await isAsAskedFor(valid, image, size)) ? image : await encodeAgain(valid),
    );
  } catch (cause) {
    throw new TaskError('PROVIDER_MALFORMED', { cause });
  }
}

async function isAsAskedFor(
  valid: ValidImage,
  image: Uint8Array,
  size: string | null,
): Promise<boolean> {
  const { format, widthPx, heightPx, isPlainCmyk } = valid;
  const hasSize = size === null || `${widthPx}x${heightPx}` === size;
  return format === 'jpeg' && !isPlainCmyk && hasSize && isSound(image);
}

/** Is it whole, and does all of it decode (though to few pixels) without the least warning? */
async function isSound(jpeg: Uint8Array): Promise<boolean> {
  if (jpeg.at(-2) !== 0xff || jpeg.at(-1) !== 0xd9) return false;
  const options = {
    failOn: 'warning',
    limitInputPixels: MAX_PIXELS,
    sequentialRead: true,
  } as const;
  const decoding = sharp(jpeg, options).timeout({ seconds: TIME_LIMIT_SECONDS });
  return decoding
    .resize(16, 16, { fit: 'fill' })
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );
}

function encodeAgain(valid: ValidImage): Promise<Uint8Array> {
  return decodeImage(valid, LONGEST_SIDE_PX, (picture) =>
    picture.jpeg({ quality: JPEG_QUALITY }).withXmp(MADE_BY_A_MODEL).toBuffer(),
  );
}
