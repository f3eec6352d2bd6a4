/**
 * The error catalogue: every way a task can go wrong, what it means, what the shopper reads,
 * and what happens next.
 */

/**
 * `final`: fail and refund. `transient`: try again inside the deadline. `operational`: no task can
 * succeed now, so the circuit breaker opens and tasks wait until their deadline.
 */
export type Kind = 'final' | 'transient' | 'operational';

export interface CatalogueEntry {
  readonly meaning: string;
  readonly kind: Kind;
  /** How often a task may meet a transient error before it is final; without it the deadline bounds it. */
  readonly tries?: number;
  /** The customer's own doing: the success rate of alerts and dashboards leaves it out. */
  readonly isByCustomer?: true;
  /**
   * Why it failed, as the shopper may read it, by detail. Names no vendor, host, URL or exception,
   * and nothing of the payment (failure-text.ts). `{image}` stands for the image that it is about.
   */
  readonly publicTexts: { readonly default: string; readonly [detail: string]: string };
  /**
   * What was written before, by detail, oldest first: rows still hold it, and it must be recognised.
   * A public text that changes moves here, with its `{image}`; nothing is ever removed.
   */
  readonly formerTexts?: Readonly<Record<string, readonly string[]>>;
}

const TRY_AGAIN = 'The picture could not be made. Please try again.';
const FORMER_TRY_AGAIN =
  'The picture could not be made. Your credit has been returned; please try again.';

