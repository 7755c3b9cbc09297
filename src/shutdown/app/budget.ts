/** How long an app gives itself to shut down, by what its manifest says. */

export interface Budget {
  /** Seconds from its SIGTERM on. */
  seconds: number;
  /** Where the number stands, as messages name it: a variable, an option, an annotation, a file; or whose default it is. */
  source: string;
  /** False: a default that the image may change, or a setting that the app may not read. Nothing is certain of it. */
  isSure: boolean;
}

/** What is longer is a mistake: a day, as `shutdownSeconds` has it. */
const longest = 86_400;

/** A budget; undefined where the seconds can't be read, or can't be meant. */
export function budget(seconds: number | undefined, source: string, isSure: boolean): Budget | undefined {
  return seconds !== undefined && seconds >= 0 && seconds <= longest ? { seconds, source, isSure } : undefined;
}
