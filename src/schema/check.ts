/** The check of what people and files give us, by JSON schema: every problem with its place, in words. */
import type { Ajv, ErrorObject, ValidateFunction } from "ajv";
import { didYouMean } from "./did-you-mean";

export type Schema = Readonly<Record<string, unknown>>;

/**
 * A check by a schema. It answers with every problem, such as `exempt[0].until: must look like "2027-01-31"`; never
 * with a value, which may be a secret. Fields that the schema doesn't know pass, unless it is `closed`.
 *
 * @param dropsUnknown whether the check removes such fields from the value
 * @returns the check; its second parameter names the value: `exempt`, or nothing for a file as a whole
 */
export function checker(schema: Schema, { dropsUnknown = false } = {}): (value: unknown, name?: string) => string[] {
  let validate: ValidateFunction | undefined;
  return (value, name = "") => {
    validate ??= compiler(dropsUnknown).compile(dropsUnknown ? closed(schema) : schema);
    return validate(value) ? [] : problems(validate.errors ?? [], value, name);
  };
}

/** Loaded on first use: most runs of the pack have nothing to check. */
function compiler(dropsUnknown: boolean): Ajv {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Ajv } = require("ajv") as typeof import("ajv");
  return new Ajv({
    ...{ allErrors: true, verbose: true, strict: false, strictNumbers: true, addUsedSchema: false },
    removeAdditional: dropsUnknown,
    formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) },
  });
}

/** Is it a JSON object: neither null nor a list? */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema with every unknown field refused: for what people write by hand, where it is a typing mistake. */
export function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed<unknown>(value)]));
  const isOpen = "properties" in copy && typeof copy.properties === "object" && !("additionalProperties" in copy);
  return { ...copy, ...(isOpen ? { additionalProperties: false } : {}) } as T;
}

function problems(errors: readonly ErrorObject[], value: unknown, name: string): string[] {
  const byPlace = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    const here = byPlace.get(error.instancePath) ?? [];
    here.push(error);
    byPlace.set(error.instancePath, here);
  }
  const texts = [...byPlace.values()].flatMap((here) =>
    telling(here).map((error) => `${placeOf(error, value, name)}${inWords(error, here)}`),
  );
  return name === "" ? texts.map((text) => text.replace(/^(\.|: | › )/, "")) : texts;
}

/** Of the errors at one place, those that say what to do. */
function telling(here: readonly ErrorObject[]): readonly ErrorObject[] {
  const of = (...keywords: string[]) => here.filter(({ keyword }) => keywords.includes(keyword));
  const [choice] = of("oneOf", "anyOf");
  const types = of("type");
  if (choice) {
    // What is wrong with the alternative that was meant; if none was, the types that there are.
    if (types.length === (choice.schema as unknown[]).length) return [choice];
    return here.filter((error) => error !== choice && !types.includes(error));
  }
  const choices = of("enum");
  return choices.length > 0 ? choices : types.length > 0 ? types : here;
}

/** `services[0].selector["app"]`: items in brackets, keys that the user chose in quotes. */
function placeOf({ instancePath, schemaPath }: ErrorObject, value: unknown, name: string): string {
  const keys = instancePath.split("/").slice(1);
  const isChosen = /\/additionalProperties\/\w+$/.test(schemaPath);
  let place = name;
  let at = value;
  for (const [i, escaped] of keys.entries()) {
    const key = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) place += `[${key}]`;
    else place += isChosen && i === keys.length - 1 ? `[${JSON.stringify(key)}]` : `.${key}`;
    at = (at as Record<string, unknown> | undefined)?.[key];
  }
  return place;
}

/** What is wrong at a place, with what stands between the two. @param here all errors at the place */
function inWords(error: ErrorObject, here: readonly ErrorObject[]): string {
  const { keyword, params, message = "can't be used", data, parentSchema } = error;
  const { examples, properties = {} } = (parentSchema ?? {}) as { examples?: unknown[]; properties?: object };
  const { allowedValues, allowedValue, additionalProperty, missingProperty, limit } = params as Record<string, unknown>;
  switch (keyword) {
    case "type":
    case "oneOf":
    case "anyOf":
      return typeText(here.filter((one) => one.keyword === "type").map(typeOf), data);
    case "enum": {
      const allowed = (allowedValues as unknown[]).map(String);
      return typeof data === "string"
        ? `: no such choice${didYouMean(data, allowed)}`
        : `: must be one of ${allowed.join(", ")}`;
    }
    case "const":
      return `: must be ${JSON.stringify(allowedValue)}`;
    case "required":
      return `.${String(missingProperty)}: is missing`;
    case "additionalProperties": {
      const unknown = String(additionalProperty);
      return ` › ${unknown}: no such field${didYouMean(unknown, Object.keys(properties))}`;
    }
    case "minimum":
      return `: must be at least ${String(limit)}`;
    case "maximum":
      return `: must be at most ${String(limit)}`;
    case "minLength":
    case "minItems":
    case "minProperties":
      if (limit === 1) return ": must not be empty";
      break;
    case "pattern":
    case "format":
      if (examples) return `: must look like ${JSON.stringify(examples[0])}`;
  }
  return `: ${message}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function typeOf({ params }: ErrorObject): string {
  return [params.type]
    .flat()
    .map((each) => typeNames[String(each)] ?? String(each))
    .join(" or ");
}

function typeText(wanted: readonly string[], data: unknown): string {
  const given = data === null ? "null" : Array.isArray(data) ? "a list" : typeNames[typeof data];
  const isNumber = typeof data === "number" && wanted.some((type) => type.endsWith("number"));
  return `: must be ${wanted.join(" or ")}${given === undefined || isNumber ? "" : `, not ${given}`}`;
}
