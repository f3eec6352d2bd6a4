/**
 * What `GET /v1/models` of the local image model lists: the vendor's image models that are alive.
 */
import { describeModel } from '../../src/adapters/openai/catalogue.ts';

/** Names and the days on which they were brought out. */
const MODELS: Readonly<Record<string, string>> = {
  'gpt-image-2': '2026-04-21',
  'gpt-image-2.5-flare': '2026-09-08',
  'gpt-image-2.5-sunburst': '2026-09-08',
  'gpt-image-2.6-flare': '2026-11-04',
  'gpt-image-2.6-sunburst': '2026-11-04',
};

export function offeredModels() {
  return Object.entries(MODELS).map(([id, day]) => ({
    id,
    object: 'model',
    created: Date.parse(day) / 1000,
    owned_by: 'system',
    shutdown_date: describeModel(id)?.shutdownDate ?? null,
  }));
}
