/** `test`, `[` and `[[`, as far as their answer can be known: nothing about files is. */
import type { TestExpression, Word, WordPart } from "unbash";
import { unknown, type Maybe } from "../../kubernetes/values";
import { expandOne, isMark, type Shell, type Thread } from "./words";
import type { Success } from "./duration";
import { lose, type Dialect } from "./state";

/** `test` with its operands (without the `]`). A malformed test fails. */
export function testOperands(operands: readonly Maybe<string>[], dialect: Dialect): Success {
  const [a, b, c] = operands;
  switch (operands.length) {
    case 0:
      return false;
    case 1:
      return isFilled(a);
    case 2:
      if (a === "!") return not(isFilled(b));
      return unary(a, b);
    case 3:
      if (a === "!" && typeof b === "string" && !isBinary(b)) return not(testOperands(operands.slice(1), dialect));
      if (b === "==" && dialect === "dash") return a === "!" || a === "(" || a === unknown ? unknown : false;
      return binary(a, b, c);
    case 4:
      return a === "!" ? not(testOperands(operands.slice(1), dialect)) : unknown;
    default:
      return unknown;
  }
}

function not(success: Success): Success {
  return success === unknown ? unknown : !success;
}

function isFilled(text: Maybe<string> | undefined): Success {
  return text === unknown || text === undefined ? unknown : text !== "";
}

function isBinary(operator: string): boolean {
  return /^(=|==|!=|<|>|-(eq|ne|gt|ge|lt|le|nt|ot|ef|a|o))$/.test(operator);
}

function unary(operator: Maybe<string> | undefined, operand: Maybe<string> | undefined): Success {
  if (operator === "-n") return isFilled(operand);
  if (operator === "-z") return not(isFilled(operand));
  return unknown;
}

function binary(
  left: Maybe<string> | undefined,
  operator: Maybe<string> | undefined,
  right: Maybe<string> | undefined,
): Success {
  if (left === undefined || right === undefined || left === unknown || right === unknown) return unknown;
  if (isMark(left) || isMark(right)) return unknown;
  if (operator === "=" || operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  const a = toInteger(left);
  const b = toInteger(right);
  const compares = typeof operator === "string" ? compare[operator] : undefined;
  if (!compares) return unknown;
  if (a === unknown || b === unknown) return unknown;
  return compares(a, b);
}

const compare: Record<string, ((a: number, b: number) => boolean) | undefined> = {
  "-eq": (a, b) => a === b,
  "-ne": (a, b) => a !== b,
  "-gt": (a, b) => a > b,
  "-ge": (a, b) => a >= b,
  "-lt": (a, b) => a < b,
  "-le": (a, b) => a <= b,
};

/** Shells disagree on blanks, octals and names in here: only plain numbers count. */
function toInteger(text: string): Maybe<number> {
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : unknown;
}

/** `[[ … ]]`, as bash judges it. */
export function judgeTest(expression: TestExpression, thread: Thread, shell: Shell): Success {
  const text = (word: Word) => expandOne(word, thread, shell);
  switch (expression.type) {
    case "TestGroup":
      return judgeTest(expression.expression, thread, shell);
    case "TestNot": {
      const inner = judgeTest(expression.operand, thread, shell);
      return inner === unknown || expression.negations.length % 2 === 0 ? inner : !inner;
    }
    case "TestLogical": {
      const decides = expression.operator === "||";
      let answer: Success = !decides;
      for (const operand of expression.operands) {
        if (answer === decides) break;
        // What comes after an unknown operand may not be looked at.
        if (answer === unknown && changesThings(operand)) {
          thread.state = lose(thread.state);
          return unknown;
        }
        const next = judgeTest(operand, thread, shell);
        if (next === decides) answer = decides;
        else if (next === unknown) answer = unknown;
      }
      return answer;
    }
    case "TestUnary":
      return unary(expression.operator, text(expression.operand));
    case "TestBinary": {
      const left = text(expression.left);
      const right = text(expression.right);
      // On the right of `=` stands a pattern.
      const isText = expression.right.parts?.every(
        (part) => part.type === "DoubleQuoted" || part.type === "SingleQuoted",
      );
      return isText !== false && expression.operator !== "=~" ? binary(left, expression.operator, right) : unknown;
    }
  }
}

/** Does a test run commands or set variables? */
function changesThings(expression: TestExpression): boolean {
  switch (expression.type) {
    case "TestUnary":
      return !isPure(expression.operand);
    case "TestBinary":
      return !isPure(expression.left) || !isPure(expression.right);
    case "TestLogical":
      return expression.operands.some(changesThings);
    case "TestNot":
      return changesThings(expression.operand);
    case "TestGroup":
      return changesThings(expression.expression);
  }
}

function isPure(word: Word): boolean {
  const isPlain = (part: WordPart): boolean =>
    part.type === "Literal" ||
    part.type === "SingleQuoted" ||
    part.type === "SimpleExpansion" ||
    (part.type === "DoubleQuoted" && part.parts.every(isPlain));
  return word.parts?.every(isPlain) ?? true;
}
