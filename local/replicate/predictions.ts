/**
 * The predictions of the local Replicate: how one goes from `starting` to its end, and what it costs.
 */
import { randomBytes } from 'node:crypto';

export type Status = 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled' | 'aborted';

export interface LocalPrediction {
  readonly id: string;
  readonly model: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  status: Status;
  error: string | null;
  picture: Buffer | null;
  /** What it bills, USD: nothing until it succeeds, or is cancelled after its start. */
  billedUsd: number;
  /** Resolves at its end. */
  readonly ended: PromiseWithResolvers<void>;
}

/** Prices of `prunaai/p-image-try-on`, USD. */
const FIRST_GARMENT_USD = 0.015;
const FURTHER_GARMENT_USD = 0.008;

export function newPrediction(model: string, input: LocalPrediction['input']): LocalPrediction {
  return {
    id: randomBytes(13).toString('hex'),
    model,
    input,
    createdAt: new Date(),
    status: 'starting',
    error: null,
    picture: null,
    billedUsd: 0,
    ended: Promise.withResolvers<void>(),
  };
}

/** Whether it has ended. */
export function hasEnded({ status }: LocalPrediction): boolean {
  return status !== 'starting' && status !== 'processing';
}

/** Ends the prediction; before its start it is not billed, and a failed one never is. */
export function end(prediction: LocalPrediction, status: Status): void {
  if (hasEnded(prediction)) return;
  const wasBegun = prediction.status === 'processing';
  prediction.status = status;
  if (wasBegun && status !== 'failed') prediction.billedUsd = priceOf(prediction);
  prediction.ended.resolve();
}

function priceOf({ input }: LocalPrediction): number {
  const garments = Array.isArray(input.garment_images) ? input.garment_images.length : 1;
  return FIRST_GARMENT_USD + (garments - 1) * FURTHER_GARMENT_USD;
}

/** As the vendor shows it; `base` is where its links lead. */
export function view(prediction: LocalPrediction, base: string) {
  const { id, model, input, status, error, picture, createdAt } = prediction;
  return {
    id,
    model,
    version: 'hidden',
    input,
    logs: '',
    output: picture === null ? null : `${base.replace(/\/v1$/, '')}/files/${id}.jpg`,
    data_removed: false,
    error,
    source: 'api',
    status,
    created_at: createdAt.toISOString(),
    metrics: hasEnded(prediction) ? { predict_time: 1 } : {},
    urls: { get: `${base}/predictions/${id}`, cancel: `${base}/predictions/${id}/cancel` },
  };
}
