/**
 * Programs that take no time: coreutils, procps and the like, and busybox's of the same names. They wait for their input
 * only, and a hook's is empty. Sources: https://www.gnu.org/software/coreutils/manual/, https://busybox.net/downloads/BusyBox.html,
 * https://gitlab.com/procps-ng/procps, https://www.gnu.org/software/grep/manual/
 */
import { unknown } from "../../../kubernetes/values";
import { never } from "../../interval";
import { instantly, ran, type Arguments, type Context, type Run } from "./call";
import { killOf, stopOf } from "./stop";

/** Whatever they are asked, they may fail: a file isn't there, a pattern isn't found, or the program itself. */
const mayFail = new Set(
  (
    "arch basename cat chgrp chmod chown cksum cp cut date dirname echo expand expr fold grep egrep fgrep head " +
    "hostid hostname id ls ln link logger logname md5sum mkdir mkfifo mktemp mv nl nproc od paste pgrep pidof " +
    "printenv printf ps pwd readlink realpath rev rm rmdir sed seq sha1sum sha256sum sort ss stat stty tac tail tee test [ " +
    "touch tr true truncate tty uname unlink uniq uptime users wc which who whoami awk gawk mawk jq"
  ).split(" "),
);

/** They succeed with these arguments, all together. In a folder that everybody may write to, as every image has it. */
const succeed: Record<string, RegExp> = {
  true: /^/,
  echo: /^/,
  date: /^(?:-u|\+[^\s]*|)$/,
  id: /^(?:-[ung]+|)$/,
  whoami: /^$/,
  uname: /^(?:-[asnrm]+|)$/,
  seq: /^-?\d{1,6}(?: -?\d{1,6}){0,1}$/,
  touch: /^(?:\/(?:tmp|dev\/shm)\/[\w.-]+ ?)+$/,
  mkdir: /^-p \/(?:tmp|dev\/shm)\/[\w.-]+$/,
  rm: /^-r?f(?: \/(?:tmp|dev\/shm)\/[\w.-]+)+$/,
};
const writes = /^(?:touch|mkdir|rm)$/;

/** These arguments make them do something else: follow a file, run a program, copy a tree, ask a name server. */
const others: Record<string, RegExp> = {
  hostname: /^-/,
  ss: /^-\w*[rE]|^--/,
  tail: /^-.*[fF]|^--(?:follow|retry|pid)/,
  awk: /system|getline|\||sleep/,
  gawk: /system|getline|\||sleep/,
  mawk: /system|getline|\||sleep/,
  cp: /^-.*[arR]/,
  // All but options, files and plain substitutions.
  sed: /^(?!-|s(\W)[^]*\1[^]*\1[gpi\d]*$|[\w-]*[./][\w./-]*$)/i,
  seq: /\d{7}/,
};

/** How such a program runs; undefined if the name or its arguments are of another kind. */
export function instantRun(name: string, args: Arguments, context: Context): Run | undefined {
  if (name === "kill") return killRun(args, context);
  if (name === "false") return instantly(false);
  const other = Object.hasOwn(others, name) ? others[name] : undefined;
  if (name === "tail" && args.length === 2 && args[0] === "-f" && args[1] === "/dev/null") return ran(never, unknown);
  if (!mayFail.has(name) || (other && args.some((arg) => arg === unknown || other.test(arg)))) return undefined;
  const asked = args.includes(unknown) ? undefined : args.join(" ");
  const isSure =
    Object.hasOwn(succeed, name) && (asked === undefined ? /^(?:true|echo)$/.test(name) : succeed[name]?.test(asked));
  return instantly(isSure && !(writes.test(name) && context.isReadOnly) ? true : unknown);
}

/** The program `kill`, not a shell's own. */
function killRun(args: Arguments, { stopSignal }: Context): Run {
  const { effect, target } = killOf(args, [], stopSignal, false);
  return { ...instantly(unknown), stop: stopOf(effect), endsShell: target === "anything" };
}
