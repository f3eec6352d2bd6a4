/** Which session a stored value is about, as zod fields. */
import { z } from 'zod';
import { CHANNELS } from '../../ports/session.ts';

export const STORED_REF = {
  channel: z.enum(CHANNELS),
  ownerId: z.string(),
  sessionId: z.string(),
};
