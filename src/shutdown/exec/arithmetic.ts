/** `$((…))` on the tree that the parser made of it, as far as its variables are known. */
import type { ArithmeticExpression, ArithmeticWord, Script } from "unbash";
import { unknown, type Maybe } from "../../kubernetes/values";
import type { Dialect, Value } from "./state";

/** What arithmetic reads and changes. */
export interface Scope {
  dialect: Dialect;
  read: (name: string) => Value;
  write: (name: string, value: Maybe<string>) => void;
  /** Runs a command substitution; its output isn't used. */
  substitute: (script: Script | undefined) => void;
  /** Evaluates words such as `${k:-3}` inside an expression. */
  word: (word: ArithmeticWord) => Maybe<string>;
}

/** The expression may be an error, which may end the shell: only what came before it is sure. */
export class ArithmeticFailure extends Error {}

/** The expression's value; unknown where it can't be known. Throws `ArithmeticFailure` where it may fail. */
export function evaluate(expression: ArithmeticExpression, scope: Scope): Maybe<number> {
  switch (expression.type) {
    case "ArithmeticGroup":
      return evaluate(expression.expression, scope);
    case "ArithmeticWord":
      return number(scope.word(expression), scope);
    case "ArithmeticCommandExpansion":
      scope.substitute(expression.script);
      throw new ArithmeticFailure();
    case "ArithmeticTernary": {
      const test = evaluate(expression.test, scope);
      if (test === unknown) throw new ArithmeticFailure();
      return evaluate(test !== 0 ? expression.consequent : expression.alternate, scope);
    }
    case "ArithmeticUnary":
      return unary(expression.operator, expression.operand, expression.prefix, scope);
    case "ArithmeticBinary":
      return binary(expression.operator, expression.left, expression.right, scope);
  }
}

function unary(operator: string, operand: ArithmeticExpression, prefix: boolean, scope: Scope): Maybe<number> {
  if (operator === "++" || operator === "--") {
    // dash reads `++i` as `+(+i)` and refuses `i++`.
    if (scope.dialect === "dash" || operand.type !== "ArithmeticWord") throw new ArithmeticFailure();
    const before = evaluate(operand, scope);
    const after = before === unknown ? unknown : safe(before + (operator === "++" ? 1 : -1));
    scope.write(name(operand), after === unknown ? unknown : String(after));
    return prefix ? after : before;
  }
  const value = evaluate(operand, scope);
  if (value === unknown) return unknown;
  if (operator === "-") return safe(-value);
  if (operator === "+") return value;
  if (operator === "!") return value === 0 ? 1 : 0;
  if (operator === "~") return safe(-value - 1);
  throw new ArithmeticFailure();
}

function binary(
  operator: string,
  left: ArithmeticExpression,
  right: ArithmeticExpression,
  scope: Scope,
): Maybe<number> {
  if (operator === "=") {
    const value = evaluate(right, scope);
    scope.write(name(left), value === unknown ? unknown : String(value));
    return value;
  }
  if (operator === "&&" || operator === "||") {
    const first = evaluate(left, scope);
    // What is not evaluated changes nothing.
    if (first === unknown) throw new ArithmeticFailure();
    if ((first !== 0) === (operator === "||")) return operator === "||" ? 1 : 0;
    const second = evaluate(right, scope);
    return second === unknown ? unknown : Number(second !== 0);
  }
  if (operator === ",") {
    if (scope.dialect === "dash") throw new ArithmeticFailure();
    evaluate(left, scope);
    return evaluate(right, scope);
  }
  const assigns = /^([-+*/%&|^]|<<|>>)=$/.exec(operator);
  const a = evaluate(left, scope);
  const b = evaluate(right, scope);
  const value = calculate(assigns?.[1] ?? operator, a, b, scope.dialect);
  if (assigns) scope.write(name(left), value === unknown ? unknown : String(value));
  return value;
}

function calculate(operator: string, a: Maybe<number>, b: Maybe<number>, dialect: Dialect): Maybe<number> {
  // Division by 0 ends the shell; so may a shift or a power, by a negative number.
  if (["/", "%", "**", "<<", ">>"].includes(operator)) {
    if (b === unknown || (operator === "**" && dialect === "dash")) throw new ArithmeticFailure();
    if (["/", "%"].includes(operator) ? b === 0 : b < 0) throw new ArithmeticFailure();
  }
  if (a === unknown || b === unknown) return unknown;
  switch (operator) {
    case "+":
      return safe(a + b);
    case "-":
      return safe(a - b);
    case "*":
      return safe(a * b);
    case "/":
      return safe(Math.trunc(a / b));
    case "%":
      return safe(a % b);
    case "**":
      return safe(a ** b);
    case "<<":
      return b < 32 ? safe(a * 2 ** b) : unknown;
    case ">>":
      return b < 32 ? safe(Math.floor(a / 2 ** b)) : unknown;
    case "&":
    case "|":
    case "^":
      if (Math.abs(a) > 0x3fffffff || Math.abs(b) > 0x3fffffff) return unknown;
      return operator === "&" ? a & b : operator === "|" ? a | b : a ^ b;
    case "<":
      return Number(a < b);
    case "<=":
      return Number(a <= b);
    case ">":
      return Number(a > b);
    case ">=":
      return Number(a >= b);
    case "==":
      return Number(a === b);
    case "!=":
      return Number(a !== b);
    default:
      throw new ArithmeticFailure();
  }
}

/** Shells count with 64 bits; beyond what is exact here nothing is claimed. No `-0`. */
function safe(value: number): Maybe<number> {
  return Number.isSafeInteger(value) ? value + 0 : unknown;
}

function name(expression: ArithmeticExpression): string {
  if (expression.type === "ArithmeticWord" && /^[A-Za-z_]\w*$/.test(expression.value)) return expression.value;
  throw new ArithmeticFailure();
}

/** A number as shells write it, or a variable's name. */
function number(text: Maybe<string>, scope: Scope): Maybe<number> {
  // An unknown text may be no number at all.
  if (text === unknown) throw new ArithmeticFailure();
  const literal = parseInteger(text.trim());
  if (literal !== undefined) return safe(literal);
  if (!/^[A-Za-z_]\w*$/.test(text.trim())) throw new ArithmeticFailure();
  const value = scope.read(text.trim());
  if (value === unknown) throw new ArithmeticFailure();
  if (value === null || value === "") return 0;
  const known = parseInteger(value);
  if (known === undefined) throw new ArithmeticFailure();
  return safe(known);
}

function parseInteger(text: string): number | undefined {
  const match = /^([-+]?)(0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*)$/.exec(text);
  if (!match) return undefined;
  const digits = match[2] ?? "";
  const value = /^0\d/.test(digits) ? parseInt(digits, 8) : Number(digits);
  return match[1] === "-" ? -value : value;
}
