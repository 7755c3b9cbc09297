/** Frameworks of the JVM: their settings are properties, which stand in many places. */
import type * as Yaml from "js-yaml";
import { getString, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { budget } from "./budget";
import type { ConfigFile } from "./config-maps";
import { inUnits, isoDuration, wholeSeconds } from "./durations";
import { mayRun, readsEnvironment, type Framework, type Given } from "./given";
import { splitWords, type CommandLine } from "./words";

/** A property's value, and where it stands. */
interface Property {
  value: Maybe<string>;
  source: string;
  /** Is the app sure to read it? */
  isRead: boolean;
}

/** Where a property may stand, and who reads it there; the first one that has it counts. */
type Place = (given: Given, key: string) => Property | undefined;

function propertyOf(given: Given, key: string, places: readonly Place[]): Property | undefined {
  for (const place of places) {
    const found = place(given, key);
    if (found) return found;
  }
  return undefined;
}

const java = /^java$/;

/** `server.shutdown`, `SERVER_SHUTDOWN` and such are one name: relaxed binding. */
function canonical(key: string): string {
  return key.replace(/[-_]/g, "").toLowerCase();
}

/**
 * An option of the JVM, `-Dkey=value`. In order: `_JAVA_OPTIONS`, the command line, `JDK_JAVA_OPTIONS`,
 * `JAVA_TOOL_OPTIONS`.
 * Source: https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html (JDK_JAVA_OPTIONS),
 * https://docs.oracle.com/en/java/javase/21/troubleshoot/environment-variables-and-system-properties.html
 */
const systemProperty: Place = (given, key) => {
  const { environment, commandLine } = given;
  const inVariable = (name: string): Property | undefined => {
    const text = environment.get(name);
    if (text === undefined) return undefined;
    const words = text === unknown ? undefined : splitWords(text, false);
    const isRead = readsEnvironment(given, java);
    if (!words) return { value: unknown, source: name, isRead };
    const value = lastDefinition(words);
    return value === undefined ? undefined : { value, source: name, isRead };
  };
  const lastDefinition = (words: readonly Maybe<string>[]): string | undefined =>
    words
      .filter((word) => typeof word === "string")
      .findLast((word) => word.startsWith(`-D${key}=`))
      ?.slice(key.length + 3);
  const onCommandLine = (): Property | undefined => {
    if (commandLine?.program !== "java") return undefined;
    const value = lastDefinition(ofTheJvm(commandLine.args));
    return value === undefined ? undefined : { value, source: `-D${key}`, isRead: mayRun(given, java) };
  };
  return (
    inVariable("_JAVA_OPTIONS") ?? onCommandLine() ?? inVariable("JDK_JAVA_OPTIONS") ?? inVariable("JAVA_TOOL_OPTIONS")
  );
};

/** The arguments before the app: its jar, its module or its main class. What follows is the app's own. */
function ofTheJvm(args: CommandLine["args"]): CommandLine["args"] {
  const app = args.findIndex((word, i) => {
    if (word === unknown) return false;
    const before = args[i - 1];
    const isValue = typeof before === "string" && /^(?:-cp|-classpath|-p|--[a-z-]+)$/.test(before);
    return /^(?:-jar|-m|--module)$/.test(word) || !(isValue || /^[-@]/.test(word));
  });
  return app < 0 ? args : args.slice(0, app);
}

/** A variable of the environment, by the names that a key has there. */
const variable: Place = (given, key) => {
  const upper = key.toUpperCase().replaceAll(".", "_");
  for (const name of [upper.replaceAll("-", ""), upper.replaceAll("-", "_"), key]) {
    const value = given.environment.get(name);
    if (value !== undefined) return { value, source: name, isRead: readsEnvironment(given, java) };
  }
  return undefined;
};

/** Spring's `--key=value`. */
const argument: Place = (given, key) => {
  const written = (given.commandLine?.args ?? []).flatMap((word) => {
    const [, name = "", value = ""] = (typeof word === "string" && /^--([\w.-]+)=(.*)$/s.exec(word)) || [];
    return canonical(name) === canonical(key) ? [value] : [];
  });
  const value = written.at(-1);
  return value === undefined ? undefined : { value, source: `--${key}`, isRead: mayRun(given, java) };
};

/** `SPRING_APPLICATION_JSON`. */
const json: Place = (given, key) => {
  const source = "SPRING_APPLICATION_JSON";
  const text = given.environment.get(source);
  if (text === undefined) return undefined;
  const isRead = readsEnvironment(given, java);
  if (text === unknown || text.length > longestJson) return { value: unknown, source, isRead };
  const value = inTree(parseJson(text), canonical(key).split("."));
  return value === undefined ? undefined : { value, source, isRead };
};

const longestJson = 100_000;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return unknown;
  }
}

