import { closest, distance } from "fastest-levenshtein";
import {
  policyNames,
  policySettings,
  settingsSchema,
  type PolicyName,
  type ResolvedSettings,
  type SettingName,
  type Settings,
} from "./schema";
import { hasNativeSleep } from "../kubernetes/version";
import { isGlob } from "./globs";

/** Settings that can't be used, with every problem in them. The message is all that a user should see. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      problems.length === 1
        ? `Bad setting of apisix-graceful-termination: ${problems[0]}`
        : `Bad settings of apisix-graceful-termination:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    );
    this.name = "SettingsError";
    // The SDK prints an error's stack; the place in this code is no help to somebody who mistyped a setting.
    this.stack = this.message;
  }
}

/** A policy pack config: what `--policy-pack-config` and policy groups hold. */
export type PackConfig = Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;

/**
 * One policy's settings: the defaults, over them the organization's, over them the policy's config.
 *
 * @throws SettingsError naming policy and setting.
 */
export function resolveSettings(policy: PolicyName, organization: Settings, config: object): ResolvedSettings {
  const problems = [...problemsOfPolicy(policy, config)];
  if (problems.length > 0) throw new SettingsError(problems);
  const resolved = { ...defaults(organization), ...config } as ResolvedSettings;
  problems.push(...crossProblems(resolved, `${policy} › `));
  if (problems.length > 0) throw new SettingsError(problems);
  return resolved;
}

/** The defaults, and the organization's over them. */
export function defaults(organization: Settings): ResolvedSettings {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(settingsSchema.properties)) {
    if ("default" in schema) values[name] = schema.default;
  }
  return { ...values, ...organization } as ResolvedSettings;
}

/**
 * The settings of a policy as the engine's JSON schema. The engine fills a schema's defaults into the config, so they
 * are the organization's.
 */
export function configSchema(policy: PolicyName, organization: Settings): { properties: Record<string, object> } {
  const values = defaults(organization) as Record<string, unknown>;
  const properties: Record<string, object> = {};
  for (const name of policySettings[policy]) {
    const value = values[name];
    properties[name] = { ...settingsSchema.properties[name], ...(value === undefined ? {} : { default: value }) };
  }
  return { properties };
}

/**
 * What is wrong with an organization's settings.
 *
 * @throws SettingsError with all problems.
 */
export function checkSettings(settings: unknown): asserts settings is Settings {
  const problems =
    typeof settings === "object" && settings !== null && !Array.isArray(settings)
      ? [...unknownKeys(settings, settingNames, "setting"), ...typeProblems(settings, settingNames, "")]
      : ["settings must be an object"];
  if (problems.length === 0) problems.push(...crossProblems(defaults(settings as Settings), ""));
  if (problems.length > 0) throw new SettingsError(problems);
}

/**
 * What is wrong with a policy pack config, beyond what the engine finds: it lets unknown policies and settings pass.
 *
 * @param types also check the values' types, where no engine does
 */
export function configProblems(config: PackConfig, types: boolean): string[] {
  const problems = [...unknownKeys(config, ["all", ...policyNames], "policy")];
  for (const policy of policyNames) {
    const value = config[policy];
    if (value === undefined || typeof value === "string") continue;
    const { enforcementLevel, ...settings } = value;
    problems.push(...problemsOfPolicy(policy, settings));
    if (types) problems.push(...typeProblems(settings, policySettings[policy], `${policy} › `));
  }
  return problems;
}

const settingNames = Object.keys(settingsSchema.properties) as SettingName[];

function* problemsOfPolicy(policy: PolicyName, config: object): Iterable<string> {
  const own: readonly string[] = policySettings[policy];
  for (const key of Object.keys(config)) {
    if (own.includes(key)) continue;
    const others = policyNames.filter((other) => (policySettings[other] as readonly string[]).includes(key));
    yield others.length > 0
      ? `${policy} › ${key}: this policy has no such setting; it belongs to ${others.join(", ")}`
      : `${policy} › ${key}: no such setting${didYouMean(key, own)}`;
  }
}

