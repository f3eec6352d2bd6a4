/** What all replicas share about failing uploads: while they fail, a paid picture cannot be stored. */

/**
 * While pictures' uploads fail, one task of all replicas at a time pays and probes with its picture.
 * The probe ends with the signal, or soon after its process has died.
 */
export interface UploadProbe {
  /** Throws STORAGE_UNAVAILABLE while uploads fail and a task probes. */
  assertMayPay(): Promise<void>;
  /** As `assertMayPay`; while uploads fail the task becomes the probe, until `done` aborts. */
  enter(done: AbortSignal): Promise<void>;
  /** A paid picture's upload failed: its task becomes the probe, if there is none. Never rejects. */
  failed(done: AbortSignal): Promise<void>;
  /** An upload worked. Never rejects. */
  succeeded(): Promise<void>;
}
