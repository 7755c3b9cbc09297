import { unknown, type Maybe } from "../../kubernetes/values";
import { anyTime, exactly, type Delay } from "../interval";
import { sleepFor } from "./duration";

/**
 * How long an exec hook holds SIGTERM back.
 *
 * @param command `exec.command`: not a shell's line but an argv. The kubelet runs it as it stands (`$(VAR)` is
 *   expanded in a container's `command` and `args` only)
 */
export function delayOfCommand(command: readonly Maybe<string>[], container: object): Delay {
  void container;
  const [program, ...rest] = command;
  if (typeof program === "string" && baseName(program) === "sleep" && rest.length === 1) {
    const operand = rest[0];
    if (operand !== undefined && operand !== unknown) return sleep(operand, 1, operand, 0);
  }
  const [option, script] = rest;
  if (typeof program === "string" && /^(sh|bash|dash|ash)$/.test(baseName(program)) && rest.length === 2) {
    const match = option === "-c" && typeof script === "string" ? /^(\s*sleep )([\d.smhd]+)\s*$/.exec(script) : null;
    if (match) return sleep(match[2] ?? "", 2, script as string, (match[1] ?? "").length);
  }
  return {
    ...anyTime,
    protects: anyTime,
    because: "its preStop hook runs a command that may take any time",
    form: "other",
  };
}

function sleep(operand: string, index: number, element: string, at: number): Delay {
  const { time, success } = sleepFor([operand]);
  if (success === false) {
    return { ...exactly(0), protects: exactly(0), because: "sleep refuses its operand", form: "broken" };
  }
  const to = (seconds: number) => element.slice(0, at) + String(seconds) + element.slice(at + operand.length);
  return { ...time, protects: time, because: `sleeps ${operand} s`, form: "sleep", raise: { index, to } };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
