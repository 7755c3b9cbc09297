import picomatch from "picomatch";

const matchers = new Map<string, (text: string) => boolean>();

/** Does a text match a glob (`*`, `?`, `[a-z]`, `{a,b}`, `!(x)`)? Compiled once each. */
export function matchesGlob(text: string, glob: string): boolean {
  let matcher = matchers.get(glob);
  if (!matcher) {
    matcher = picomatch(glob, { dot: true, nonegate: true });
    matchers.set(glob, matcher);
  }
  return matcher(text);
}

/** Can it be read as a glob? Brackets must close: what `web-[0-9` means is anyone's guess. */
export function isGlob(glob: string): boolean {
  try {
    picomatch(glob, { dot: true, nonegate: true, strictBrackets: true });
    return true;
  } catch {
    return false;
  }
}
