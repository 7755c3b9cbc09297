/** What redirections say before they are made. */
import type { Command, Redirection } from "unbash";

/** Are both output and errors sent elsewhere than to where they came from? */
export function redirectsBoth(redirections: readonly Redirection[]): boolean {
  let [output, errors] = [true, true];
  for (const redirection of redirections) {
    if (redirection.type !== "Redirect") continue;
    const { operator, target } = redirection;
    const descriptor = redirection.descriptor?.type === "FileDescriptor" ? redirection.descriptor.value : undefined;
    if (operator === "&>" || operator === "&>>") [output, errors] = [false, false];
    else if (operator === ">&" && target?.value === "1" && descriptor === 2) errors = output;
    else if (operator === ">&" && target?.value === "2" && (descriptor ?? 1) === 1) output = errors;
    else if (operator === ">" || operator === ">>" || operator === ">|") {
      // The container's output by another name is still the container's output, not the hook's.
      const elsewhere =
        target?.parts === undefined && !/^\/(dev\/(std|fd)|proc\/self)/.test(target?.value ?? "/dev/fd");
      if ((descriptor ?? 1) === 1) output = !elsewhere;
      if (descriptor === 2) errors = !elsewhere;
    } else if (descriptor !== 0 && !operator.startsWith("<")) return false;
  }
  return !output && !errors;
}

/**
 * dash doesn't know `&>`: it puts the command into the background, and then makes an empty file. Undefined where there
 * is no `&>`.
 */
export function splitAmpersand(command: Command): { command: Command; rest: Command } | "unclear" | undefined {
  const at = command.suffix.findIndex((part) => part.type === "Redirect" && part.operator.startsWith("&>"));
  if (at < 0) return undefined;
  if (at !== command.suffix.length - 1 || !command.name) return "unclear";
  const suffix = command.suffix.slice(0, at);
  const redirection = command.suffix[at];
  if (redirection?.type !== "Redirect") return "unclear";
  const { pos, end } = redirection;
  const opened: Redirection = { ...redirection, operator: redirection.operator === "&>" ? ">" : ">>" };
  return {
    command: {
      ...command,
      suffix,
      args: command.args,
      redirects: command.redirects.filter((other) => other !== redirection),
    },
    rest: { type: "Command", pos, end, name: undefined, prefix: [], suffix: [opened], args: [], redirects: [opened] },
  };
}
