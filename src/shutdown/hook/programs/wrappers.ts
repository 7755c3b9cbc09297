/** Programs that start the rest of their command line. */
import { unknown, type Maybe } from "../../../kubernetes/values";
import { exactly, hull, type Interval } from "../../interval";
import { baseName } from "../names";
import { anything, instantly, perhaps, type Arguments, type Context, type Run } from "./call";
import { readSleep } from "./sleep";

type Wrapper = (args: Arguments, context: Context, run: (argv: Arguments, context: Context) => Run) => Run;

/** Options before the command: alone, or with a value in the next argument; and operands before it. */
interface Options {
  flags?: RegExp;
  valued?: RegExp;
  operands?: number;
}

const nothing = /^$/;

/** The command after the options; undefined if there is an option that isn't known. */
function commandOf(
  args: Arguments,
  { flags = nothing, valued = nothing, operands = 0 }: Options,
): Arguments | undefined {
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at];
    if (arg === undefined || arg === unknown) return undefined;
    if (arg === "--") {
      at++;
      break;
    }
    if (!arg.startsWith("-")) break;
    if (valued.test(arg)) at++;
    else if (!flags.test(arg)) return undefined;
  }
  return args.slice(at + operands);
}

function wrapper(options: Options): Wrapper {
  return (args, context, run) => {
    const command = commandOf(args, options);
    if (!command) return unknownOption(context);
    return command.length === 0 ? instantly(unknown) : run(command, context);
  };
}

function unknownOption({ notes }: Context): Run {
  notes.add("option");
  return anything;
}

export const wrappers: Record<string, Wrapper> = {
  // https://www.gnu.org/software/coreutils/manual/html_node/nohup-invocation.html and its neighbors
  nohup: wrapper({}),
  nice: wrapper({ flags: /^-(?:n-?\d+|-?\d+|-adjustment=-?\d+)$/, valued: /^-n$/ }),
  stdbuf: wrapper({ flags: /^-[ioe]\w+$|^--(?:input|output|error)=\w+$/, valued: /^-[ioe]$/ }),
  timeout,
  env,
  // https://man7.org/linux/man-pages/man1/ionice.1.html
  ionice: wrapper({ flags: /^-(?:[cn]\d|t)$/, valued: /^-[cn]$/ }),
  // https://man7.org/linux/man-pages/man1/setsid.1.html: it forks, and doesn't wait, if it leads a process group.
  setsid: (args, context, run) => {
    const after = wrapper({ flags: /^(?:-[cfw]+|--(?:ctty|fork|wait))$/ })(args, context, run);
    if (args.includes("-w") || args.includes("--wait")) return after;
    const held = Math.max(after.time.atMost, after.held ?? 0);
    return { ...after, held, time: hull(after.time, exactly(0)), success: unknown };
  },
  // https://github.com/krallin/tini, https://github.com/Yelp/dumb-init
  tini: wrapper({ flags: /^-(?:[sgw]|v+)$/, valued: /^-[pe]$/ }),
  "dumb-init": wrapper({ flags: /^(?:-[cv]|--(?:single-child|verbose))$/, valued: /^(?:-r|--rewrite)$/ }),
  // https://github.com/tianon/gosu, https://github.com/ncopa/su-exec
  gosu: wrapper({ operands: 1 }),
  "su-exec": wrapper({ operands: 1 }),
  su,
  busybox: (args, context, run) => {
    const [applet, ...rest] = args;
    if (applet === undefined) return instantly(unknown);
    if (applet === unknown || applet.startsWith("-")) return unknownOption(context);
    return run([`/bin/${applet}`, ...rest], { ...context, busybox: true });
  },
};

function env(args: Arguments, context: Context, run: Parameters<Wrapper>[2]): Run {
  const environment = new Map(context.environment);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === undefined || arg === unknown) return unknownOption(context);
    if (arg === "--") continue;
    // PATH stays unset; programs are looked for in the system's own folders.
    if (arg === "-i" || arg === "-" || arg === "--ignore-environment") environment.clear();
    else if (arg === "-u") {
      const name = args[++i];
      if (typeof name !== "string") return unknownOption(context);
      // A shell may give it a value again.
      environment.delete(name);
      if (name === "PATH") environment.set(name, unknown);
    } else if (arg.startsWith("-")) return unknownOption(context);
    else if (arg.includes("=")) environment.set(arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1));
    else return run(args.slice(i), { ...context, environment });
  }
  return instantly(unknown);
}

