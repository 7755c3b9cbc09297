/**
 * Does SIGTERM reach the app? It goes to PID 1 of each container, and a shell that is PID 1 never passes it on: the app
 * hears it only if it is PID 1 itself, because the shell has replaced itself with it (`exec`).
 *
 * Whether a shell does that with the last command of a `-c` script by itself depends on the shell: upstream's dash,
 * bash and busybox's ash do in the forms that docs/signals.md lists; Debian's dash, on which Ubuntu's is based, never does
 * (debian/patches/0004-SHELL-Disable-sh-c-command-sh-c-exec-command-optimiza.diff). No shell can while a command of the
 * script is still to come.
 */
import type { AndOr, Command, CommandNode, PipelineNode, Statement, Word } from "unbash";
import { get, getList, unknown, type Maybe } from "../../kubernetes/values";
import type { Container } from "../../kubernetes/workload";
import { environmentOf, expand } from "../hook/environment";
import { baseName } from "../hook/names";
import { anything, type Arguments, type Context } from "../hook/programs/call";
import { wrappers } from "../hook/programs/wrappers";
import { dialectOf, isSteered, readArguments } from "../hook/shell";
import { builtinOf } from "../hook/shell/builtins";
import { read } from "../hook/shell/syntax";
import { TooHard } from "../hook/too-hard";
import { hasBusyboxShell } from "../image";

/**
 * - `passes`: PID 1 is no shell that stays. Whether the program handles the signal is its own affair.
 * - `never`: a shell stays PID 1 in every version of it, and the app is its child.
 * - `may be lost`: some shells that this one may be do.
 * - `unclear`: it can't be seen from here.
 */
export type Signal = "passes" | "never" | "may be lost" | "unclear";

/** Wrappers in wrappers, and shells in shells, are followed that deep. */
const deepest = 20;
const mostElements = 1_000;

/**
 * What becomes of a container's SIGTERM, by its `command` and `args`: without a command, the image's own entry point
 * decides. No command makes it throw.
 */
export function signalOf(container: Pick<Container, "body">): Signal {
  const argv = argvOf(container.body);
  if (argv === undefined || argv.length > mostElements) return "unclear";
  try {
    return ofProgram(argv, { environment: environmentOf(container.body), isBusybox: hasBusyboxShell(container) }, 0);
  } catch (failure) {
    if (failure instanceof TooHard) return "unclear";
    throw failure;
  }
}

/**
 * What the container starts: `command` replaces the image's ENTRYPOINT, `args` its CMD; undefined where the ENTRYPOINT
 * stays. https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
 */
function argvOf(container: object): Maybe<string>[] | undefined {
  const command = getList(container, "command");
  const args = getList(container, "args") ?? [];
  if (command === undefined || command === unknown || args === unknown || command.length === 0) return undefined;
  const environment = environmentOf(container);
  // Services and `envFrom` set further variables: `$(date)` is the shell's, unless one of them is called so.
  const isOpen = ["env", "envFrom"].some((field) => get(container, field) !== undefined) && environment.size === 0;
  const mayBeSet = (name: string) =>
    isOpen || get(container, "envFrom") !== undefined ? /^[\w.-]+$/.test(name) : /^[A-Z][A-Z0-9_]*$/.test(name);
  return [...command, ...args].map((each) =>
    typeof each === "string" ? expand(each, environment, mayBeSet) : unknown,
  );
}

interface Given {
  environment: Context["environment"];
  /** Is `sh` busybox's? */
  isBusybox: boolean;
}

