/** What redirections do before a command runs. */
import type { Redirection, Word } from "unbash";

const always = /^(?:\/dev\/null|"\/dev\/null"|\d|-)$/;
/** The container's output, by its names: it is there, but may not be opened. */
const output = /^\/(?:dev\/(?:std|fd)|proc\/(?:1|self)\/fd\/)/;

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

/** Are both output and errors sent elsewhere than to where they came from? */
export function redirectsBoth(redirections: readonly Redirection[]): boolean {
  let [own, errors] = [true, true];
  for (const redirection of redirections) {
    if (redirection.type !== "Redirect") return false;
    const descriptor = redirection.descriptor?.type === "FileDescriptor" ? redirection.descriptor.value : undefined;
    const target = redirection.target?.text ?? "";
    const { operator } = redirection;
    if (operator.startsWith("<")) {
      if ((descriptor ?? 0) !== 0) return false;
    } else if (operator === ">&") {
      if (target === "1" && descriptor === 2) errors = own;
      else if (target === "2" && (descriptor ?? 1) === 1) own = errors;
      else return false;
    } else {
      // The container's output by another name is still the container's output, not the hook's.
      const isOwn = !/^\/[\w./-]+$/.test(target) || /^\/(?:dev\/(?:std|fd)|proc\/self)/.test(target);
      if (operator.startsWith("&")) [own, errors] = [isOwn, isOwn];
      else if ((descriptor ?? 1) === 1) own = isOwn;
      else if (descriptor === 2) errors = isOwn;
      else return false;
    }
  }
  return !own && !errors;
}

/** Does a command get its input from somewhere else than the hook, whose input is empty? */
export function givesInput(redirections: readonly Redirection[]): boolean {
  return redirections.some(
    (redirection) =>
      redirection.type !== "Redirect" ||
      (/^</.test(redirection.operator) && targetOf(redirection)?.text !== "/dev/null"),
  );
}