/**
 * A mounted `application.yml` or `.properties`. Spring reads those in the folder that it starts in and in `config/` there,
 * and those that another setting names. A profile's file or part may overrule it, and so may what a file imports.
 * Source: https://docs.spring.io/spring-boot/reference/features/external-config.html
 */
const file: Place = (given, key) => {
  const found: Property[] = [];
  for (const [path, mounted] of given.files) {
    const [, folder = "", profile, kind] = /^(.*)\/application(-[^/]*)?\.(ya?ml|properties)$/s.exec(path) ?? [];
    if (kind === undefined) continue;
    if (!isKnown(mounted)) return { value: unknown, source: path, isRead: false };
    const value =
      profile === undefined ? readFile(mounted, kind)(key) : mentions(mounted.text, key) ? unknown : undefined;
    const isRead = readsEnvironment(given, java) && isReadFrom(folder, path, given);
    if (value !== undefined) found.push({ value, source: mounted.label, isRead });
  }
  const [first, ...others] = found;
  return first && others.some(({ value }) => value !== first.value) ? { ...first, value: unknown } : first;
};

/** Does Spring surely look there? Without a `workingDir`, the image decides on where it starts. */
function isReadFrom(folder: string, path: string, given: Given): boolean {
  const named = (key: string) => propertyOf(given, `spring.config.${key}`, [argument, json, systemProperty, variable]);
  if (named("name")) return false;
  const isIn = (property: Property | undefined) =>
    typeof property?.value === "string" &&
    property.value
      .split(/[,;]/)
      .map((place) => place.trim().replace(/^(?:optional:)?(?:file:(?:\/\/)?)?/, ""))
      .some((place) => place === path || place === `${folder}/`);
  if (isIn(named("additional-location")) || isIn(named("import"))) return true;
  const location = named("location");
  if (location) return isIn(location);
  const start = getString(given.container, "workingDir");
  return typeof start === "string" && [start, `${start.replace(/\/$/, "")}/config`].includes(folder);
}

function mentions(text: string, key: string): boolean {
  return canonical(text).includes(canonical(key.slice(key.lastIndexOf(".") + 1)));
}

/** The properties of a file, read once however many containers mount it. */
function readFile(of: ConfigFile, kind: string): (key: string) => Maybe<string> | undefined {
  let reader = readers.get(of);
  if (!reader) readers.set(of, (reader = kind === "properties" ? readProperties(of.text) : readYaml(of.text)));
  return reader;
}

const readers = new WeakMap<ConfigFile, (key: string) => Maybe<string> | undefined>();

