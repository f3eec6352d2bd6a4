/**
 * What Replicate's answers mean in the worker's own errors: refusals of a request, and predictions
 * that ended without a picture.
 */
import { z } from 'zod';
import { TaskError } from '../../errors.ts';
import { codeOfStatus } from '../../http-client/paid-call.ts';
import { isBelievable, retryAfterMs } from '../../retry-after.ts';

export const Prediction = z.object({
  id: z.string().regex(/^\w{1,100}$/),
  status: z.string(),
  output: z.unknown().optional(),
  error: z.unknown().optional(),
  model: z.string().optional(),
  created_at: z.string().optional(),
  input: z.record(z.string(), z.unknown()).nullish(),
});
export type Prediction = z.infer<typeof Prediction>;

/** The codes and words with which models on Replicate report their safety filter. */
const SAFETY_TEXT = /\bE005\b|nsfw|sensitive|safety|moderation|content.policy/i;
/** "Request was throttled. Your rate limit resets in ~30s." */
const RESETS_IN = /resets in ~?(\d+(?:\.\d+)?)s/i;

/** The error of a request that was answered with something else than success. */
export async function refusalOf(answer: Response): Promise<TaskError> {
  const { status } = answer;
  const cause = new Error(`status ${status}`);
  // Everything in a request but the photos is our configuration, and the photos are valid JPEGs.
  if (status === 422)
    return new TaskError('PROVIDER_REFUSES_SERVICE', { detail: 'configuration', cause });
  const code = codeOfStatus(status) ?? 'GENERATION_FAILED';
  if (code === 'PROVIDER_BUSY') return busy(answer, cause);
  return new TaskError(code, { detail: status === 404 ? await whoSays404(answer) : null, cause });
}

const VendorError = z.object({ detail: z.string() });

/** `model_gone` where Replicate itself says that there is no such thing; `no_route` where a proxy or a gateway does. */
async function whoSays404(answer: Response): Promise<'model_gone' | 'no_route'> {
  const { success } = VendorError.safeParse(await answer.json().catch(() => null));
  return success ? 'model_gone' : 'no_route';
}

async function busy(answer: Response, cause: Error): Promise<TaskError> {
  const [, seconds] = RESETS_IN.exec(await answer.text()) ?? [];
  const waitMs = retryAfterMs(answer.headers) ?? Number(seconds) * 1000;
  return new TaskError('PROVIDER_BUSY', {
    cause,
    ...(isBelievable(waitMs) ? { retryAfterMs: waitMs } : {}),
  });
}

/** Why a prediction will not become a picture; null while it may, or has. */
export function endOf({ status, error }: Prediction): TaskError | null {
  switch (status) {
    case 'failed':
      return SAFETY_TEXT.test(String(error))
        ? new TaskError('MODERATION_BLOCKED')
        : new TaskError('PROVIDER_UNAVAILABLE', { detail: 'prediction_failed' });
    // Its deadline passed before it was begun: not billed.
    case 'aborted':
      return new TaskError('PROVIDER_UNAVAILABLE', { detail: 'not_started' });
    // Billed, if it had been begun.
    case 'canceled':
      return new TaskError('PROVIDER_OUTCOME_UNKNOWN', { detail: 'canceled' });
    default:
      return null;
  }
}

/** The link to the picture of a prediction that succeeded: a string, or the first of a list. */
export function linkIn({ output }: Prediction): string {
  const link = Array.isArray(output) ? output[0] : output;
  if (typeof link === 'string') return link;
  throw new TaskError('PROVIDER_MALFORMED', { detail: 'no_image' });
}
