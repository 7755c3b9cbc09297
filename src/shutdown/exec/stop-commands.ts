/**
 * Commands that stop the app itself. What a hook does after one of them protects nobody: the app has closed its port.
 */
import type { Maybe } from "../../kubernetes/values";

/** `stops`: known to. `may stop`: it depends on what can't be seen. `none`: nothing is known of it. */
export type Effect = "stops" | "may stop" | "none";

interface StopCommand {
  /** Names of the program, without its path. */
  programs: readonly string[];
  /** Does an invocation with these arguments stop the app? */
  stops: (args: readonly Maybe<string>[]) => boolean;
  /** The program's own word for it. */
  source: string;
}

const hasWord =
  (...words: string[]) =>
  (args: readonly Maybe<string>[]) =>
    args.some((arg) => typeof arg === "string" && words.includes(arg.toLowerCase()));

/** The value of an option, written `-s quit` or `-squit`. */
const hasOption = (option: string, values: readonly string[]) => (args: readonly Maybe<string>[]) =>
  args.some(
    (arg, i) =>
      (arg === option && values.includes(String(args[i + 1] ?? ""))) ||
      (typeof arg === "string" && values.some((value) => arg === option + value)),
  );

const always = () => true;

export const stopCommands: readonly StopCommand[] = [
  {
    programs: ["nginx", "openresty", "angie", "tengine", "freenginx"],
    stops: hasOption("-s", ["quit", "stop"]),
    source: "https://nginx.org/en/docs/control.html",
  },
  {
    programs: ["apachectl", "apache2ctl", "httpd", "apache2"],
    stops: hasWord("stop", "graceful-stop"),
    source: "https://httpd.apache.org/docs/2.4/stopping.html",
  },
  {
    programs: ["catalina.sh"],
    stops: hasWord("stop"),
    source: "https://tomcat.apache.org/tomcat-10.1-doc/RUNNING.txt",
  },
  {
    programs: ["shutdown.sh"],
    stops: always,
    source: "https://tomcat.apache.org/tomcat-10.1-doc/RUNNING.txt",
  },
  {
    programs: ["supervisorctl"],
    stops: hasWord("stop", "shutdown"),
    source: "https://supervisord.org/running.html#supervisorctl-actions",
  },
  {
    programs: ["systemctl", "service"],
    stops: hasWord("stop"),
    source: "https://www.freedesktop.org/software/systemd/man/latest/systemctl.html",
  },
  {
    programs: ["rc-service"],
    stops: hasWord("stop"),
    source: "https://github.com/OpenRC/openrc/blob/master/man/rc-service.8",
  },
  {
    programs: ["sv"],
    stops: hasWord("stop", "down", "exit", "shutdown", "force-stop", "force-shutdown", "d", "x"),
    source: "https://smarden.org/runit/sv.8",
  },
  {
    programs: ["s6-svscanctl"],
    stops: (args) => args.some((arg) => typeof arg === "string" && /^-[a-z]*[tbqp]/.test(arg)),
    source: "https://skarnet.org/software/s6/s6-svscanctl.html",
  },
  {
    programs: ["s6-svc"],
    stops: (args) => args.some((arg) => typeof arg === "string" && /^-[a-zA-Z]*[dx]/.test(arg)),
    source: "https://skarnet.org/software/s6/s6-svc.html",
  },
  {
    programs: ["pm2", "pm2-runtime"],
    stops: hasWord("stop", "delete", "kill"),
    source: "https://pm2.keymetrics.io/docs/usage/process-management/",
  },
  {
    programs: ["pumactl"],
    stops: hasWord("stop", "halt"),
    source: "https://github.com/puma/puma#pumactl",
  },
  {
    programs: ["uwsgi"],
    stops: hasWord("--stop"),
    source: "https://uwsgi-docs.readthedocs.io/en/latest/Management.html",
  },
  {
    programs: ["caddy"],
    stops: hasWord("stop"),
    source: "https://caddyserver.com/docs/command-line#caddy-stop",
  },
  {
    programs: ["kong"],
    stops: hasWord("stop", "quit"),
    source: "https://docs.konghq.com/gateway/latest/reference/cli/",
  },
  {
    programs: ["apisix"],
    stops: hasWord("stop", "quit"),
    source: "https://apisix.apache.org/docs/apisix/getting-started/README/",
  },
  {
    programs: ["redis-cli", "valkey-cli"],
    stops: hasWord("shutdown"),
    source: "https://redis.io/docs/latest/commands/shutdown/",
  },
  {
    programs: ["mysqladmin", "mariadb-admin"],
    stops: hasWord("shutdown"),
    source: "https://dev.mysql.com/doc/refman/8.4/en/mysqladmin.html",
  },
  {
    programs: ["pg_ctl"],
    stops: hasWord("stop"),
    source: "https://www.postgresql.org/docs/current/app-pg-ctl.html",
  },
  {
    programs: ["rabbitmqctl"],
    stops: hasWord("stop", "stop_app", "shutdown"),
    source: "https://www.rabbitmq.com/docs/man/rabbitmqctl.8",
  },
  {
    programs: ["asadmin"],
    stops: hasWord("stop-domain", "stop-instance"),
    source: "https://glassfish.org/docs/latest/reference-manual.html#stop-domain",
  },
  {
    programs: ["nodetool"],
    stops: hasWord("drain", "stopdaemon"),
    source: "https://cassandra.apache.org/doc/latest/cassandra/managing/tools/nodetool/drain.html",
  },
  {
    programs: ["pkill"],
    stops: (args) => sendsStop(signalOf(args)),
    source: "https://man7.org/linux/man-pages/man1/pgrep.1.html",
  },
  {
    programs: ["killall"],
    stops: (args) => sendsStop(signalOf(args)),
    source: "https://man7.org/linux/man-pages/man1/killall.1.html",
  },
  {
    programs: ["killall5", "poweroff", "halt", "reboot"],
    stops: always,
    source: "https://man7.org/linux/man-pages/man8/killall5.8.html",
  },
];

