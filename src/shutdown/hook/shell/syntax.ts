/**
 * Reading scripts. The parser, unbash, reads bash and is lenient: its yes alone says little. So every character of a
 * script must be accounted for by its tree, in forms that every shell takes; otherwise the script is unclear. And a
 * script is refused only if it has one of a few mistakes that every shell refuses.
 */
import type { Statement, SyntaxNode } from "unbash";
import { TooHard } from "../too-hard";

/** Which shell runs a script: bash by its own name, a shell that isn't bash, or (`sh`) any. */
export type Dialect = "bash" | "not bash" | "any";

export interface Syntax {
  statements: readonly Statement[];
  /** Names that the script gives to functions. */
  functions: ReadonlySet<string>;
}

/** POSIX's special builtins: an error in one may end the shell. No name: an assignment or a redirection alone. */
export function isSpecial(name: string): boolean {
  return /^(?:|[:.]|break|continue|eval|exec|exit|export|readonly|return|set|shift|source|times|trap|unset)$/.test(
    name,
  );
}

/** Longer scripts are not followed: an answer must come within milliseconds. */
const longestScript = 16_384;
/** Nor are scripts that nest deeper. */
const deepest = 60;

type Parser = typeof import("unbash");
let parser: Parser | undefined;

/** The parser is loaded when the first script is met: most programs never need it. */
function load(): Parser {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  parser ??= require("unbash") as Parser;
  return parser;
}

/**
 * A script that every shell of the dialect takes, or `refused`: no shell runs any of it.
 *
 * @throws TooHard if it is neither for sure
 */
export function read(source: string, dialect: Dialect): Syntax | "refused" {
  if (source.length > longestScript) throw new TooHard("has a script that is too long to follow");
  if (isRefused(source)) return "refused";
  const script = load().parse(source);
  const functions = new Set<string>();
  if (!isAccountedFor(script, source, { dialect, functions }, 0)) {
    throw new TooHard("uses shell syntax that is not followed here, or that shells disagree about");
  }
  return { statements: script.commands, functions };
}

interface Check {
  dialect: Dialect;
  functions: Set<string>;
}

// What may stand between the parts of a node. `§` is a part, `‡` one that ends with the `&` of a background job.
const blank = "(?:[ \\t]|\\\\\\n)*";
const lines = "(?:[ \\t\\n]|\\\\\\n)*";
const list = `(?:§${blank}(?:[;\\n]${lines})?|‡${lines})`;
const shapes: Partial<Record<SyntaxNode["type"], RegExp>> = Object.fromEntries(
  Object.entries({
    Script: `${lines}(?:§${blank}(?:[;\\n]${lines}|$)|‡${lines})*`,
    CompoundList: `${lines}(?:§${blank}(?:[;\\n]${lines}|$)|‡${lines})*`,
    Statement: `§(?:${blank}&)?`,
    AndOr: `§(?:${blank}(?:&&|\\|\\|)${lines}§)+`,
    Pipeline: `(?:§[ \\t]+)?§(?:${blank}\\|${lines}§)*`,
    Negation: "!",
    If: `if${lines}${list}then${lines}${list}(?:${list})*(?:else${lines}${list})?fi`,
    Elif: `elif${lines}${list}then${lines}[§‡]`,
    While: `(?:while|until)${lines}${list}do${lines}${list}done`,
    For: `for${blank}§${blank}in(?:${blank}§)*${blank}[;\\n]${lines}do${lines}${list}done`,
    Case: `case${blank}§${blank}in${lines}(?:§${lines})+esac`,
    CaseItem: `\\(?${blank}§(?:${blank}\\|${blank}§)*${blank}\\)${lines}(?:${list})?(?:;;)?`,
    Subshell: `\\(${lines}${list}\\)`,
    BraceGroup: `\\{[ \\t\\n]${lines}${list}\\}`,
    Redirected: `§(?:${blank}§)+`,
    Function: `§${blank}\\(${blank}\\)${lines}§`,
    Command: `§(?:${blank}§)*`,
    Assignment: "\\w+=§?",
    Redirect: `§?(?:>>|>\\||>&|<&|<>|[<>]|&>>?)${blank}§`,
    FileDescriptor: "\\d",
    Word: "§+",
    DoubleQuoted: '"§*"',
    CommandExpansion: `\\$\\(${lines}§?${lines}\\)|\`${lines}§?${lines}\``,
    // What bash alone takes.
    TestCommand: `\\[\\[${blank}§${blank}\\]\\]`,
    TestUnary: `-[a-zA-Z]${blank}§`,
    TestBinary: `§${blank}(?:==?|!=|-[a-z]{2})${blank}§`,
    TestLogical: `§(?:${blank}(?:&&|\\|\\|)${blank}§)+`,
    TestNot: `§${blank}§`,
    TestGroup: `\\(${blank}§${blank}\\)`,
  }).map(([type, shape]) => [type, new RegExp(`^(?:${shape})$`)]),
);

