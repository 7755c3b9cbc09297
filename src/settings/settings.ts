import { checker, isObject } from "../schema/check";
import { didYouMean } from "../schema/did-you-mean";
import {
  factNames,
  levels,
  ownSettings,
  policyNames,
  settingsOf,
  settingsSchema,
  type FactName,
  type Exemption,
  type Facts,
  type Level,
  type PolicyName,
  type PolicySettings,
  type ResolvedSettings,
  type SettingName,
  type Settings,
} from "./schema";
import { visible } from "../plain";
import { groupOf, isJob, isKnownKind } from "../kubernetes/workload";
import { hasNativeSleep } from "../kubernetes/version";
import { isGlob, notAGlob } from "../globs";

/** Settings that can't be used, with every problem in them. The message is all that a user should see. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  constructor(given: readonly string[]) {
    // Names of settings are as their file has them. A catalog's problems are a list, and stay one.
    const problems = given.map((problem) => visible(problem).replace(/\n(?! *- )/g, " "));
    super(
      problems.length === 1
        ? `Bad setting of apisix-graceful-termination: ${problems[0]}`
        : `Bad settings of apisix-graceful-termination:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    );
    this.name = "SettingsError";
    this.problems = problems;
    // The SDK prints an error's stack; the place in this code doesn't help whoever mistyped a setting.
    this.stack = this.message;
  }
}

/** A policy pack config: what `--policy-pack-config` and policy groups hold. */
export type PackConfig = Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;

/** All settings of a run: the facts, and what is each policy's own. */
export interface PackSettings {
  facts: Facts;
  policies: Readonly<Record<PolicyName, PolicySettings & { level?: Level }>>;
}

/**
 * The settings of a run: the defaults, over them the organization's, over them the config.
 *
 * @throws SettingsError with every problem, naming policy and setting.
 */
export function resolvePack(config: PackConfig, organization: Settings = {}): PackSettings {
  const problems = configProblems(config, organization);
  if (problems.length > 0) throw new SettingsError(problems);
  const byDefault = defaults(organization);
  const facts = over(byDefault, factsOf(config));
  const policies = policyNames.map((policy) => {
    const { enforcementLevel, ...own } = ownOf(config, policy);
    const level = (enforcementLevel ?? ownOf(config, "all").enforcementLevel) as Level | undefined;
    const { select, exempt, allowAnnotations } = over(byDefault, own);
    return [policy, { select, exempt, allowAnnotations, ...(level === undefined ? {} : { level }) }] as const;
  });
  return { facts: pick(facts, factNames), policies: Object.fromEntries(policies) as PackSettings["policies"] };
}

/** What a config says of one policy: a level alone is short for an object with it. */
function ownOf(config: PackConfig, policy: PolicyName | "all"): Readonly<Record<string, unknown>> {
  const own = config[policy];
  return typeof own === "string" ? { enforcementLevel: own } : (own ?? {});
}

/** What is wrong with a fact, which its text begins with: after the policy that it was given to, if it is the config's. */
export function placed(problem: string, config: PackConfig): string {
  const [name = ""] = /^\w+/.exec(problem) ?? [];
  const place = policyNames.find((policy) => ownOf(config, policy)[name] !== undefined);
  return place === undefined ? problem : `${place} › ${problem}`;
}

/** The facts that a config gives, to whichever policies. */
function factsOf(config: PackConfig): Partial<Record<FactName, unknown>> {
  const facts: Partial<Record<FactName, unknown>> = {};
  for (const policy of policyNames) {
    const own = ownOf(config, policy);
    for (const name of factNames) if (own[name] !== undefined) facts[name] = own[name];
  }
  return facts;
}

function pick<T extends object, K extends keyof T>(object: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => key in object).map((key) => [key, object[key]])) as Pick<T, K>;
}

/** The defaults, and the organization's over them. */
export function defaults(organization: Settings): ResolvedSettings {
  const values = Object.entries(settingsSchema.properties).flatMap(([name, schema]) =>
    "default" in schema ? [[name, schema.default]] : [],
  );
  return over(Object.fromEntries(values) as ResolvedSettings, organization);
}

/** Settings over others. One that is undefined is not set: a program may pass `{ sleepSeconds: undefined }`. */
function over(settings: ResolvedSettings, others: object): ResolvedSettings {
  const set = Object.entries(others).filter(([, value]) => value !== undefined);
  return { ...settings, ...Object.fromEntries(set) };
}