function ofProgram(argv: Arguments, given: Given, depth: number): Signal {
  const [first, ...args] = argv;
  if (first === undefined || first === unknown || depth > deepest) return "unclear";
  const name = baseName(first);
  if (dialectOf(name)) return ofShell(name === "sh" && given.isBusybox ? "ash" : name, args, given, depth);
  if (!Object.hasOwn(wrappers, name)) return "passes";
  const started = startedBy(name, args, given);
  if (!started) return "unclear";
  switch (name) {
    case "busybox":
      return ofProgram(started, { ...given, isBusybox: true }, depth + 1);
    case "dumb-init":
    case "tini": {
      // They pass it on to the process group, or to the shell alone: that dies, and the app with it, by SIGKILL.
      const own = args.slice(0, args.length - started.length);
      const isGroup =
        name === "tini" ? own.includes("-g") : !own.some((arg) => /^(?:-c|--single-child)$/.test(String(arg)));
      if (isGroup) return "passes";
      const inner = ofProgram(started, given, depth + 1);
      return inner === "never" ? "may be lost" : inner;
    }
    case "env":
    case "gosu":
    case "ionice":
    case "nice":
    case "nohup":
    case "stdbuf":
    case "su-exec":
      return ofProgram(started, given, depth + 1);
    default:
      // The others stay, and do something of their own with a signal.
      return "unclear";
  }
}

/** The command that a wrapper starts. */
function startedBy(name: string, args: Arguments, { environment }: Given): Arguments | undefined {
  const context = { stopSignal: undefined, isReadOnly: false, isInputEmpty: true, budget: { steps: 1 } };
  let started: Arguments | undefined;
  wrappers[name]?.(args, { ...context, environment, notes: new Set(), depth: 0 }, (argv) => {
    started = argv;
    return anything;
  });
  return started;
}

function ofShell(name: string, args: Arguments, given: Given, depth: number): Signal {
  const reading = readArguments(args, dialectOf(name) ?? "any");
  const source = reading.does === "script" ? args[reading.at] : undefined;
  if (reading.does !== "script" || source === undefined || source === unknown) return "unclear";
  if (isSteered(given.environment)) return "unclear";
  const syntax = read(source, dialectOf(name) ?? "any");
  if (syntax === "refused") return "unclear";
  const found: Found = { programs: [], functions: syntax.functions, mayHandle: false, hasJobs: false, isSure: true };
  list(syntax.statements, { isLast: true, isPlain: true, isForked: false }, found);
  if (found.mayHandle || found.programs.length === 0) return "unclear";

  const inner = (programs: readonly Program[]) => ofProgram(programs.at(-1)?.argv ?? [], given, depth + 1);
  const replacing = found.programs.filter(({ place }) => place === "exec");
  if (replacing.length > 0) return inner(replacing);
  const last = found.programs.filter(({ place }) => place !== "stays");
  if (last.length === 0) {
    const isSure = found.isSure && !found.hasJobs && !reading.isLogin && !reading.mayRefuse;
    return name === "dash" && isSure ? "never" : "may be lost";
  }
  const [, rest = ""] = /((?:\s|;)*)$/.exec(source) ?? [];
  const lines = rest.split("\n").length - 1;
  const isReplaced =
    name === "bash"
      ? lines <= 1 && !found.hasJobs && last.every(({ place }) => place === "last")
      : name === "ash" && lines === 0;
  return isReplaced ? inner(last) : "may be lost";
}

/**
 * A program of a script, and what becomes of the shell while it runs. `stays`: something of the script is still to come.
 * `last`: nothing is; `last inside`: nor here, but it stands in a group or has redirections. `exec`: it replaces the
 * shell.
 */
interface Program {
  place: "stays" | "last" | "last inside" | "exec";
  argv: Arguments;
}

interface Found {
  programs: Program[];
  functions: ReadonlySet<string>;
  /** Is there anything that may handle signals, or start what can't be seen? */
  mayHandle: boolean;
  hasJobs: boolean;
  /** Are all its programs known to be programs? */
  isSure: boolean;
}

/** Where a command stands: as the last one of the script; neither grouped nor redirected; in a process of its own. */
interface Where {
  isLast: boolean;
  isPlain: boolean;
  isForked: boolean;
}

const stays = (where: Where): Where => ({ ...where, isLast: false });
const inside = (where: Where): Where => ({ ...where, isPlain: false });

