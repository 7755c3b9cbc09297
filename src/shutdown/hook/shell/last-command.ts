/** The command that a script ends with. */
import type { AndOr, Command, PipelineNode } from "unbash";
import type { Maybe } from "../../../kubernetes/values";
import type { Environment } from "../environment";
import { TooHard } from "../too-hard";
import { initial } from "./state";
import { read, type Dialect, type Syntax } from "./syntax";
import { begin, fieldsOf, type Field } from "./words";

/**
 * The words of the command that is the last one of a script, if nothing goes wrong before it; undefined where a script
 * ends with something else, may end before, or can't be read for sure. Variables that commands before it may set are
 * unknown.
 */
export function lastCommand(script: string, dialect: Dialect, environment: Environment): Field[] | undefined {
  const syntax = readOrGiveUp(script, dialect);
  const last = syntax?.statements.at(-1);
  if (!syntax || !last || last.background || syntax.functions.size > 0) return undefined;
  const command = lastOf(last.command);
  if (!command?.name || mayEndBefore(script.slice(0, command.pos))) return undefined;
  const isAlone = syntax.statements.length === 1 && last.command === command && command.prefix.length === 0;
  const line = begin(initial(isAlone ? environment : new Map<string, Maybe<string>>()));
  const context = {
    ...{ environment, stopSignal: undefined, isReadOnly: false, isInputEmpty: true },
    ...{ budget: { steps: 0 }, notes: new Set<never>(), depth: 0 },
  };
  const shell = {
    ...{ dialect, context, functions: syntax.functions, loops: 0, loopsOutside: false, isOutputSure: true },
    options: { errexit: false, nounset: false, pipefail: false },
    substitute: () => ({}),
  };
  return [command.name, ...command.args].flatMap((word) => fieldsOf(word, line, shell));
}

/** Does another program take the shell's place, or does it end? `exec 2>&1` and `|| exit 1` don't. */
function mayEndBefore(script: string): boolean {
  return /\bexec\s+[^\s\d<>&]|\bexit\b(?!\s+[1-9])/.test(script);
}

function readOrGiveUp(script: string, dialect: Dialect): Syntax | undefined {
  try {
    const syntax = read(script, dialect);
    return syntax === "refused" ? undefined : syntax;
  } catch (failure) {
    if (failure instanceof TooHard) return undefined;
    throw failure;
  }
}

function lastOf(node: PipelineNode | AndOr): Command | undefined {
  if (node.type === "Command") return node;
  if (node.type !== "AndOr" || node.operators.some((operator) => operator !== "&&")) return undefined;
  const last = node.commands.at(-1);
  return last?.type === "Command" ? last : undefined;
}
