/**
 * Ids as the operator types them.
 */
import { UsageError } from './answer.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id in lower case, as it stands in the database. Throws a UsageError for anything else. */
export function uuidOf(text: string): string {
  const id = text.trim().toLowerCase();
  if (!UUID.test(id)) throw new UsageError(`"${text}" is not an id: a UUID is needed.`);
  return id;
}