function list(statements: readonly Statement[], where: Where, found: Found): void {
  for (const [i, { command, background }] of statements.entries()) {
    found.hasJobs ||= background === true;
    const own = background ? { ...stays(where), isForked: true } : i < statements.length - 1 ? stays(where) : where;
    andOr(command, own, found);
  }
}

function andOr(node: PipelineNode | AndOr, where: Where, found: Found): void {
  if (node.type !== "AndOr") return pipeline(node, where, found);
  for (const [i, each] of node.commands.entries()) {
    pipeline(each, i < node.commands.length - 1 ? stays(where) : where, found);
  }
}

function pipeline(node: PipelineNode, where: Where, found: Found): void {
  if (node.type !== "Pipeline") return command(node, where, found);
  const isForked = where.isForked || node.commands.length > 1;
  for (const each of node.commands) command(each, { ...stays(where), isForked }, found);
}

function command(node: CommandNode, where: Where, found: Found): void {
  const run = (body: { commands: readonly Statement[] }, own: Where) => list(body.commands, own, found);
  switch (node.type) {
    case "Command":
      simple(node, where, found);
      return;
    case "Redirected":
      return command(node.command, inside(where), found);
    case "BraceGroup":
      return run(node.body, inside(where));
    case "Subshell":
      return run(node.body, { ...inside(where), isForked: true });
    case "If":
      for (const { clause, then } of [node, ...node.elif]) {
        run(clause, stays(where));
        run(then, inside(where));
      }
      if (node.else) run(node.else, inside(where));
      return;
    case "Case":
      for (const { body } of node.items) run(body, inside(where));
      return;
    case "While":
      run(node.clause, stays(where));
      return run(node.body, stays(where));
    case "For":
      return run(node.body, stays(where));
    case "Function":
    case "TestCommand":
      return;
    default:
      found.mayHandle = true;
  }
}

/** Builtins that change nothing about signals, and start nothing. */
const harmless = new Set(
  ": true false echo pwd printf test [ exit break continue shift set wait export unset read cd umask type hash times readonly local declare typeset getopts".split(
    " ",
  ),
);

function simple(node: Command, { isLast, isPlain, isForked }: Where, found: Found): void {
  if (!node.name) return;
  const name = textOf(node.name);
  const args = node.args.map((arg) => (arg.type === "Word" ? textOf(arg) : unknown));
  if (name === unknown) {
    // `$CMD` may be `exec app`. `$HOME/app` is a program, if its variable has no blank in it.
    found.mayHandle ||= !node.name.text.includes("/");
    found.isSure = false;
  } else if (found.functions.has(name) || (builtinOf(name) && !harmless.has(name))) {
    found.mayHandle = true;
    return;
  }
  switch (name) {
    case "exec": {
      const [first] = args;
      // Without a program it only redirects.
      if (first === undefined) return;
      found.mayHandle ||= typeof first === "string" && first.startsWith("-");
      const place = !isForked ? "exec" : isLast ? "last inside" : "stays";
      found.programs.push({ place, argv: args });
      return;
    }
    case "command":
      found.mayHandle = true;
      return;
    case "wait":
      found.hasJobs = true;
      return;
    case "set":
      // Job control, or what can't be known.
      found.mayHandle ||= args.some((arg) => arg === unknown || arg.includes("m"));
      return;
    default: {
      if (name !== unknown && harmless.has(name)) return;
      const last = isPlain && node.redirects.length === 0 ? "last" : "last inside";
      found.programs.push({ place: isLast ? last : "stays", argv: [name, ...args] });
    }
  }
}

/** A word's text, where nothing in it is expanded. */
function textOf(word: Word): Maybe<string> {
  const isText = word.parts?.every(
    (part) =>
      part.type === "Literal" ||
      part.type === "SingleQuoted" ||
      (part.type === "DoubleQuoted" && part.parts.every(({ type }) => type === "Literal")),
  );
  return isText === false ? unknown : word.value;
}