export const CATALOGUE = {
  MODERATION_BLOCKED: {
    meaning: 'The image model refused the photos or the prompt for safety reasons.',
    kind: 'final',
    isByCustomer: true,
    publicTexts: {
      default:
        'The images were flagged by a safety filter. Please use other images that follow the content guidelines.',
    },
  },
  INVALID_IMAGE: {
    meaning: 'A photo of the task cannot be fetched or is not a usable picture.',
    kind: 'final',
    isByCustomer: true,
    publicTexts: {
      default: '{image} could not be used. Please upload it again as JPEG, PNG or WebP.',
      unreachable:
        '{image} could not be opened. Its link may have expired; please upload it again.',
      no_picture:
        '{image} has a link to a web page instead of an image. It may have expired; please upload the image again.',
      encoded:
        '{image} has a link that delivers it compressed, so that it cannot be read. Please upload the image itself.',
      refused: '{image} has a link that is not allowed. Please upload it and try again.',
      too_large: '{image} is too large. Please use an image of at most 10 MB and 50 megapixels.',
      side_too_long:
        '{image} is too long or too wide. Please use an image of at most 16,384 pixels a side.',
      too_small:
        '{image} is too small to see anything in it. Please use an image of at least 64 pixels a side.',
      animated: '{image} is an animation. Please use a picture that does not move.',
      too_many_scans:
        '{image} is stored in a way that takes too long to open. Please save it again as an ordinary JPEG.',
      too_costly:
        '{image} is stored in a way that takes too much memory to open. Please save it again as an ordinary JPEG (not progressive), or smaller.',
      unsupported: '{image} is in an unsupported format. Please use JPEG, PNG or WebP.',
      heic: '{image} is a HEIC photo, which cannot be used here. Please save it as JPEG.',
      unusual_jpeg:
        '{image} is a JPEG of a kind that few programs can open. Please save it again as an ordinary JPEG.',
      unreadable: '{image} is damaged and could not be read. Please upload it again.',
      too_many: 'There are too many images in this request. Please use fewer images.',
    },
    formerTexts: {
      refused: ['One of the image links is not allowed. Please upload the image and try again.'],
      no_picture: [
        'One of the links leads to a web page instead of an image. It may have expired; please upload the image again.',
      ],
      encoded: [
        'One of the links delivers its file compressed, so that it cannot be read. Please upload the image itself.',
      ],
      heic: [
        '{image} is in the HEIC format of phones, which cannot be used. Please save it as JPEG.',
      ],
    },
  },
  PERSON_UNUSABLE: {
    meaning:
      'The photo of the person shows no person that an image model could dress (PERSON_CHECK=enforce); nothing was paid.',
    kind: 'final',
    isByCustomer: true,
    publicTexts: {
      default:
        'We cannot find a person in the photo of the person. Please use a photo that shows the person to be dressed.',
      too_small:
        'The person is far too small in the photo. Please use a photo taken from closer by.',
      too_dark: 'The photo of the person is too dark. Please use a photo taken in better light.',
    },
    formerTexts: {
      default: [
        'Nobody can be made out in the photo of the person. Please use a photo that shows the person to be dressed.',
      ],
    },
  },
  INVALID_TASK: {
    meaning: 'The message on the list is not a task that this worker can carry out.',
    kind: 'final',
    isByCustomer: true,
    publicTexts: { default: 'The request could not be processed.' },
    formerTexts: {
      default: ['The request could not be processed. Your credit has been returned.'],
    },
  },
  GENERATION_FAILED: {
    meaning:
      'The image model refused the request for good, its answers were unusable twice, the task has used up its paid calls, or no provider takes such a task.',
    kind: 'final',
    publicTexts: { default: TRY_AGAIN },
    formerTexts: { default: [FORMER_TRY_AGAIN] },
  },
  DEADLINE_EXCEEDED: {
    meaning: 'The task was not done before its deadline; nothing is paid after it.',
    kind: 'final',
    publicTexts: {
      default: 'The picture took too long to make. Please try again.',
    },
    formerTexts: {
      default: [
        'The picture took too long to make. Your credit has been returned; please try again.',
      ],
    },
  },
  ABANDONED: {
    meaning: 'The session was lost: no one works on it any more, or its attempts kept crashing.',
    kind: 'final',
    publicTexts: { default: TRY_AGAIN },
  },
  IMAGE_UNAVAILABLE: {
    meaning:
      'A photo could not be fetched right now (host down or slow, time-out, 5xx), or not be decoded in time.',
    kind: 'transient',
    tries: 2,
    publicTexts: {
      default: '{image} could not be opened. Please upload it again.',
    },
  },
  PROVIDER_BUSY: {
    meaning: 'The image model limits the rate or is overloaded; nothing was billed.',
    kind: 'transient',
    publicTexts: { default: TRY_AGAIN },
  },
  PROVIDER_UNAVAILABLE: {
    meaning:
      'The image model answered with a server error or could not be reached. Not reached is not billed; after a 5xx that is likely but not known, so OPENAI_MAX_RETRIES bounds the calls.',
    kind: 'transient',
    publicTexts: { default: TRY_AGAIN },
  },
  PROVIDER_MODEL_REPLACED: {
    meaning:
      'The vendor has shut the image model down; nothing was billed. The next attempt asks its successor.',
    kind: 'transient',
    publicTexts: { default: TRY_AGAIN },
  },
  PROVIDER_OUTCOME_UNKNOWN: {
    meaning:
      'The connection broke or timed out after the request was sent, or a proxy lost the answer (504, 520, 524): it may have been billed, so the call is repeated once.',
    kind: 'transient',
    tries: 2,
    publicTexts: { default: TRY_AGAIN },
  },
  PROVIDER_MALFORMED: {
    meaning:
      'The image model answered 200 without a usable image, or a proxy refused the call with a page of its own.',
    kind: 'transient',
    tries: 2,
    publicTexts: { default: TRY_AGAIN },
  },
  PICTURE_REJECTED: {
    meaning:
      'The picture failed the picture check (PICTURE_CHECK=enforce) and was not delivered. It was paid for; one more is made.',
    kind: 'transient',
    tries: 2,
    publicTexts: {
      default:
        'The picture did not turn out well enough to show. Please try again, if possible with another photo.',
    },
  },
  PROVIDER_REFUSES_SERVICE: {
    meaning:
      'No call can succeed at the moment: key refused, quota or budget spent, model shut down, or a parameter of our configuration refused.',
    kind: 'operational',
    publicTexts: { default: TRY_AGAIN },
  },
  INTERNAL: {
    meaning: 'The worker met an error that it does not know: a defect to be fixed.',
    kind: 'transient',
    tries: 3,
    publicTexts: { default: TRY_AGAIN },
  },
  STORAGE_UNAVAILABLE: {
    meaning: 'The database or the storage did not answer, or answered with a server error.',
    kind: 'transient',
    publicTexts: { default: TRY_AGAIN },
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof CATALOGUE;
export const ERROR_CODES = Object.keys(CATALOGUE) as [ErrorCode, ...ErrorCode[]];
