/** What redirections do before a command runs. */
import type { Redirection, Word } from "unbash";

const always = /^(?:\/dev\/null|"\/dev\/null"|\d)$/;
/** The container's output, by its names: it is there, but may not be opened. Or a descriptor that is closed. */
const output = /^-$|^\/(?:dev\/(?:std|fd)|proc\/(?:1|self)\/fd\/)/;

/**
 * `sure`: they succeed at once. `may fail`: they may. `may wait`: a file may be a named pipe without a reader, besides.
 */
export function riskOf(redirections: readonly Redirection[]): "sure" | "may fail" | "may wait" {
  let risk: ReturnType<typeof riskOf> = "sure";
  for (const redirection of redirections) {
    const target = targetOf(redirection)?.text ?? "";
    // A descriptor above 2 may not be open.
    if (always.test(target) && !/^[3-9]$/.test(target)) continue;
    if (!output.test(target)) return "may wait";
    risk = "may fail";
  }
  return risk;
}

export function targetOf(redirection: Redirection): Word | undefined {
  return redirection.type === "HereDoc" ? undefined : redirection.target;
}

// A file by its full name. The container's output by another name is still the hook's.
const file = String.raw`(?!/dev/(?:std|fd)|/proc)/[\w./-]+`;
const both = new RegExp(`^(?:>>?${file} 2>&1|&>>?${file}|>>?${file} 2>>?${file}|2>>?${file} >>?${file})$`);

/** Are both output and errors sent elsewhere than to where they came from, in one of the usual forms? */
export function redirectsBoth(redirections: readonly Redirection[]): boolean {
  const texts = redirections.map((redirection) => {
    const { descriptor, operator } = redirection;
    return `${descriptor?.type === "FileDescriptor" ? descriptor.value : ""}${operator}${targetOf(redirection)?.text ?? ""}`;
  });
  return both.test(texts.filter((text) => !text.startsWith("<")).join(" "));
}

/** Does a command get its input from somewhere else than the hook, whose input is empty? */
export function givesInput(redirections: readonly Redirection[]): boolean {
  return redirections.some(
    (redirection) =>
      redirection.type !== "Redirect" ||
      (/^</.test(redirection.operator) && targetOf(redirection)?.text !== "/dev/null"),
  );
}