/** Nodes that are what their text is, whatever stands in them. */
const texts: Partial<Record<SyntaxNode["type"], RegExp>> = {
  Literal: /^(?:[^\s;&|<>()$`"'\\*?[\]{}]|[\r[\]{}]|\\[^\n])*$/,
  SingleQuoted: /^'[^']*'$/,
  SimpleExpansion: /^\$(?:\w+|[?$!#@*-])$/,
  // Shells that don't know the last form end with an error: see words.ts.
  ParameterExpansion:
    /^\$\{(?:#?\w+|\w+(?::?[-+=?]|##?|%%?)[\w./:,%@^~* $-]*|\w+(?:\/\/?|:|\^\^?|,,?)[\w./:,%@^~* -]*)\}$/,
  // No assignment: neither `=` nor `++`.
  ArithmeticExpansion: /^\$\(\((?:[ \w$*/%]|\+(?!\+)|-(?!-))*\)\)$/,
  Glob: /^(?:\*|\?|\[[\w!^.,-]*\])$/,
  BraceExpansion: /^\{[\w.,-]*\}$/,
};

const quotedLiteral = /^(?:[^$`"\\]|\\[^\n])*$/;

/** Words that begin a command in one shell and are a program's name in another, or an error. */
const keywords = new Set(
  "! { } case do done elif else esac fi for if in then until while function select time coproc [[ ]]".split(" "),
);

function isAccountedFor(node: SyntaxNode, source: string, check: Check, depth: number): boolean {
  if (depth > deepest) throw new TooHard("has a script that nests too deep to follow");
  let { pos, end } = node;
  if (node.type === "Script") {
    if ("errors" in node && Array.isArray(node.errors) && node.errors.length > 0) return false;
    // A backquoted script with escapes in it is text that is decoded first.
    if (node.source !== undefined) return false;
    if (depth === 0) [pos, end] = [0, source.length];
  }
  const text = source.slice(pos, end);
  const asText = texts[node.type];
  if (asText) return asText.test(text);
  if (!isAllowed(node, text, source.charAt(end), check)) return false;
  const children: SyntaxNode[] = [];
  load().forEachChild(node, (child) => void children.push(child));
  if (node.type === "Word" && children.length === 0) return (texts.Literal as RegExp).test(text);
  children.sort((a, b) => a.pos - b.pos);
  let shape = "";
  let at = pos;
  for (const child of children) {
    if (child.pos < at) return false;
    if (child.type === "CompoundList" && child.pos === child.end) continue;
    shape += withoutComments(source.slice(at, child.pos)) + (endsInBackground(child) ? "‡" : "§");
    at = child.end;
  }
  shape += withoutComments(source.slice(at, end));
  if (!(shapes[node.type]?.test(shape) ?? false)) return false;
  return children.every((child) =>
    node.type === "DoubleQuoted" && child.type === "Literal"
      ? quotedLiteral.test(source.slice(child.pos, child.end))
      : isAccountedFor(child, source, check, depth + 1),
  );
}

function withoutComments(gap: string): string {
  return gap.replace(/#[^\n]*/g, "");
}

function endsInBackground(node: SyntaxNode): boolean {
  if (node.type === "Statement") return node.background === true;
  const last = node.type === "CompoundList" ? node.commands.at(-1) : node.type === "Elif" ? node.then : undefined;
  return last !== undefined && endsInBackground(last);
}

/** What a shape can't say. */
function isAllowed(node: SyntaxNode, text: string, next: string, { dialect, functions }: Check): boolean {
  switch (node.type) {
    case "Command":
      return !keywords.has(node.name?.text ?? "") && node.pos < node.end;
    case "Pipeline":
      return (
        node.commands.length > 0 && node.prefixes.length <= 1 && node.prefixes.every(({ type }) => type === "Negation")
      );
    case "TestNot":
      return node.negations.length === 1;
    case "Subshell":
      return !text.startsWith("((");
    case "CommandExpansion":
      return node.script !== undefined && !text.startsWith("$((") && !(text.startsWith("`") && text.includes("\\"));
    case "Function":
      functions.add(node.name.text);
      // bash in its POSIX mode ends at one that is named like a special builtin.
      if (isSpecial(node.name.text)) return false;
      return (
        /^[A-Za-z_]\w*$/.test(node.name.text) && (node.body.type === "BraceGroup" || node.body.type === "Subshell")
      );
    case "For":
      return /^[A-Za-z_]\w*$/.test(node.name.text);
    case "Redirect": {
      const target = node.target?.text ?? "";
      // In `> 2>&1` and `>& 2>&1` there is no target; `>& file` and `&> file` are bash's.
      if (/^\d+$/.test(target) && (/[<>]/.test(next) || !/&$/.test(node.operator))) return false;
      if (node.operator.startsWith("&")) return dialect === "bash";
      return !/[<>]&$/.test(node.operator) || /^(?:\d|-)$/.test(target);
    }
    case "TestCommand":
      return dialect === "bash";
    case "Assignment":
      return node.append !== true && node.index === undefined && node.value.type === "Word";
    default:
      return true;
  }
}

const tokens = /\s*(?:(&&|\|\||;;|>\||[<>]+&?|[;&|()])|((?:[^\s;&|<>()"']|"[^"]*"|'[^']*')+)|(["']))/y;
/** Words after which a command begins. */
const openers = new Set(["if", "then", "else", "elif", "do", "while", "until", "!", "{"]);

/**
 * Has a script one of the mistakes that every shell refuses: an open quote, an operator without its command, or
 * parentheses that don't match? Only a script of one line is judged, as shells run the lines before a mistake; and only
 * if no expansion, comment, pattern list or here-document hides what its characters mean.
 */
export function isRefused(source: string): boolean {
  const script = source.trim();
  // Functions, arrays, patterns and other things of bash's have parentheses and operators of their own.
  if (/[\n\\$`#]|<<|\[\[|\(\s*[()]|[<>=@?*+!]\(|\|&|&>/.test(script)) return false;
  if (/(?:^|[\s;&|(])(?:case|function|select|for|coproc|time)\b/.test(script)) return false;
  let depth = 0;
  let before = "";
  tokens.lastIndex = 0;
  while (tokens.lastIndex < script.length) {
    const [, operator, word, quote] = tokens.exec(script) ?? [];
    if (quote !== undefined) return true;
    const begins = before === "" || openers.has(before) || /^(?:[;&|(]|&&|\|\|)$/.test(before);
    if (operator === undefined) before = before === "" || begins ? (word ?? "word") : "word";
    else {
      if (operator === ";;") return true;
      if (operator === "(") {
        if (!begins) return true;
        depth++;
      } else if (operator === ")") {
        if (--depth < 0 || /^(?:&&|\|\||\||[<>].*)$/.test(before)) return true;
      } else if (!/^[<>]/.test(operator) && (before === "" || /^(?:[;&|(]|&&|\|\||[<>].*)$/.test(before))) {
        return true;
      }
      before = operator;
    }
  }
  return depth > 0 || /^(?:&&|\|\||\||[<>].*)$/.test(before);
}
