/**
 * The private bucket with the pictures.
 * Every method throws a TaskError and nothing else: STORAGE_UNAVAILABLE unless said otherwise.
 */

/** The private bucket. Paths are relative to it. */
export interface ImageStore {
  /** Stores a JPEG, replacing what is there. An upload whose answer was lost counts when the bytes are there. */
  put(path: string, jpeg: Uint8Array): Promise<void>;
  /** A link that works until the picture is deleted, or null when no object is stored at `path`. */
  sign(path: string): Promise<string | null>;
  /** Removes up to 100 objects; fine where there is none. */
  remove(paths: readonly string[]): Promise<void>;
}
