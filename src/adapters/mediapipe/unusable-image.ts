/** What is wrong with an image that the pose engine could not read. */
import { TaskError } from '../../errors.ts';

/** The detail of INVALID_IMAGE; throws errors of another kind again. */
export function unusableDetail(error: unknown): string {
  if (!(error instanceof TaskError)) throw error;
  return error.detail ?? error.code;
}
