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

let last: { source: string; script: ParsedScript } | undefined;

/** The script's tree. The last one is kept: several shells read the same script, one after the other. */
export function parse(source: string): ParsedScript {
  if (last?.source !== source) last = { source, script: load().parse(source) };
  return last.script;
}

/** What a shell reads as one, in the text that it is part of; without statements where the text is an error. */
interface Line {
  statements: readonly Statement[];
  source: string;
  syntax: Chunk["syntax"];
}

let lastLines: { source: string; lines: Line[] } | undefined;

/** The script in the order in which a shell reads it. */
export function chunksOf(source: string, dialect: Dialect): Chunk[] {
  if (lastLines?.source !== source) lastLines = { source, lines: linesOf(source) };
  return lastLines.lines.map((line) => (line.syntax === "fine" ? check(line, dialect) : line));
}

function linesOf(source: string): Line[] {
  const unclear: Line = { statements: [], source: "", syntax: "unclear" };
  if (source.length > longestScript) return [unclear];
  const script = parse(source);
  if (!script.errors?.length) return group(script, source);
  // The parser gave up on what nests too deep.
  if (script.errors.some((error) => /exceeded/.test(error.message))) return [unclear];
  return linesBeforeError(source);
}

/** Statements of one line belong together. */
function group(script: Script, source: string): Line[] {
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
  return lines.map((statements) => ({ statements, source, syntax: "fine" }));
}

/** Reads like a shell: line by line, more lines as long as a command isn't complete, until none helps. */
function linesBeforeError(source: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  let cost = 0;
  for (let end = source.indexOf("\n"); end >= 0; end = source.indexOf("\n", end + 1)) {
    const part = source.slice(start, end);
    cost += part.length;
    if (cost > 2 * longestScript) return [...lines, { statements: [], source: "", syntax: "unclear" }];
    if (/(^|[^\\])(\\\\)*\\$/.test(part)) continue;
    const script = load().parse(part);
    if (script.errors?.length) continue;
    lines.push(...group(script, part));
    start = end + 1;
  }
  return [...lines, { statements: [], source: "", syntax: "refused" }];
}

function check({ statements, source }: Line, dialect: Dialect): Chunk {
  let syntax: Chunk["syntax"] = "fine";
  const visit = (node: SyntaxNode, text: string, around: Around): void => {
    // After a first doubt, even where the line ends is one.
    if (syntax !== "fine") return;
    const answer = judge(node, text, dialect, around);
    if (answer !== "fine") syntax = answer;
    let inner = text;
    if (node.type === "Script") {
      if ("errors" in node && node.errors?.length) syntax = "unclear";
      inner = node.source ?? text;
    }
    const within = {
      braces: around.braces || node.type === "BraceGroup",
      substitution: around.substitution || node.type === "CommandExpansion",
    };
    load().forEachChild(node, (child) => visit(child, inner, within));
  };
  for (const statement of statements) visit(statement, source, { braces: false, substitution: false });
  return { statements, syntax };
}

/** What a node stands in. */
interface Around {
  braces: boolean;
  substitution: boolean;
}

/** Does the dialect refuse what the parser, which reads bash, takes? */
function judge(node: SyntaxNode, source: string, dialect: Dialect, around: Around): Chunk["syntax"] {
  const anywhere = judgeAnywhere(node, source);
  if (anywhere !== "fine") return anywhere;
  return dialect === "bash" || dialect === "bash-posix"
    ? judgeBash(node, around)
    : judgeOthers(node, source, dialect === "dash", around.braces);
}

function judgeAnywhere(node: SyntaxNode, source: string): Chunk["syntax"] {
  // Extended patterns need `shopt -s extglob` on an earlier line.
  if (node.type === "ExtendedGlob" || node.type === "Coproc" || node.type === "Select") return "unclear";
  // `for x in a; { …; }` is bash's own.
  if (node.type === "For" && !source.slice(node.pos, node.end).endsWith("done")) return "unclear";
  // Shells look for a body that isn't there in different places.
  if (node.type === "HereDoc" && !node.closing) return "unclear";
  return "fine";
}

function judgeBash(node: SyntaxNode, around: Around): Chunk["syntax"] {
  // bash 5.2 prints a substitution and reads it again; after a here-document it loses the ends of commands.
  if (node.type === "HereDoc" && around.substitution) return "unclear";
  if (node.type === "ProcessSubstitution") return "unclear";
  // In POSIX mode, names are narrower.
  return node.type === "Function" && !isPlainName(node.name.text) ? "unclear" : "fine";
}

function judgeOthers(node: SyntaxNode, source: string, isDash: boolean, insideBraces: boolean): Chunk["syntax"] {
  if (node.type === "ArithmeticFor" || node.type === "HereString" || node.type === "ArrayValue") return "refused";
  if (node.type === "Pipeline") return node.operators.includes("|&") ? "refused" : "fine";
  if (node.type === "ProcessSubstitution") return isDash ? "refused" : "unclear";
  if (node.type === "CaseItem" && node.terminator !== undefined && node.terminator !== ";;") {
    return isDash ? "refused" : "unclear";
  }
  if (node.type === "Function") {
    const text = source.slice(node.pos, node.end);
    if (!/^function\b/.test(text)) return isPlainName(node.name.text) ? "fine" : "unclear";
    if (!isDash) return "fine";
    // `function f { …; }` is a command with arguments; its `}` is an error, unless it closes an earlier `{`.
    return insideBraces || (text.includes("\n") && !/^function\s+\w+\s*\(/.test(text)) ? "unclear" : "refused";
  }
  // `$((…) …)` is a substitution with a subshell in it only to bash.
  if (node.type === "CommandExpansion" && node.text.startsWith("$((")) return "unclear";
  // To these shells `((…))` is two subshells, and `{fd}` and `a[0]=1` are words.
  if (node.type === "ArithmeticCommand" || node.type === "FileDescriptorVariable") return "unclear";
  if (node.type === "Assignment" && node.index) return "unclear";
  if (node.type === "TestCommand" && isDash && !isPlainTest(node.expression)) return "unclear";
  return "fine";
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}

/** One that stays one command, `[[`, when its words are read as a command's. */
function isPlainTest(expression: TestExpression): boolean {
  return expression.type === "TestUnary" || (expression.type === "TestBinary" && !/[<>~]/.test(expression.operator));
}