function readProperties(text: string): (key: string) => Maybe<string> | undefined {
  const values = new Map<string, string>();
  // Only some profiles or platforms have what stands in such a part, and what is imported wins.
  const isOverruled = /^[ \t]*spring\.(?:config\.(?:activate|import)\b|profiles[ \t]*[=: \t[])/m.test(text);
  // A backslash joins lines.
  for (const line of text.replace(/\\\r?\n[ \t]*/g, "").split(/\r?\n/)) {
    const [, name, value = ""] = /^[ \t]*([\w.-]+)[ \t]*[=: \t][ \t]*(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    values.set(canonical(name), value.trimEnd());
  }
  return (key) => {
    const value = values.get(canonical(key));
    return value !== undefined && isOverruled ? unknown : value;
  };
}

function readYaml(text: string): (key: string) => Maybe<string> | undefined {
  const documents = parseYaml(text);
  if (!documents) return () => unknown;
  const has = (tree: unknown, path: string) => inTree(tree, path.split(".")) !== undefined;
  // `spring.profiles` alone is an older name of `on-profile`.
  const hasConditions = (tree: unknown) =>
    has(tree, "spring.config.activate") ||
    (has(tree, "spring.profiles") &&
      !["active", "include", "group"].some((key) => has(tree, `spring.profiles.${key}`)));
  return (key) => {
    const path = canonical(key).split(".");
    const holders = documents.filter((tree) => inTree(tree, path) !== undefined);
    if (holders.some(hasConditions)) return unknown;
    // What is imported wins.
    if (holders.length > 0 && documents.some((tree) => has(tree, "spring.config.import"))) return unknown;
    return inTree(holders.at(-1), path);
  };
}

function parseYaml(text: string): unknown[] | undefined {
  // Loaded on first use: most stacks have no such file.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { loadAll } = require("js-yaml") as typeof Yaml;
  try {
    return loadAll(text);
  } catch {
    return undefined;
  }
}

/** What stands at a path of names, each possibly written with others in one key; unknown if it is no text or number. */
function inTree(tree: unknown, path: readonly string[]): Maybe<string> | undefined {
  if (tree === unknown) return unknown;
  if (path.length === 0) {
    if (tree === undefined || tree === null) return undefined;
    return typeof tree === "string" || typeof tree === "number" ? String(tree) : unknown;
  }
  if (typeof tree !== "object" || tree === null) return undefined;
  let found: Maybe<string> | undefined;
  for (const [key, value] of Object.entries(tree)) {
    const names = canonical(key).split(".");
    if (path.slice(0, names.length).some((name, i) => name !== names[i])) continue;
    found = names.length > path.length ? unknown : (inTree(value, path.slice(names.length)) ?? found);
  }
  return found;
}

const springUnits = ["ns", "us", "ms", "s", "m", "h", "d"];
const springPlaces = [argument, json, systemProperty, variable, file];

export const springBoot: Framework = {
  name: "Spring Boot",
  versions: "2.3 and later",
  reads: [
    "`spring.lifecycle.timeout-per-shutdown-phase` and `server.shutdown`: as variables of the environment, `--key=value`, `-Dkey=value` (also in `JAVA_TOOL_OPTIONS`, `JDK_JAVA_OPTIONS`, `_JAVA_OPTIONS`), in `SPRING_APPLICATION_JSON`, in a mounted `application.yml`, `.yaml` or `.properties`",
  ],
  otherwise: "30 s where `server.shutdown` is `graceful`",
  link: "https://docs.spring.io/spring-boot/reference/web/graceful-shutdown.html",
  budget: (given) => {
    const mode = propertyOf(given, "server.shutdown", springPlaces);
    const how = typeof mode?.value === "string" ? mode.value.trim().toLowerCase() : mode?.value;
    // The web server stops at once. Without the setting it does so before 3.4; whoever sets the timeout means it.
    const timeout = propertyOf(given, "spring.lifecycle.timeout-per-shutdown-phase", springPlaces);
    if (how === "immediate" && (mode?.isRead || !timeout?.isRead)) return undefined;
    if (timeout) {
      const { value, source, isRead } = timeout;
      const text = value === unknown ? unknown : value.trim().toLowerCase();
      const seconds = inUnits(text, springUnits, "ms") ?? isoDuration(text);
      return budget(seconds, source, isRead && how !== unknown && how !== "immediate");
    }
    return how === "graceful" ? budget(30, "Spring Boot's default", false) : undefined;
  },
};

export const quarkus: Framework = {
  name: "Quarkus",
  versions: "2.0 and later",
  reads: ["`QUARKUS_SHUTDOWN_TIMEOUT`, or `-Dquarkus.shutdown.timeout` in the same places"],
  link: "https://quarkus.io/guides/lifecycle#graceful-shutdown",
  budget: (given) => {
    const timeout = propertyOf(given, "quarkus.shutdown.timeout", [systemProperty, variable]);
    if (!timeout) return undefined;
    const { value, source, isRead } = timeout;
    const text = value === unknown ? unknown : value.trim();
    // What begins with a digit is a number of seconds, or lacks `PT`.
    const seconds =
      wholeSeconds(text) ?? isoDuration(text) ?? (text === unknown ? undefined : isoDuration(`PT${text}`));
    return budget(seconds, source, isRead);
  },
};

export const micronaut: Framework = {
  name: "Micronaut",
  versions: "4.9 and later",
  reads: [
    "`MICRONAUT_LIFECYCLE_GRACEFUL_SHUTDOWN_GRACE_PERIOD` with `MICRONAUT_LIFECYCLE_GRACEFUL_SHUTDOWN_ENABLED=true`, or these as `-D…` in the same places",
  ],
  otherwise: "15 s where it is enabled",
  link: "https://docs.micronaut.io/latest/api/io/micronaut/runtime/graceful/GracefulShutdownConfiguration.html",
  budget: (given) => {
    const of = (name: string) =>
      propertyOf(given, `micronaut.lifecycle.graceful-shutdown.${name}`, [systemProperty, variable]);
    const enabled = of("enabled");
    if (enabled?.value !== "true") return undefined;
    const period = of("grace-period");
    if (!period) return budget(15, "Micronaut's default", false);
    const { value, source, isRead } = period;
    return budget(inUnits(value, springUnits) ?? isoDuration(value), source, isRead);
  },
};