/**
 * The settings of a policy as the engine's JSON schema.
 *
 * The engine fills a schema's defaults into each policy's config before the pack sees it. A default of a fact would be
 * taken there for a value that somebody gave, and contradict the one that was given to another policy: the description
 * tells it instead.
 */
export function configSchema(policy: PolicyName, organization: Settings): { properties: Record<string, object> } {
  const values: Record<string, unknown> = { ...defaults(organization) };
  const properties: Record<string, object> = {};
  for (const name of factNames) {
    const { default: _, description, ...schema } = settingsSchema.properties[name] as Described;
    const value = values[name];
    // A catalog's entries would fill a page.
    const said = value === undefined || name === "catalog" ? "" : `; default: ${JSON.stringify(value)}`;
    properties[name] = { ...schema, description: `${description}${said}` };
  }
  for (const name of ownSettings[policy]) {
    properties[name] = { ...settingsSchema.properties[name], default: values[name] };
  }
  return { properties };
}

interface Described {
  description: string;
  default?: unknown;
}

/**
 * What is wrong with an organization's settings.
 *
 * @throws SettingsError with all problems.
 */
export function checkSettings(settings: unknown): asserts settings is Settings {
  const problems = isObject(settings)
    ? [...unknownKeys(settings, settingNames, "setting"), ...typeProblems({ ...settings }, settingNames, "")]
    : ["settings must be an object"];
  if (problems.length === 0) {
    const all = defaults(settings as Settings);
    problems.push(...factProblems(all), ...exemptProblems(all.exempt, undefined, ""));
  }
  if (problems.length > 0) throw new SettingsError(problems);
}

/**
 * What is wrong with a policy pack config. The engine finds wrong types, too, but lets unknown policies and settings
 * pass.
 *
 * @param organization the organization's settings, which the config goes over
 */
export function configProblems(config: PackConfig, organization: Settings = {}): string[] {
  const problems = [...unknownKeys(config, ["all", ...policyNames], "policy")];
  for (const policy of ["all", ...policyNames] as const) {
    const value: unknown = config[policy];
    if (value === undefined) continue;
    if (!isObject(value) && typeof value !== "string") {
      problems.push(`${policy}: must be a level, or an object with enforcementLevel and settings`);
      continue;
    }
    const { enforcementLevel, ...settings } = ownOf(config, policy);
    if (enforcementLevel !== undefined && !(levels as readonly unknown[]).includes(enforcementLevel)) {
      const place = isObject(value) ? `${policy} › enforcementLevel` : policy;
      const meant = typeof enforcementLevel === "string" ? didYouMean(enforcementLevel, levels) : "";
      problems.push(`${place}: no such level${meant || `; there are: ${levels.join(", ")}`}`);
    }
    if (policy !== "all") problems.push(...problemsOfPolicy(policy, organization, settings));
    else {
      for (const key of Object.keys(settings)) {
        problems.push(`all › ${key}: "all" takes a level only; settings go to each policy, or to createPack`);
      }
    }
  }
  if (problems.length > 0) return problems;
  problems.push(...contradictions(config));
  if (problems.length > 0) return problems;
  const all = over(defaults(organization), factsOf(config));
  for (const problem of factProblems(all)) {
    problems.push(placed(problem, config));
  }
  for (const policy of policyNames) {
    problems.push(...exemptProblems(over(all, ownOf(config, policy)).exempt, organization.exempt, `${policy} › `));
  }
  return problems;
}

const settingNames = Object.keys(settingsSchema.properties) as SettingName[];

function* problemsOfPolicy(policy: PolicyName, organization: Settings, config: object): Iterable<string> {
  const own = settingsOf(policy);
  for (const key of Object.keys(config)) {
    if ((own as readonly string[]).includes(key)) continue;
    const others = policyNames.filter((other) => (ownSettings[other] as readonly string[]).includes(key));
    yield others.length > 0
      ? `${policy} › ${key}: this policy has no such setting; it belongs to ${others.join(", ")}`
      : `${policy} › ${key}: no such setting${didYouMean(key, own)}`;
  }
  // The engine fills the defaults in; what is equal to them needs no check.
  const given: Record<string, unknown> = { ...defaults(organization) };
  const changed = Object.entries(config).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(given[key]));
  yield* typeProblems(Object.fromEntries(changed), own, `${policy} › `);
}

