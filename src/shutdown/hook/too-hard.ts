/** What the evaluator throws when it gives up on a command: the answer is "can't tell". Any other error is a bug. */
export class TooHard extends Error {
  /** @param because the end of a sentence that begins with "its preStop hook" */
  constructor(readonly because: string) {
    super(because);
  }
}
