/** What `/estimate-body` takes and gives, as zod schemas; the API's documentation is made from them. */
import { z } from 'zod';
import { MAX_LINK_CHARACTERS, tidyLink } from '../images/link.ts';
import { ESTIMATOR_NAMES } from '../sizing/body-estimate.ts';
import { INPUT_ADVICE, type MissingInput } from '../sizing/missing-inputs.ts';
import { GIRTHS } from '../sizing/person.ts';
import { inlineChart } from '../sizing/size-chart-schema.ts';
import { WANTED_FITS } from '../sizing/wanted-fit.ts';

/**
 * The request: strict, so that a misspelt field is not silently ignored. `takesCharts`: whether the
 * estimator recommends sizes of charts in the request too.
 */
export function estimateBodyRequest(chartNames: readonly string[], takesCharts: boolean) {
  const named = z.enum(chartNames);
  const chart = takesCharts ? z.union([named, inlineChart]) : named;
  return z.strictObject({
    image_url: z
      .string()
      .trim()
      .max(MAX_LINK_CHARACTERS)
      .regex(/^https?:\/\//i, { abort: true })
      .refine((link) => URL.canParse(tidyLink(link)))
      .meta({ format: 'uri' })
      .describe(
        'A photo of the whole person from the front: JPEG, PNG or WebP, at most 10 MB; on the host of SUPABASE_URL or another that ESTIMATE_BODY_HOSTS allows',
      ),
    height_cm: z.number().min(100).max(250).describe('Barefoot'),
    weight_kg: z.number().min(30).max(250).optional().describe('Makes the answer much better'),
    sex: z.enum(['female', 'male']).optional(),
    age: z.number().min(18).max(100).optional().describe('In years'),
    size_chart: chart
      .optional()
      .describe('The name of a chart, or a chart of your own. Default: original'),
    fit: z
      .enum(takesCharts ? WANTED_FITS : ['regular'])
      .optional()
      .describe('slim: half a size smaller; loose: half a size larger. Default: regular'),
  });
}

/** As it is sent. */
export type EstimateBodyInput = z.input<ReturnType<typeof estimateBodyRequest>>;
/** As it was understood. */
export type EstimateBodyRequest = z.infer<ReturnType<typeof estimateBodyRequest>>;

export const estimateBodyQuery = z.object({
  include: z.enum(['landmarks']).optional().describe('Adds what was seen in the photo'),
});

const cm = z.number().positive();

const landmark = z.object({
  x: z.number().describe('Fraction of the image width'),
  y: z.number().describe('Fraction of the image height'),
  z: z.number().describe('Depth in fractions of the image width'),
  visibility: z.number(),
  presence: z.number(),
});

const worldLandmark = z.object({
  x: z.number(),
  y: z.number(),
  z: z.number(),
  visibility: z.number(),
});

export const estimateBodyAnswer = z
  .object({
    recommended_size: z.string(),
    measurements: z
      .object({
        chest_cm: cm,
        waist_cm: cm.describe('At the navel'),
        hip_cm: cm,
        shoulder_cm: cm,
        inseam_cm: cm.optional(),
      })
      .describe('The platform accepts no other keys here'),
    confidence: z.number().min(0).max(1).describe('Probability that the recommended size is right'),
    body_type: z.enum(['athletic', 'slim', 'average', 'broad']).nullable(),
    size_range: z.object({ lower: z.string(), upper: z.string() }),
    size_probabilities: z.record(z.string(), z.number()).nullable(),
    uncertainty_cm: z
      .object({ chest_cm: z.number(), waist_cm: z.number(), hip_cm: z.number() })
      .nullable()
      .describe('One standard deviation of the error'),
    estimator: z.enum(ESTIMATOR_NAMES),
    size_chart: z.object({ name: z.string(), source: z.string() }),
    reasons: z
      .array(
        z.object({
          girth: z.enum(GIRTHS),
          finding: z
            .enum(['in_range', 'under', 'over'])
            .describe('How the girth lies to the range of the recommended size'),
          by_cm: z.number().min(0).describe('How far outside of the range; 0 inside'),
        }),
      )
      .describe('Why this size: the girths that the chart looks at'),
    would_help: z
      .array(
        z.object({
          input: z.enum(Object.keys(INPUT_ADVICE) as MissingInput['input'][]),
          advice: z.string().describe('For the person in the photo'),
        }),
      )
      .describe(
        'What would make the size more certain, the most useful first; empty when it is certain, or nothing is known that helps',
      ),
    landmarks: z.array(landmark).optional().describe('33 points, with ?include=landmarks'),
    world_landmarks: z.array(worldLandmark).optional().describe('The same in metres'),
    photo_findings: z
      .array(z.object({ reason: z.string(), advice: z.string() }))
      .optional()
      .describe('What the photo check has to say'),
  })
  .meta({ id: 'BodyEstimate' });

const fieldError = z.object({
  type: z.string(),
  loc: z.array(z.union([z.string(), z.number()])),
  msg: z.string(),
  input: z.unknown(),
  ctx: z.record(z.string(), z.unknown()).optional(),
});

export const estimateBodyRefusal = z
  .object({
    detail: z.union([z.string(), z.array(fieldError)]),
    code: z.string().describe('Stable, for machines'),
    reasons: z.array(z.string()).describe('What exactly is wrong; may be empty'),
    advice: z.array(z.string()).optional().describe('For the person in the photo, one a reason'),
  })
  .meta({ id: 'Refusal' });

/** What HTTP itself refuses (RFC 9457); the server sends it. */
export const problem = z
  .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string() })
  .meta({ id: 'Problem' });
