/** Reading scripts: what a shell refuses before it runs anything, and where. */
import type { ParsedScript, Script, Statement, SyntaxNode, TestExpression } from "unbash";
import type { Dialect } from "./state";

/**
 * A part of a script that a shell reads, and then runs, as one: shells parse up to the end of a line at which a command
 * is complete. An error in it keeps all of it from running, and what follows; what came before has run.
 */
export interface Chunk {
  statements: readonly Statement[];
  /** `refused`: a syntax error. `unclear`: it may be one. */
  syntax: "fine" | "refused" | "unclear";
}

/** Longer scripts are not analysed: an answer must come within milliseconds. */
export const longestScript = 16_384;

type Parser = typeof import("unbash");
let parser: Parser | undefined;

/** The parser is loaded when the first script is met: most programs that use this room never need it. */
function load(): Parser {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  parser ??= require("unbash") as Parser;
  return parser;
}

export function parse(source: string): ParsedScript {
  return load().parse(source);
}

/** The script in the order in which a shell reads it. */
export function chunksOf(source: string, dialect: Dialect): Chunk[] {
  if (source.length > longestScript) return [{ statements: [], syntax: "unclear" }];
  const script = parse(source);
  if (!script.errors?.length) return group(script, source).map((statements) => check(statements, source, dialect));
  if (script.errors.some((error) => /exceeded/.test(error.message))) return [{ statements: [], syntax: "unclear" }];
  return chunksBeforeError(source, dialect);
}

/** Statements of one line belong together. */
function group(script: Script, source: string): Statement[][] {
  const lines: Statement[][] = [];
  let end = -1;
  for (const statement of script.commands) {
    const between = end < 0 ? "\n" : source.slice(end, statement.pos);
    // A comment hides a backslash at its end; otherwise the next line goes on.
    const isNewLine = between
      .replace(/#[^\n]*/g, "")
      .replace(/\\\n/g, "")
      .includes("\n");
    const line = lines.at(-1);
    if (line && !isNewLine) line.push(statement);
    else lines.push([statement]);
    end = statement.end;
  }
  return lines;
}

/** Reads like a shell: line by line, more lines as long as a command isn't complete, until none helps. */
function chunksBeforeError(source: string, dialect: Dialect): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  let cost = 0;
  for (let end = source.indexOf("\n"); end >= 0; end = source.indexOf("\n", end + 1)) {
    const part = source.slice(start, end);
    cost += part.length;
    if (cost > 8 * longestScript) return [...chunks, { statements: [], syntax: "unclear" }];
    if (/(^|[^\\])(\\\\)*\\$/.test(part)) continue;
    const script = parse(part);
    if (script.errors?.length) continue;
    chunks.push(...group(script, part).map((statements) => check(statements, part, dialect)));
    start = end + 1;
  }
  return [...chunks, { statements: [], syntax: "refused" }];
}

function check(statements: readonly Statement[], source: string, dialect: Dialect): Chunk {
  let syntax: Chunk["syntax"] = "fine";
  const visit = (node: SyntaxNode, text: string): void => {
    if (syntax === "refused") return;
    const answer = judge(node, text, dialect);
    if (answer !== "fine") syntax = answer;
    let inner = text;
    if (node.type === "Script") {
      if ((node).errors?.length) syntax = "unclear";
      inner = node.source ?? text;
    }
    load().forEachChild(node, (child) => visit(child, inner));
  };
  for (const statement of statements) visit(statement, source);
  return { statements, syntax };
}

/** Does the dialect refuse what the parser, which reads bash, takes? */
function judge(node: SyntaxNode, source: string, dialect: Dialect): Chunk["syntax"] {
  switch (node.type) {
    // Only with `shopt -s extglob`, set on an earlier line.
    case "ExtendedGlob":
    case "Coproc":
    case "Select":
      return "unclear";
    case "For":
      // `for x in a; { …; }` is bash's own.
      return source.slice(node.pos, node.end).endsWith("done") ? "fine" : "unclear";
    case "HereDoc":
      // Bodies are looked for in different places when something is wrong with them.
      return node.closing ? "fine" : "unclear";
  }
  if (dialect === "bash" || dialect === "bash-posix") {
    if (node.type === "ProcessSubstitution") return "unclear";
    // In POSIX mode, functions can't take a special builtin's name.
    return node.type === "Function" && !/^[A-Za-z_]\w*$/.test(node.name.text) ? "unclear" : "fine";
  }
  const isDash = dialect === "dash";
  switch (node.type) {
    case "ArithmeticFor":
    case "HereString":
      return "refused";
    case "ArrayValue":
      return "refused";
    case "Pipeline":
      return node.operators.includes("|&") ? "refused" : "fine";
    case "ProcessSubstitution":
      return isDash ? "refused" : "unclear";
    case "CaseItem":
      return node.terminator === undefined || node.terminator === ";;" ? "fine" : isDash ? "refused" : "unclear";
    case "Function":
      if (/^function\b/.test(source.slice(node.pos, node.end))) return isDash ? "refused" : "fine";
      return /^[A-Za-z_]\w*$/.test(node.name.text) ? "fine" : "unclear";
    // In these shells it is two subshells, and words that mean something else.
    case "ArithmeticCommand":
    case "FileDescriptorVariable":
      return "unclear";
    case "Assignment":
      return node.index ? "unclear" : "fine";
    case "TestCommand":
      return isPlainTest(node.expression) || !isDash ? "fine" : "unclear";
    default:
      return "fine";
  }
}

/** One that stays one command, `[[`, when its words are read as a command's. */
function isPlainTest(expression: TestExpression): boolean {
  return expression.type === "TestUnary" || (expression.type === "TestBinary" && !/[<>~]/.test(expression.operator));
}