/** Facts that are given twice, with different values. */
function* contradictions(config: PackConfig): Iterable<string> {
  for (const name of factNames) {
    const places = policyNames.filter((policy) => ownOf(config, policy)[name] !== undefined);
    const values = new Set(places.map((policy) => JSON.stringify(ownOf(config, policy)[name])));
    if (values.size > 1) {
      yield `${places.map((policy) => `${policy} › ${name}`).join(" and ")}: different values of one fact, which holds for the whole pack; give it once`;
    }
  }
}

function* unknownKeys(object: object, known: readonly string[], what: string): Iterable<string> {
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) yield `${key}: no such ${what}${didYouMean(key, known)}`;
  }
}

function typeProblems(
  settings: Readonly<Record<string, unknown>>,
  names: readonly SettingName[],
  prefix: string,
): string[] {
  const given = names.filter((name) => settings[name] !== undefined);
  return given.flatMap((name) => checkers[name](settings[name], `${prefix}${name}`));
}

const checkers = Object.fromEntries(
  Object.entries(settingsSchema.properties).map(([name, schema]) => [name, checker(schema)]),
) as Record<SettingName, ReturnType<typeof checker>>;

/** Rules between facts, and of globs, that no JSON schema says; each begins with the fact's name. */
function* factProblems(settings: ResolvedSettings): Iterable<string> {
  const { sleepSeconds, shutdownSeconds, maxGracePeriodSeconds, hook, kubernetesVersion } = settings;
  if (maxGracePeriodSeconds !== undefined && sleepSeconds + shutdownSeconds > maxGracePeriodSeconds) {
    yield `maxGracePeriodSeconds: ${maxGracePeriodSeconds} s is less than sleepSeconds + shutdownSeconds (${sleepSeconds} + ${shutdownSeconds} s)`;
  }
  if (hook === "sleep" && !hasNativeSleep(kubernetesVersion)) {
    yield `hook: "sleep" needs Kubernetes 1.30 or later, and kubernetesVersion is ${kubernetesVersion}; use "exec" or "auto"`;
  }
  for (const name of ["ignoreContainers", "ingressClasses", "gatewayClasses"] as const) {
    for (const [i, glob] of settings[name].entries()) if (!isGlob(glob)) yield `${name}[${i}]: ${notAGlob}`;
  }
  yield* workloadProblems(settings.workloads);
}

function* workloadProblems(workloads: ResolvedSettings["workloads"]): Iterable<string> {
  const first = new Map<string, number>();
  for (const [i, { apiVersion, kind }] of workloads.entries()) {
    const of = { group: groupOf({ apiVersion }), kind };
    const before = first.get(`${of.group}/${kind}`);
    if (isKnownKind(of)) yield `workloads[${i}]: ${kind} of ${of.group} is a workload already; remove the entry`;
    else if (isJob(of))
      yield `workloads[${i}]: a ${kind} is not a workload, as its Pods end by themselves; remove the entry`;
    else if (before !== undefined) yield `workloads[${i}]: duplicates workloads[${before}]`;
    else first.set(`${of.group}/${kind}`, i);
  }
}

/** Rules of exemptions that no JSON schema says. @param checked exemptions whose problems are reported elsewhere */
function* exemptProblems(
  exempt: readonly Exemption[],
  checked: readonly Exemption[] | undefined,
  prefix: string,
): Iterable<string> {
  if (JSON.stringify(exempt) === JSON.stringify(checked)) return;
  for (const [i, exemption] of exempt.entries()) {
    const place = `${prefix}exempt[${i}]`;
    const { namespace, name, kind, labels, until } = exemption;
    const globs = { namespace, name, kind, ...labels };
    if (Object.values(globs).every((glob) => glob === undefined)) {
      yield `${place}: would excuse every workload; give namespace, name, kind or labels`;
    }
    for (const [key, glob] of Object.entries(globs)) {
      const at = labels && key in labels ? `labels["${key}"]` : key;
      if (glob !== undefined && !isGlob(glob)) yield `${place}.${at}: ${notAGlob}`;
    }
    if (until !== undefined && !isDate(until)) yield `${place}.until: not a date; write it as 2027-01-31`;
  }
}

/** Is it a day of the calendar, written as 2027-01-31? */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
