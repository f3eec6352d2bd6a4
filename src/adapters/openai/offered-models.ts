/** The vendor's list of models, as far as it makes sense. */
import { z } from 'zod';
import { malformed } from './errors.ts';

/** A model that the vendor offers; `shutdownDate` is YYYY-MM-DD, null while none is announced. */
export interface OfferedModel {
  readonly name: string;
  readonly shutdownDate: string | null;
}

const offeredModel = z.object({
  id: z.string(),
  shutdown_date: z
    .string()
    .transform((time) => time.slice(0, 10))
    .pipe(z.iso.date())
    .nullish()
    .catch(null),
});

/** The models in the list, without malformed entries. Throws PROVIDER_MALFORMED where it is not a list. */
export function offeredModels(list: unknown): OfferedModel[] {
  if (!Array.isArray(list)) throw malformed('no_models');
  return list.flatMap((item) => {
    const { data } = offeredModel.safeParse(item);
    return data === undefined ? [] : { name: data.id, shutdownDate: data.shutdown_date ?? null };
  });
}