const byProgram = new Map(stopCommands.flatMap((command) => command.programs.map((name) => [name, command] as const)));

/** What a program does to the app, by its name and arguments. `kill` is not among them: see `effectOfSignal`. */
export function effectOfProgram(name: string, args: readonly Maybe<string>[]): Effect {
  return byProgram.get(name)?.stops(args) ? "stops" : "none";
}

/** The signal given as `-TERM`, `-15`, `-s TERM` or `--signal TERM`; TERM where there is none. */
export function signalOf(args: readonly Maybe<string>[]): string {
  for (const [i, arg] of args.entries()) {
    if (typeof arg !== "string") continue;
    if (arg === "-s" || arg === "--signal") return String(args[i + 1] ?? "");
    const match = /^(?:-|--signal=)((?:SIG)?[A-Z]{3,}\d?|\d+)$/i.exec(arg);
    if (match) return match[1] ?? "";
  }
  return "TERM";
}

function sendsStop(signal: string): boolean {
  return effectOfSignal(signal) === "stops" || /^(SIG)?(QUIT|KILL)$|^[39]$/i.test(signal);
}

/**
 * What a signal does to PID 1 of the container. The kernel keeps KILL and STOP, sent from inside, from it; CONT, CHLD,
 * URG and 0 do nothing. Programs agree on TERM and INT. QUIT stops nginx and makes a JVM print its threads; WINCH
 * stops httpd; HUP, USR1 and others mean what the app makes of them.
 * Source: https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
 */
export function effectOfSignal(signal: string): Effect {
  const name = signal.toUpperCase().replace(/^SIG/, "");
  if (["TERM", "15", "INT", "2"].includes(name)) return "stops";
  if (["0", "EXIT", "KILL", "9", "STOP", "19", "CONT", "18", "CHLD", "17", "URG", "23"].includes(name)) return "none";
  return "may stop";
}

/**
 * May the program end the hook's own shell? `pkill -f app` finds the shell whose script names the app, too, and a
 * pattern may match the name of a shell.
 */
export function mayEndHook(name: string, args: readonly Maybe<string>[]): boolean {
  if (name === "killall5" || name === "poweroff" || name === "halt" || name === "reboot") return true;
  if (name !== "pkill" && name !== "killall") return false;
  return !args.every(
    (arg, i) =>
      typeof arg === "string" &&
      (/^-[A-Z0-9]+$/.test(arg) || arg === "-x" || arg === "-s" || args[i - 1] === "-s" || /^\w{3,}$/.test(arg)) &&
      !/^(sh|bash|dash|ash|busybox|sleep|timeout|env|nice|nohup)$/.test(arg) &&
      !(name === "pkill" && ["sh", "bash", "dash", "ash", "busybox", "sleep"].some((shell) => shell.includes(arg))),
  );
}
