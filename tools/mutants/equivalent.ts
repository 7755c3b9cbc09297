/** Mutants that no test can notice, as nothing changes: each with the reason. */
export interface Equivalent {
  file: string;
  /** The whole line, trimmed. */
  code: string;
  before: string;
  after: string;
  why: string;
}

export const equivalent: readonly Equivalent[] = [];
