/** What becomes of a bug that a hook meets. */
let report: ((text: string) => void) | undefined;
const reported = new Set<string>();

/**
 * From now on an error in following a hook, which is a bug or a parser that can't be loaded, no longer ends the program:
 * it is reported, once, and the hook counts as one that can't be judged. For programs that people start: a preview goes
 * on. Tests don't call it, so that a bug throws.
 */
export function outliveFaults(to: (text: string) => void): void {
  report = to;
}

/** @throws the error, unless it is to be outlived */
export function fault(error: unknown): void {
  if (!report) throw error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (reported.has(text)) return;
  reported.add(text);
  report(
    `A preStop hook can't be judged, because of an error in apisix-graceful-termination. Please report it:\n${text}\n`,
  );
}
