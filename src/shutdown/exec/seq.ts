import { unknown, type Maybe } from "../../kubernetes/values";
import type { Environment } from "./state";

/** What `seq` prints. It is taken to be there, as `sleep` is. */
export function sequence(operands: readonly string[], variables: Environment): Maybe<string> {
  if (!operands.every((operand) => /^-?\d{1,6}$/.test(operand)) || operands.length === 0 || operands.length > 3) {
    return unknown;
  }
  if (variables.has("PATH")) return unknown;
  const numbers = operands.map(Number);
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
  const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1;
  const last = numbers.at(-1) ?? 0;
  if (step === 0 || (last - first) / step > 5000) return unknown;
  const values: number[] = [];
  for (let i = first; step > 0 ? i <= last : i >= last; i += step) values.push(i);
  return values.join("\n");
}