/** `su [-] [user] -c script`: the user's shell runs it. https://man7.org/linux/man-pages/man1/su.1.html */
function su(args: Arguments, context: Context, run: Parameters<Wrapper>[2]): Run {
  let [script, shell, user]: Maybe<string>[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === undefined || arg === unknown) return unknownOption(context);
    if (arg === "-c" || arg === "--command") script = args[++i];
    else if (arg === "-s" || arg === "--shell") shell = args[++i];
    else if (arg.startsWith("-") && !/^-[lmp]?$|^--login$/.test(arg)) return unknownOption(context);
    else if (!arg.startsWith("-")) user ??= arg;
  }
  if (script === undefined || shell === unknown) return unknownOption(context);
  const after = run([shell ?? "/bin/sh", "-c", script], { ...context, environment: new Map() });
  // Only root may become somebody, and somebody's shell may be `nologin`.
  return user === undefined || user === "root" ? after : perhaps(after);
}

/**
 * `timeout 20 command`: sends a signal after 20 s, TERM or `-s`, and KILL after another `-k`; and waits for the command's
 * end. https://www.gnu.org/software/coreutils/manual/html_node/timeout-invocation.html
 */
function timeout(args: Arguments, context: Context, run: Parameters<Wrapper>[2]): Run {
  const flags = /^(?:-[sk].+|--(?:signal|kill-after)=.*|--foreground|--preserve-status|-v|--verbose)$/;
  const rest = commandOf(args, { flags, valued: /^(?:-[sk]|--signal|--kill-after)$/ });
  if (!rest) return unknownOption(context);
  const [limit, ...command] = rest;
  if (limit === undefined || command.length === 0) return instantly(unknown);
  const bound = readSleep([limit]);
  if (bound.success === false) return instantly(false);
  const ran = run(command, context);
  // `timeout 0` doesn't limit, and shells read odd numbers differently.
  if (bound.time.atLeast === 0 || bound.success === unknown) return perhaps(ran);
  const before = args.slice(0, args.length - rest.length);
  const value = (short: string, long: string) => {
    const at = before.findIndex((arg) => arg === short || arg === long);
    const own = before.find(
      (arg) => typeof arg === "string" && (arg.startsWith(`${long}=`) || (arg.startsWith(short) && arg !== short)),
    );
    return at >= 0 ? before[at + 1] : typeof own === "string" ? own.replace(/^--[\w-]+=|^-\w/, "") : undefined;
  };
  const signal = value("-s", "--signal") ?? "TERM";
  const patience = value("-k", "--kill-after");
  const isSleep = typeof command[0] === "string" && baseName(command[0]) === "sleep";
  const kills =
    signal !== unknown &&
    (/^(?:SIG)?KILL$|^9$/i.test(signal) || (isSleep && /^(?:SIG)?(?:TERM|INT|HUP|QUIT)$|^(?:1|2|3|15)$/i.test(signal)));
  const extra = kills ? 0 : patience === undefined ? Infinity : readSleep([patience]).time.atMost || Infinity;
  const { atLeast, atMost } = ran.time;
  const time: Interval = {
    atLeast: Math.min(atLeast, bound.time.atLeast),
    atMost: Math.min(atMost, bound.time.atMost + extra),
  };
  const isCut = atLeast > bound.time.atMost && kills;
  const success = atMost < bound.time.atLeast ? ran.success : isCut ? false : unknown;
  const stop = ran.stop.atMost < bound.time.atLeast ? ran.stop : { ...ran.stop, atMost: Infinity };
  // A shell's children may live on.
  return { ...ran, time, success, stop, held: isSleep ? 0 : Math.max(ran.held ?? 0, ran.time.atMost) };
}
