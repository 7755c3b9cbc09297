/**
 * Commands that stop the app itself. What a hook does after one of them protects no request: the app has closed its port.
 */
import { unknown, type Maybe } from "../../../kubernetes/values";
import { anyTime, exactly, never, type Interval } from "../../interval";
import type { Arguments } from "./call";

/** `stops`: known to. `may stop`: it depends on what can't be seen. `none`: nothing hints at it. */
export type Effect = "stops" | "may stop" | "none";

/** When a program with such an effect stops the app, in seconds from its start. */
export function stopOf(effect: Effect): Interval {
  if (effect === "none") return never;
  return effect === "stops" ? exactly(0) : anyTime;
}

interface StopCommand {
  /** Names of the program, without its path. */
  programs: readonly string[];
  /** Does an invocation with these arguments stop the app? */
  stops: (args: Arguments) => boolean;
  /** The program's own word for it. */
  source: string;
}

const hasWord =
  (...words: string[]) =>
  (args: Arguments) =>
    args.some((arg) => typeof arg === "string" && words.includes(arg.toLowerCase()));

/** The value of an option, written `-s quit` or `-squit`. */
const hasOption = (option: string, values: readonly string[]) => (args: Arguments) =>
  args.some(
    (arg, i) =>
      (arg === option && values.includes(String(args[i + 1] ?? ""))) ||
      (typeof arg === "string" && values.some((value) => arg === option + value)),
  );

const always = () => true;

const stopCommands: readonly StopCommand[] = [
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
    programs: ["consul"],
    stops: (args) => args[0] === "leave",
    source: "https://developer.hashicorp.com/consul/commands/leave",
  },
  {
    programs: ["nats-server"],
    stops: (args) => /(?:^| )--?(?:signal|sl)[= ](?:ldm|quit|stop|term)\b/.test(args.map(String).join(" ")),
    source: "https://docs.nats.io/running-a-nats-service/nats_admin/signals",
  },
  {
    programs: ["ray"],
    stops: (args) => args[0] === "stop",
    source: "https://docs.ray.io/en/latest/cluster/cli.html#ray-stop",
  },
  {
    programs: ["kafka-server-stop", "kafka-server-stop.sh", "zookeeper-server-stop.sh"],
    stops: always,
    source: "https://kafka.apache.org/documentation/#basic_ops_restarting",
  },
  {
    programs: ["killall5", "poweroff", "halt", "reboot"],
    stops: always,
    source: "https://man7.org/linux/man-pages/man8/killall5.8.html",
  },
];

const byProgram = new Map(stopCommands.flatMap((command) => command.programs.map((name) => [name, command] as const)));

/**
 * Words that hint at stopping the app, in the name or the arguments of a program that isn't known: `stop.sh`, `preStop`,
 * `horizon:terminate`, `localhost/shutdown`. And a script of the image's own may do what its author wants.
 */
const hint = /stop|drain_listeners|shut-?down|quit|exit|kill|term|halt|leave|decommission|destroy|finish/i;
const ownScript = /\.(?:sh|bash|py|rb|pl|js|php|ps1)$/i;

/** What a program does to the app, and whether it may end the hook's own shell. For `kill`, see `killOf`. */
export function effectOf(
  name: string,
  args: Arguments,
  stopSignal: Maybe<string> | undefined,
): { effect: Effect; endsShell: boolean } {
  if (name === "pkill" || name === "killall") {
    const endsShell = mayEndShell(name, args);
    const targets = args.filter((arg) => typeof arg === "string" && !arg.startsWith("-")).join(" ");
    return { effect: effectOfSignal(signalOf(args), stopSignal, targets), endsShell };
  }
  const endsShell = /^(?:killall5|poweroff|halt|reboot|xargs)$/.test(name);
  if (byProgram.get(name)?.stops(args)) return { effect: "stops", endsShell };
  if (name === "curl" || name === "wget") return { effect: asksToStop(args), endsShell };
  const words = [name, ...args].map((word) => (word === unknown ? "" : word));
  const isHinted =
    words.some((word) => hint.test(word) || ownScript.test(word)) || (byProgram.has(name) && args.includes(unknown));
  return { effect: isHinted ? "may stop" : "none", endsShell };
}

/**
 * A request to the Pod's own server, or to its sidecar, to stop.
 * https://docs.spring.io/spring-boot/api/rest/actuator/shutdown.html,
 * https://istio.io/latest/docs/reference/commands/pilot-agent/
 */
