/** What a request of `/estimate-body` leaves in log and metrics. */
import { createHash } from 'node:crypto';
import { TaskError } from '../errors.ts';
import type { SizeEvent } from '../ports/events.ts';
import type { Refusal } from './refusal.ts';

/** The event that a refusal leaves in the log, or null for those that are the client's affair. */
export function eventOfRefusal(refusal: Refusal, requestId: string): SizeEvent | null {
  switch (refusal.code) {
    case 'INVALID_IMAGE':
    case 'IMAGE_UNAVAILABLE': {
      const { cause } = refusal;
      const error = cause instanceof TaskError ? cause : new TaskError(refusal.code);
      return { event: 'size_rec_image_download_failed', requestId, error };
    }
    case 'PHOTO_NOT_USABLE':
      return { event: 'size_rec_pose_estimation_failed', requestId, reasons: refusal.reasons };
    case 'MODEL_NOT_LOADED':
      return { event: 'size_rec_model_not_loaded', requestId };
    case 'BUSY':
      return { event: 'size_rec_request_shed', requestId, reason: 'busy' };
    case 'TOOK_TOO_LONG':
      return { event: 'size_rec_request_shed', requestId, reason: 'took_too_long' };
    default:
      return null;
  }
}

/** Enough to tell links apart in the log, too little to open one. */
export function hashOfUrl(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 12);
}
