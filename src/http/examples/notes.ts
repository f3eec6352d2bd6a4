/** The parts of an operation that its schemas do not say. */

export interface Example {
  readonly summary: string;
  readonly value: unknown;
}

export interface ResponseNotes {
  readonly description: string;
  /** The answer says in seconds when to ask again. */
  readonly retryAfter?: true;
  readonly examples: Readonly<Record<string, Example>>;
}

export interface OperationNotes {
  /** The name of the function in generated clients. */
  readonly operationId: string;
  readonly description: string;
  readonly requests?: Readonly<Record<string, Example>>;
  /** By status; `default` is what HTTP itself has to say. */
  readonly responses: Readonly<Record<string, ResponseNotes>>;
}
