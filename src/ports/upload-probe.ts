/** What all replicas know of uploads that fail: a picture that is paid may find no place. */

/**
 * While pictures' uploads fail, one task of all replicas at a time pays and probes with its picture.
 * The turn ends with the signal, or soon after its process has died.
 */
export interface UploadProbe {
  /** Throws STORAGE_UNAVAILABLE while uploads fail and a task has the turn. */
  check(): Promise<void>;
  /** As `check`; while uploads fail the task gets the turn, until `done` aborts. */
  enter(done: AbortSignal): Promise<void>;
  /** A paid picture's upload failed: its task gets the turn, if it is free. Never rejects. */
  failed(done: AbortSignal): Promise<void>;
  /** An upload worked. Never rejects. */
  succeeded(): Promise<void>;
}
