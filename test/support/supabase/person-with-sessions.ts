/** Rows to read and write through the local PostgREST. */
import assert from 'node:assert/strict';
import { createPerson, type Platform } from '../../../local/platform.ts';

/** A person with sessions of these statuses, oldest first. */
export async function personWith(
  platform: Platform,
  statuses: readonly string[],
): Promise<{ userId: string; ids: string[] }> {
  const { userId } = await createPerson(platform);
  const rows = statuses.map((status, index) => ({
    user_id: userId,
    status,
    model_image_url: `https://photos.test/${index}, (front).jpg`,
    prompt_system: 'p',
    created_at: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
  }));
  const { data, error } = await platform.supabase
    .from('generation_sessions')
    .insert(rows)
    .select('id');
  assert.equal(error, null);
  return { userId, ids: (data ?? []).map(({ id }) => String(id)) };
}
