/** One attack of a stranger, and how far it may get. */
export interface Attack {
  /** What is tried, as a row of docs/security.md. */
  readonly name: string;
  /** What the stranger sends. */
  readonly sent: string;
  /** What is measured, with its unit. */
  readonly figure: string;
  /** What it was before there was a limit, as text; it is printed, never compared. */
  readonly before: string;
  /** The most that the figure may be. */
  readonly limit: number;
  /** Carries the attack out, against this machine alone, and ends what it started. Null where it cannot be tried here. */
  readonly measure: () => Promise<number | null>;
}
