/**
 * Other languages, in the few spellings whose whole program is one call that sleeps. Everything else that they do is
 * unknown. `cmd` and PowerShell are those of Windows containers; PowerShell is also found on Linux.
 */
import { isKnown, unknown } from "../../../kubernetes/values";
import { exactly } from "../../interval";
import { ran, type Arguments, type Context, type Run } from "./call";

const seconds = (value: number): Run => ran(exactly(value), true);

// Without a leading zero, which makes a number octal, or an error.
const decimal = String.raw`((?:0|[1-9]\d{0,8})(?:\.\d{1,9})?)`;
const integer = String.raw`(0|[1-9]\d{0,8})`;
const whole = (pattern: string) => new RegExp(`^${pattern}\\s*;?\\s*$`);

/** One-line programs, by the language's interpreter: the pattern's group is the number, in units of so many seconds. */
const programs: { names: RegExp; option: string; forms: { pattern: RegExp; unit: number; truncates?: boolean }[] }[] = [
  {
    names: /^python[\d.]*$/,
    option: "-c",
    forms: [
      { pattern: whole(String.raw`import time\s*[;\n]\s*time\.sleep\(\s*${decimal}\s*\)`), unit: 1 },
      { pattern: whole(String.raw`from time import sleep\s*[;\n]\s*sleep\(\s*${decimal}\s*\)`), unit: 1 },
      { pattern: whole(String.raw`__import__\((?:'time'|"time")\)\.sleep\(\s*${decimal}\s*\)`), unit: 1 },
    ],
  },
  {
    names: /^(node|nodejs)$/,
    option: "-e",
    forms: [
      {
        pattern: whole(
          String.raw`setTimeout\(\s*(?:\(\)\s*=>\s*(?:\{\s*\}|0|null)|function\s*\(\)\s*\{\s*\})\s*,\s*${integer}\s*\)`,
        ),
        unit: 0.001,
      },
      {
        pattern: whole(
          String.raw`Atomics\.wait\(new Int32Array\(new SharedArrayBuffer\(4\)\),\s*0,\s*0,\s*${integer}\s*\)`,
        ),
        unit: 0.001,
      },
    ],
  },
  {
    names: /^perl$/,
    option: "-e",
    forms: [
      // perl's own sleep drops the fraction.
      { pattern: whole(String.raw`sleep\s*\(?\s*${decimal}\s*\)?`), unit: 1, truncates: true },
      { pattern: whole(String.raw`select\s*\(?\s*undef,\s*undef,\s*undef,\s*${decimal}\s*\)?`), unit: 1 },
    ],
  },
  { names: /^ruby$/, option: "-e", forms: [{ pattern: whole(String.raw`sleep\s*\(?\s*${decimal}\s*\)?`), unit: 1 }] },
  {
    names: /^php$/,
    option: "-r",
    forms: [{ pattern: new RegExp(String.raw`^\s*sleep\(\s*${integer}\s*\)\s*;\s*$`), unit: 1 }],
  },
];

/** How an interpreter runs that was given such a program; undefined if it is another. */
export function interpreterRun(name: string, args: Arguments, context: Context): Run | undefined {
  if (!args.every(isKnown)) return undefined;
  const program = name.toLowerCase();
  if (program === "powershell" || program === "pwsh") return powerShell(args, program === "powershell");
  if (program === "cmd") return cmd(args, context);
  const language = programs.find(({ names }) => names.test(name));
  const [option, source] = args;
  if (!language || option !== language.option || source === undefined || args.length !== 2) return undefined;
  for (const { pattern, unit, truncates } of language.forms) {
    const value = pattern.exec(source)?.[1];
    if (value !== undefined) return seconds((truncates ? Math.trunc(Number(value)) : Number(value)) * unit);
  }
  return undefined;
}

/**
 * `-Command` takes all that follows it, joined by blanks. `sleep` is Start-Sleep's alias on Windows, and the program on
 * Linux.
 */
function powerShell(args: readonly string[], isWindows: boolean): Run | undefined {
  let at = 0;
  for (; at < args.length; at++) {
    const arg = (args[at] ?? "").toLowerCase();
    if (/^-(noprofile|nop|noninteractive|noni|nologo|nol)$/.test(arg)) continue;
    if (/^-(executionpolicy|ep|ex)$/.test(arg)) at++;
    else break;
  }
  const isAsked = /^-(?:c|command)$/i.test(args[at] ?? "");
  // Windows' own PowerShell takes a command without `-Command`; `pwsh` would look for a file of that name.
  if (!isAsked && !(isWindows && /^(?:start-)?sleep\b/i.test(args[at] ?? ""))) return undefined;
  const command = args.slice(isAsked ? at + 1 : at).join(" ");
  const match =
    /^\s*(?:start-sleep|sleep)\s+(?:(-s|-seconds|-m|-ms|-milliseconds)[\s:]+)?(\d{1,9}(?:\.\d{1,9})?)\s*;?\s*$/i.exec(
      command,
    );
  if (!match) return undefined;
  const [, unit = "-s", number = "0"] = match;
  if (/^-m/i.test(unit)) return seconds(Math.round(Number(number)) / 1000);
  // Windows' own PowerShell rounds to whole seconds, newer ones don't.
  const value = Number(number);
  return ran({ atLeast: Math.min(value, Math.round(value)), atMost: Math.max(value, Math.round(value)) }, true);
}

/**
 * `timeout /t 5` refuses to run without a console for its input, and an exec hook has none: it may end at once.
 * `ping -n 6 127.0.0.1` sends its first packet at once and then one every second.
 * Source: https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/timeout
 */
function cmd(args: readonly string[], { notes }: Context): Run | undefined {
  const [option = "", ...rest] = args;
  if (!/^\/[cs]$/i.test(option)) return undefined;
  const command = rest.join(" ").replace(/\s*>\s*nul\s*$/i, "");
  const timeout = /^\s*timeout(?:\.exe)?\s+(?:\/t\s+)?(\d{1,5})(?:\s+\/nobreak)?\s*$/i.exec(command);
  if (timeout) {
    notes.add("console");
    return ran({ atLeast: 0, atMost: Number(timeout[1]) }, unknown);
  }
  const ping =
    /^\s*ping(?:\.exe)?\s+(?:-n\s+(\d{1,6})\s+(?:127\.0\.0\.1|localhost)|(?:127\.0\.0\.1|localhost)\s+-n\s+(\d{1,6}))\s*$/i.exec(
      command,
    );
  const count = Number(ping?.[1] ?? ping?.[2] ?? 0);
  return ping && count > 0 ? ran({ atLeast: count - 1, atMost: count }, unknown) : undefined;
}