function asksToStop(args: Arguments): Effect {
  let effect: Effect = "none";
  const isPost = args.some(
    (arg) =>
      typeof arg === "string" &&
      /^(?:-X?(?:POST|PUT)|POST|PUT|--request=(?:POST|PUT)|-d.*|--data.*|--post-data.*|--post-file.*|--method=(?:POST|PUT))$/i.test(
        arg,
      ),
  );
  for (const arg of args) {
    if (arg === unknown) continue;
    const [, host, path = ""] = /^(?:https?:\/\/)?([^/:\s]+)(?::\d+)?(\/[^?#\s]*)/.exec(arg) ?? [];
    if (host === undefined || !hint.test(path)) continue;
    const isOwn = /^(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0)$/.test(host);
    const isKnown = /\/(?:shutdown|quitquitquit|-\/quit|v1\/agent\/leave)\/?$/.test(path);
    if (isOwn && isKnown && isPost) return "stops";
    effect = "may stop";
  }
  return effect;
}

/** The signal given as `-TERM`, `-15`, `-s TERM` or `--signal TERM`; TERM if there is none. */
function signalOf(args: Arguments): string {
  for (const [i, arg] of args.entries()) {
    if (typeof arg !== "string") continue;
    if (arg === "-s" || arg === "--signal") return String(args[i + 1] ?? "");
    const match = /^(?:-|-s|--signal=)([A-Z][A-Z0-9+-]{2,}|\d+)$/i.exec(arg);
    if (match) return match[1] ?? "";
  }
  return "TERM";
}

/** Apps that QUIT stops in order. It makes a JVM print its threads. */
const quitters = /nginx|openresty|php-fpm|unicorn|gunicorn|haproxy|angie|tengine/i;

/**
 * What a signal does to the app. The kernel keeps KILL and STOP, sent from inside, from PID 1; CONT, CHLD, URG and 0 do
 * nothing. Apps agree on TERM and INT, and the image's author on `lifecycle.stopSignal`. HUP, USR1 and others mean what
 * the app makes of them. Source: https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
 *
 * @param target names of the app, if any are known
 */
function effectOfSignal(signal: string, stopSignal: Maybe<string> | undefined, target: string): Effect {
  const name = numbers[signal] ?? signal.toUpperCase().replace(/^SIG/, "");
  if (["EXIT", "STOP", "CONT", "CHLD", "URG"].includes(name)) return "none";
  if (name === "KILL") return target === "" ? "none" : "may stop";
  if (["TERM", "INT"].includes(name) || (typeof stopSignal === "string" && stopSignal === `SIG${name}`)) return "stops";
  return name === "QUIT" && quitters.test(target) ? "stops" : "may stop";
}

const numbers: Record<string, string | undefined> = {
  ...{ 0: "EXIT", 1: "HUP", 2: "INT", 3: "QUIT", 9: "KILL", 15: "TERM", 17: "CHLD", 18: "CONT", 19: "STOP", 23: "URG" },
};

/** The app's process, by its file or its name: `$(cat /run/app.pid)`, `$(pidof app)`, `$(pgrep -o app)`. */
const pidOfApp = /^"?(?:\$\(|`)\s*(?:cat|pidof|pgrep)\s+([\w./ {}$-]+?)\s*[)`]"?$/;

/**
 * What `kill` does, a shell's or the program.
 *
 * @param texts the arguments as they stand in a script
 * @returns the effect on the app, and what is signaled: the app, a background job, or `anything`: perhaps the hook's own
 *   shell
 */
export function killOf(
  args: Arguments,
  texts: readonly string[],
  stopSignal: Maybe<string> | undefined,
  isBash: boolean,
): { effect: Effect; target: "app" | "job" | "anything" } {
  const signal = signalOf(args);
  const isNothing = /^(?:0|EXIT)$/.test(signal) || args[0] === "-l";
  if (isNothing) return { effect: "none", target: "app" };
  let at = 0;
  while (at < args.length && typeof args[at] === "string" && /^-/.test(String(args[at])))
    at += /^(?:-s|--signal|-n)$/.test(String(args[at])) ? 2 : 1;
  const targets = args.slice(at);
  const [pid] = targets;
  const text = texts[at] ?? "";
  // dash doesn't know `SIGTERM`, and other options may be refused, too.
  const isSure = isBash || !args.slice(0, at).some((arg) => /^-?SIG|^--|^-n$/.test(String(arg)));
  const effectOn = (app: string): Effect => {
    const effect = effectOfSignal(signal, stopSignal, app);
    return effect === "stops" && !isSure ? "may stop" : effect;
  };
  if (targets.length === 1 && pid === "1") return { effect: effectOn(""), target: "app" };
  if (
    targets.length > 0 &&
    texts.length === args.length &&
    texts.slice(at).every((each) => /^(?:"?\$!"?|%[\w%+-]*)$/.test(each))
  ) {
    return { effect: "none", target: "job" };
  }
  const name = targets.length === 1 ? pidOfApp.exec(text)?.[1] : undefined;
  if (name !== undefined && /pid|^(?!.*\/)/.test(name)) {
    // A pattern may match the shell whose script holds it.
    const isBroad = /pgrep\s.*-\w*f|[\s(`](?:sh|bash|dash|ash|busybox|sleep|timeout)\b/.test(text);
    return { effect: effectOn(name), target: isBroad ? "anything" : "app" };
  }
  return { effect: "may stop", target: "anything" };
}

/**
 * May the program end the hook's own shell? `pkill -f app` finds the shell whose script names the app, too, and a
 * pattern may match the name of a shell.
 */
function mayEndShell(name: string, args: Arguments): boolean {
  const shells = ["sh", "bash", "dash", "ash", "busybox", "sleep", "timeout", "env", "nice", "nohup"];
  return !args.every(
    (arg, i) =>
      typeof arg === "string" &&
      (/^-[A-Z0-9]+$/.test(arg) ||
        /^-[xon]$/.test(arg) ||
        arg === "-s" ||
        args[i - 1] === "-s" ||
        /^[\w-]{3,}$/.test(arg)) &&
      !shells.includes(arg) &&
      !(name === "pkill" && shells.some((shell) => shell.includes(arg))),
  );
}
