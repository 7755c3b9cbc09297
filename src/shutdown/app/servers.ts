/** Servers whose command line or environment says how long they take. */
import { parseDuration } from "../../kubernetes/duration";
import { getList, getString, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { budget } from "./budget";
import { wholeSeconds } from "./durations";
import { argumentsOf, mayRun, readsEnvironment, type Framework } from "./given";
import { optionOf, splitWords } from "./words";

const graceful = "--graceful-timeout";

/** The command line wins over `GUNICORN_CMD_ARGS`, that over a configuration file, which it may find by itself. */
export const gunicorn: Framework = {
  name: "gunicorn",
  versions: "19.7 and later",
  reads: [`\`${graceful}\` of a command that runs gunicorn, or in \`GUNICORN_CMD_ARGS\``],
  otherwise: "30 s where the command runs gunicorn without `--config`",
  link: "https://docs.gunicorn.org/en/stable/settings.html#graceful-timeout",
  budget: (given) => {
    const args = argumentsOf(given, "gunicorn");
    const own = args && optionOf(args, graceful, "--gra");
    if (own !== undefined) return budget(wholeSeconds(own), graceful, true);
    const name = "GUNICORN_CMD_ARGS";
    const text = given.environment.get(name);
    const more = text === undefined || text === unknown ? [] : splitWords(text);
    if (text === unknown || !more) return undefined;
    const other = optionOf(more, graceful, "--gra");
    if (other !== undefined) return budget(wholeSeconds(other), name, readsEnvironment(given, /^gunicorn$/));
    if (!args || [...args, ...more].some((word) => word === unknown || /^(?:-c|--co)/.test(word))) return undefined;
    return budget(30, "gunicorn's default", false);
  },
};

export const uvicorn: Framework = {
  name: "uvicorn",
  versions: "0.22 and later",
  reads: ["`--timeout-graceful-shutdown` of a command that runs uvicorn, or `UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN`"],
  link: "https://www.uvicorn.org/settings/#timeouts",
  budget: (given) => {
    const option = "--timeout-graceful-shutdown";
    const args = argumentsOf(given, "uvicorn");
    const own = args && optionOf(args, option);
    if (own !== undefined) return budget(wholeSeconds(own), option, true);
    // Its command line alone reads the variable, not an app that starts the server itself.
    const name = "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN";
    const text = given.environment.get(name);
    return text === undefined
      ? undefined
      : budget(wholeSeconds(text), name, args !== undefined && readsEnvironment(given, /^uvicorn$/));
  },
};

export const hypercorn: Framework = {
  name: "hypercorn",
  versions: "0.10 and later",
  reads: [`\`${graceful}\` of a command that runs hypercorn`],
  link: "https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html",
  budget: (given) => {
    const args = argumentsOf(given, "hypercorn");
    const own = args && optionOf(args, graceful, "--gra");
    return own === undefined ? undefined : budget(wholeSeconds(own), graceful, true);
  },
};

/**
 * Both prefixes are read, and which of them wins depends on the kind of host.
 * Source: dotnet/runtime src/libraries/Microsoft.Extensions.Hosting/src/HostOptions.cs, since .NET 6
 */
export const aspNetCore: Framework = {
  name: "ASP.NET Core",
  versions: "6.0 and later",
  reads: ["`ASPNETCORE_SHUTDOWNTIMEOUTSECONDS`, `DOTNET_SHUTDOWNTIMEOUTSECONDS`"],
  link: "https://learn.microsoft.com/en-us/aspnet/core/fundamentals/host/generic-host#shutdowntimeout",
  budget: (given) => {
    // The command line may win, too.
    if (given.commandLine?.args.some((word) => word !== unknown && /shutdowntimeoutseconds/i.test(word)))
      return undefined;
    const set = new Map<string, Maybe<string>>();
    for (const [name, value] of given.environment) {
      if (/^(?:ASPNETCORE|DOTNET)_SHUTDOWNTIMEOUTSECONDS$/i.test(name)) set.set(name, value);
    }
    const [first, ...others] = set;
    if (!first || others.some(([, value]) => value !== first[1])) return undefined;
    return budget(wholeSeconds(first[1]), first[0], readsEnvironment(given, /^dotnet$/));
  },
};

/** Each entry point goes on for the first time, then waits for the second; all of them at once. */
export const traefik: Framework = {
  name: "Traefik",
  versions: "2.0 and later",
  reads: [
    "`--entryPoints.<name>.transport.lifeCycle.graceTimeOut` and `….requestAcceptGraceTimeout` of the container's arguments",
  ],
  link: "https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/",
  budget: (given) => {
    const times = new Map<string, { requestaccept?: number; grace?: number }>();
    for (const word of given.commandLine?.args ?? []) {
      // With a configuration file, the arguments count for nothing.
      if (word !== unknown && /^--?configfile\b/i.test(word)) return undefined;
      const [, name = "", which, text = ""] =
        (word !== unknown &&
          /^--?entrypoints\.([^.=]+)\.transport\.lifecycle\.(grace|requestacceptgrace)timeout=(.*)$/is.exec(word)) ||
        [];
      if (which === undefined) continue;
      const seconds = wholeSeconds(text) ?? parseDuration(text);
      if (seconds === undefined) return undefined;
      const key = which.toLowerCase() === "grace" ? "grace" : "requestaccept";
      times.set(name.toLowerCase(), { ...times.get(name.toLowerCase()), [key]: seconds });
    }
    if (times.size === 0) return undefined;
    const longest = Math.max(...[...times.values()].map(({ requestaccept = 0, grace = 10 }) => requestaccept + grace));
    // A file that it finds by itself wins over all arguments (traefik/paerser, cli/commands.go).
    const mounts = getList(given.container, "volumeMounts") ?? [];
    const mayHaveFile =
      !isKnown(mounts) ||
      mounts.some((mount) => /^\/etc\/traefik\/?(?:$|traefik\.)/.test(String(getString(mount, "mountPath"))));
    return budget(longest, "--entryPoints.*.transport.lifeCycle", !mayHaveFile && mayRun(given, /^traefik$/));
  },
};
