/** The platform's list of tasks, the intake list that a task passes through, and the dead letters. */
export interface TaskSource {
  /**
   * Moves the oldest tasks, `most` at the most, to the intake list in one step; oldest first, none
   * when none came within `waitSeconds`, or while the operator drains. Of a message over
   * MAX_TASK_BYTES only the first MAX_TASK_BYTES + 1 are moved, never all of it.
   */
  take(waitSeconds: number, most: number): Promise<Buffer[]>;
  /** What is on the intake list: tasks whose hand-over was cut short, or is under way elsewhere. */
  leftovers(): Promise<Buffer[]>;
  /** Takes the task off the intake list; false when another hand-over of it has done so. */
  acknowledge(raw: Buffer): Promise<boolean>;
  /** Moves the task from the intake list to the dead letters, once, however often it is called. */
  bury(raw: Buffer, letter: DeadLetter): Promise<void>;
  /** Keeps a dead letter of a task that had already left the list. Only the latest letters are kept. */
  keepDeadLetter(letter: DeadLetter): Promise<void>;
  /** Removes the dead letters from before `before`; returns how many. */
  dropLettersBefore(before: Date): Promise<number>;
  /** The session ids that wait on the list or the intake list. */
  waitingSessionIds(): Promise<Set<string>>;
}

/** A task that can never become a picture, with the reason, kept for the operator. */
export interface DeadLetter {
  readonly reason: string;
  readonly at: string;
  readonly sessionId: string | null;
  /** The message as it came (base64 when it is not text), cut at 32 KiB. */
  readonly raw: string;
  /** Of the whole message; its letter cannot be replayed when `raw` was cut. */
  readonly sizeBytes?: number;
}
