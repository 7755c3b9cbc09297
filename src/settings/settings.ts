import type { ErrorObject, ValidateFunction } from "ajv";
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
  const problems = problemsOfPolicy(policy, organization, config);
  if (problems.length > 0) throw new SettingsError(problems);
  return over(defaults(organization), config);
}

/** The defaults, and the organization's over them. */
export function defaults(organization: Settings): ResolvedSettings {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(settingsSchema.properties)) {
    if ("default" in schema) values[name] = schema.default;
  }
  return over(values as ResolvedSettings, organization);
}

/** Settings over others. One that is undefined is not set: TypeScript lets a program pass `{ sleepSeconds: undefined }`. */
function over(settings: ResolvedSettings, others: object): ResolvedSettings {
  const set = Object.entries(others).filter(([, value]) => value !== undefined);
  return { ...settings, ...Object.fromEntries(set) };
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
      ? [...unknownKeys(settings, settingNames, "setting"), ...typeProblems({ ...settings }, settingNames, "")]
      : ["settings must be an object"];
  if (problems.length === 0) problems.push(...crossProblems(defaults(settings as Settings), ""));
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
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject && typeof value !== "string") {
      problems.push(`${policy}: must be a level, or an object with enforcementLevel and settings`);
      continue;
    }
    const given: Readonly<Record<string, unknown>> = isObject ? { ...value } : { enforcementLevel: value };
    const { enforcementLevel, ...settings } = given;
    if (enforcementLevel !== undefined && !levels.includes(enforcementLevel as string)) {
      const place = isObject ? `${policy} › enforcementLevel` : policy;
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
  return problems;
}

const levels: readonly string[] = ["advisory", "mandatory", "remediate", "disabled"];
const settingNames = Object.keys(settingsSchema.properties) as SettingName[];

function problemsOfPolicy(policy: PolicyName, organization: Settings, config: object): string[] {
  const own: readonly SettingName[] = policySettings[policy];
  const problems: string[] = [];
  for (const key of Object.keys(config)) {
    if ((own as readonly string[]).includes(key)) continue;
    const others = policyNames.filter((other) => (policySettings[other] as readonly string[]).includes(key));
    problems.push(
      others.length > 0
        ? `${policy} › ${key}: this policy has no such setting; it belongs to ${others.join(", ")}`
        : `${policy} › ${key}: no such setting${didYouMean(key, own)}`,
    );
  }
  // The engine fills the defaults in; what is equal to them needs no check.
  const given = defaults(organization) as Record<string, unknown>;
  const changed = Object.entries(config).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(given[key]));
  const types = typeProblems(Object.fromEntries(changed), own, `${policy} › `);
  problems.push(...types);
  if (types.length === 0) problems.push(...crossProblems(over(given as ResolvedSettings, config), `${policy} › `));
  return problems;
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

function typeProblems(
  settings: Readonly<Record<string, unknown>>,
  names: readonly SettingName[],
  prefix: string,
): string[] {
  const given = names.filter((name) => settings[name] !== undefined);
  if (given.length === 0) return [];
  const problems: string[] = [];
  for (const name of given) {
    const validate = validatorOf(name);
    if (validate(settings[name])) continue;
    const errors = validate.errors ?? [];
    const isOfWhole = ({ keyword, instancePath }: ErrorObject) => keyword === "type" && instancePath === "";
    const types = errors.filter(isOfWhole).map(({ params }) => String(params.type));
    const { oneOf = [{}] } = settingsSchema.properties[name] as { oneOf?: object[] };
    // Of `oneOf`, what is wrong with the one that was meant; where none was, the types that it may have.
    const isOfNoType = types.length === oneOf.length && !errors.some(({ keyword }) => keyword === "enum");
    if (isOfNoType) problems.push(`${prefix}${name}: must be ${types.join(" or ")}`);
    for (const error of isOfNoType ? [] : errors) {
      if (error.keyword === "oneOf" || isOfWhole(error)) continue;
      const place = error.instancePath.replaceAll("/", ".").replace(/\.(\d+)/g, "[$1]");
      problems.push(`${prefix}${name}${place}${inWords(error)}`);
    }
  }
  return problems;
}

const validators = new Map<SettingName, ValidateFunction>();

function validatorOf(name: SettingName): ValidateFunction {
  let validate = validators.get(name);
  if (!validate) {
    // Loaded on first use: most packs have nothing to check.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { Ajv } = require("ajv") as typeof import("ajv");
    validate = new Ajv({ allErrors: true, strict: false, verbose: true }).compile(settingsSchema.properties[name]);
    validators.set(name, validate);
  }
  return validate;
}

/** What is wrong at a place, with a colon before it. Never the value itself. */
function inWords({ keyword, params, message = "can't be used", data, parentSchema }: ErrorObject): string {
  const { examples, properties = {} } = (parentSchema ?? {}) as { examples?: unknown[]; properties?: object };
  const { allowedValues, additionalProperty, missingProperty } = params as Record<string, unknown>;
  if (keyword === "enum" && Array.isArray(allowedValues)) {
    const allowed = allowedValues.map(String);
    return typeof data === "string"
      ? `: no such choice${didYouMean(data, allowed)}`
      : `: must be one of ${allowed.join(", ")}`;
  }
  if (typeof additionalProperty === "string") {
    return ` › ${additionalProperty}: no such field${didYouMean(additionalProperty, Object.keys(properties))}`;
  }
  if (typeof missingProperty === "string") return `: must have a ${missingProperty}`;
  if (keyword === "pattern" && examples) return `: must look like ${JSON.stringify(examples[0])}`;
  return `: ${message}`;
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
    const globs = { namespace, name, kind, ...labels };
    if (Object.values(globs).every((glob) => glob === undefined)) {
      yield `${place}: would excuse everything; say whom: namespace, name, kind or labels`;
    }
    for (const [key, glob] of Object.entries(globs)) {
      const at = labels && key in labels ? `labels.${key}` : key;
      if (glob !== undefined && !isGlob(glob)) yield `${place}.${at}: not a glob that can be read`;
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
