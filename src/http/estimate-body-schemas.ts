/** What `/estimate-body` takes and gives, as zod schemas; the API's documentation is made from them. */
import { z } from 'zod';
import { MAX_LINK_CHARACTERS, tidyLink } from '../images/link.ts';

/** The request: strict, so that a misspelt field is not silently ignored. */
export function estimateBodyRequest(chartNames: readonly string[]) {
  return z.strictObject({
    image_url: z
      .string()
      .trim()
      .max(MAX_LINK_CHARACTERS)
      .regex(/^https?:\/\//i)
      .refine((link) => URL.canParse(tidyLink(link)))
      .meta({ format: 'uri' })
      .describe(
        'A photo of the whole person from the front: JPEG, PNG or WebP, at most 10 MB; on the host of SUPABASE_URL or another that ESTIMATE_BODY_HOSTS allows',
      ),
    height_cm: z.number().min(100).max(250).describe('Barefoot'),
    weight_kg: z.number().min(30).max(250).optional().describe('Makes the answer much better'),
    sex: z.enum(['female', 'male']).optional(),
    age: z.number().min(18).max(100).optional().describe('In years'),
    size_chart: z.enum(chartNames).optional().describe('Default: original'),
  });
}

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
    estimator: z.enum(['calibrated', 'classic']),
    size_chart: z.object({ name: z.string(), source: z.string() }),
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