function* unknownKeys(object: object, known: readonly string[], what: string): Iterable<string> {
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) yield `${key}: no such ${what}${didYouMean(key, known)}`;
  }
}

/** `; did you mean "x"?`, where something is close enough to be what was meant. */
export function didYouMean(word: string, known: readonly string[]): string {
  const best = closest(
    word.toLowerCase(),
    known.map((name) => name.toLowerCase()),
  );
  const match = known.find((name) => name.toLowerCase() === best);
  return match !== undefined && distance(word.toLowerCase(), best) <= Math.max(2, word.length / 3)
    ? `; did you mean "${match}"?`
    : `; there are: ${known.join(", ")}`;
}

function typeProblems(settings: object, names: readonly SettingName[], prefix: string): string[] {
  if (Object.keys(settings).length === 0) return [];
  if (names.every((name) => (settings as Record<string, unknown>)[name] === undefined)) return [];
  // Loaded on first use: where the engine has checked the types already, nobody needs it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Ajv } = require("ajv") as typeof import("ajv");
  const ajv = new Ajv({ allErrors: true, strict: false });
  const problems: string[] = [];
  for (const name of names) {
    const value = (settings as Record<string, unknown>)[name];
    if (value === undefined) continue;
    const validate = ajv.compile(settingsSchema.properties[name]);
    if (validate(value)) continue;
    const errors = (validate.errors ?? []).filter((error) => error.keyword !== "oneOf");
    for (const error of errors) {
      const place = `${prefix}${name}${error.instancePath.replaceAll("/", ".").replace(/\.(\d+)/g, "[$1]")}`;
      const allowed: unknown = error.keyword === "enum" ? error.params.allowedValues : undefined;
      const extra = Array.isArray(allowed) ? `: ${allowed.join(", ")}` : "";
      const key: unknown = error.keyword === "additionalProperties" ? error.params.additionalProperty : undefined;
      problems.push(`${place}: ${error.message}${extra}${typeof key === "string" ? ` ("${key}")` : ""}`);
    }
  }
  return problems;
}

/** Rules that no JSON schema says: between settings, of globs and of dates. */
function* crossProblems(settings: ResolvedSettings, prefix: string): Iterable<string> {
  const { sleepSeconds, shutdownSeconds, maxGracePeriodSeconds, hook, kubernetesVersion } = settings;
  if (maxGracePeriodSeconds !== undefined && sleepSeconds + shutdownSeconds > maxGracePeriodSeconds) {
    yield `${prefix}maxGracePeriodSeconds: ${maxGracePeriodSeconds} s can't hold sleepSeconds (${sleepSeconds}) and shutdownSeconds (${shutdownSeconds})`;
  }
  if (hook === "sleep" && !hasNativeSleep(kubernetesVersion)) {
    yield `${prefix}hook: "sleep" needs Kubernetes 1.30 or later, and kubernetesVersion is ${kubernetesVersion}; use "exec" or "auto"`;
  }
  for (const [i, glob] of settings.ignoreContainers.entries()) {
    if (!isGlob(glob)) yield `${prefix}ignoreContainers[${i}]: not a glob that can be read`;
  }
  for (const [i, exemption] of settings.exempt.entries()) {
    const place = `${prefix}exempt[${i}]`;
    const { namespace, name, kind, labels, until } = exemption;
    if (namespace === undefined && name === undefined && kind === undefined && labels === undefined) {
      yield `${place}: would excuse everything; say whom: namespace, name, kind or labels`;
    }
    for (const [key, glob] of Object.entries({ namespace, name, kind })) {
      if (glob !== undefined && !isGlob(glob)) yield `${place}.${key}: not a glob that can be read`;
    }
    if (until !== undefined && !isDate(until)) yield `${place}.until: no such day; write it as 2027-01-31`;
  }
}

/** Is it a day of the calendar, written as 2027-01-31? */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
