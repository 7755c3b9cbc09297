/**
 * What must hold before anything else is loaded. Whatever is started imports this first: on a Node that is too old, what
 * comes after it can't be loaded, or fails in the middle of a judgement.
 */

/** `engines` of package.json; a test compares them. */
export const supportedNode = "^20.19 || >=22.12";

/** Ends the process with one sentence on standard error, before anything is judged. */
export function refuseToStart(why: string): never {
  process.stderr.write(`apisix-graceful-termination: ${why}\n`);
  // "Unavailable" in sysexits.h; 1 would be read as findings.
  process.exit(69);
}

/** Is it a Node that has `require` of ES modules? @param version such as `22.12.0` */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 20 ? minor >= 19 : major === 22 ? minor >= 12 : major > 22;
}

if (!isSupportedNode(process.versions.node)) {
  refuseToStart(`it needs Node ${supportedNode}, and this is Node ${process.versions.node}.`);
}
