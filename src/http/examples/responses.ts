/** Answers of `/estimate-body` by status, under the names of their requests. */
import type { z } from 'zod';
import { publicText } from '../../errors.ts';
import { TRY_PHOTO_LATER } from '../../size-pipeline/recommend-size.ts';
import { INPUT_ADVICE } from '../../sizing/missing-inputs.ts';
import { PHOTO_ADVICE } from '../../sizing/photo-check.ts';
import { EN_13402_WOMEN, ORIGINAL_CHART } from '../../sizing/size-chart.ts';
import type { estimateBodyAnswer, estimateBodyRefusal } from '../estimate-body-schemas.ts';
import { REFUSALS, type RefusalKind } from '../refusal.ts';
import type { Example, ResponseNotes } from './notes.ts';

type Answer = z.input<typeof estimateBodyAnswer>;
type Refused = z.input<typeof estimateBodyRefusal>;

function refused(summary: string, code: RefusalKind, more: Partial<Refused> = {}): Example {
  const value: Refused = { detail: REFUSALS[code].detail, code, reasons: [], ...more };
  return { summary, value };
}

export const RESPONSES: Readonly<Record<string, ResponseNotes>> = {
  200: {
    description: 'Measurements and a size.',
    examples: {
      photo_and_height: {
        summary: 'A photo and a height',
        value: {
          recommended_size: 'M',
          measurements: {
            chest_cm: 89.9,
            waist_cm: 79.7,
            hip_cm: 98.7,
            shoulder_cm: 36.1,
            inseam_cm: 75.8,
          },
          confidence: 0.565,
          body_type: null,
          size_range: { lower: 'M', upper: 'L' },
          size_probabilities: { XS: 0, S: 0.047, M: 0.565, L: 0.375, XL: 0.013, XXL: 0 },
          uncertainty_cm: { chest_cm: 5.5, waist_cm: 6, hip_cm: 4.1 },
          estimator: 'calibrated',
          size_chart: { name: ORIGINAL_CHART.name, source: ORIGINAL_CHART.source },
          reasons: [
            { girth: 'chest', finding: 'under', by_cm: 2.1 },
            { girth: 'waist', finding: 'under', by_cm: 12.3 },
            { girth: 'hip', finding: 'in_range', by_cm: 0 },
          ],
          would_help: [{ input: 'weight_kg', advice: INPUT_ADVICE.weight_kg }],
        } satisfies Answer,
      },
      all_that_is_known: {
        summary: 'With weight, sex and age',
        value: {
          recommended_size: 'M',
          measurements: {
            chest_cm: 90.3,
            waist_cm: 80.1,
            hip_cm: 97.5,
            shoulder_cm: 35.8,
            inseam_cm: 75.8,
          },
          confidence: 0.492,
          body_type: 'average',
          size_range: { lower: 'S', upper: 'M' },
          size_probabilities: {
            XXS: 0,
            XS: 0.024,
            S: 0.445,
            M: 0.492,
            L: 0.039,
            XL: 0,
            XXL: 0,
            '3XL': 0,
          },
          uncertainty_cm: { chest_cm: 4.2, waist_cm: 4.7, hip_cm: 2.9 },
          estimator: 'calibrated',
          size_chart: { name: EN_13402_WOMEN.name, source: EN_13402_WOMEN.source },
          reasons: [{ girth: 'chest', finding: 'in_range', by_cm: 0 }],
          would_help: [],
        } satisfies Answer,
      },
      chart_of_a_garment: {
        summary: "By the garment's own chart",
        value: {
          recommended_size: 'M',
          measurements: {
            chest_cm: 89.5,
            waist_cm: 79.4,
            hip_cm: 97.5,
            shoulder_cm: 35.9,
            inseam_cm: 75.8,
          },
          confidence: 0.496,
          body_type: null,
          size_range: { lower: 'M', upper: 'L' },
          size_probabilities: { S: 0.133, M: 0.496, L: 0.324, XL: 0.047 },
          uncertainty_cm: { chest_cm: 4.3, waist_cm: 4.7, hip_cm: 2.9 },
          estimator: 'calibrated',
          size_chart: { name: 'linen_shirt', source: 'https://shop.example/linen-shirt' },
          reasons: [
            { girth: 'chest', finding: 'in_range', by_cm: 0 },
            { girth: 'waist', finding: 'under', by_cm: 3.5 },
          ],
          would_help: [],
        } satisfies Answer,
      },
    },
  },
  400: {
    description: 'The photo cannot be had, or is no usable picture.',
    examples: {
      expired_link: refused('The link leads nowhere', 'INVALID_IMAGE', {
        reasons: ['unreachable'],
        advice: [publicText('INVALID_IMAGE', 'unreachable.photo')],
      }),
      host_is_away: refused('The host of the photo has trouble', 'IMAGE_UNAVAILABLE', {
        reasons: ['status'],
        advice: [TRY_PHOTO_LATER],
      }),
    },
  },
  401: {
    description: 'The worker wants a secret and did not get it.',
    examples: { no_secret: refused('Without X-Worker-Secret', 'UNAUTHORIZED') },
  },
  422: {
    description: 'No person can be measured in this photo, or the request is not as described.',
    examples: {
      half_a_person: refused('The feet are not in the photo', 'PHOTO_NOT_USABLE', {
        reasons: ['feet_not_visible'],
        advice: [PHOTO_ADVICE.feet_not_visible],
      }),
      height_in_metres: {
        summary: 'A height in metres',
        value: {
          detail: [
            {
              type: 'greater_than_equal',
              loc: ['body', 'height_cm'],
              msg: 'Input should be greater than or equal to 100',
              input: 1.72,
              ctx: { ge: 100 },
            },
          ],
          code: 'INVALID_REQUEST',
          reasons: [],
        } satisfies Refused,
      },
    },
  },
  429: {
    description: 'This client asks too often.',
    retryAfter: true,
    examples: { too_often: refused('More than ESTIMATE_BODY_RATE_PER_MINUTE', 'RATE_LIMITED') },
  },
  500: {
    description: 'A defect of the worker.',
    examples: { defect: refused('The log says more', 'INTERNAL') },
  },
  503: {
    description: 'Not now: ask again.',
    retryAfter: true,
    examples: {
      starting: refused('The pose models are not loaded yet', 'MODEL_NOT_LOADED'),
      busy: refused('Too many photos wait already', 'BUSY'),
      took_too_long: refused('The answer would have come too late', 'TOOK_TOO_LONG'),
    },
  },
  default: {
    description:
      'What HTTP itself refuses, such as a body of another type than JSON: a problem (RFC 9457).',
    examples: {
      not_json: {
        summary: 'A body of another type',
        value: {
          type: 'about:blank',
          title: 'Unsupported Media Type',
          status: 415,
          detail: 'Unsupported Media Type',
        },
      },
    },
  },
};
