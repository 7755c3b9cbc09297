/**
 * YAML as kubectl reads it: a mix of YAML 1.1 and 1.2, as gopkg.in/yaml.v2 has it (resolve.go and decode.go of
 * https://github.com/yaml/go-yaml/tree/v2.4.3), made into JSON (https://github.com/kubernetes-sigs/yaml).
 */
import {
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  loadAll,
  NOT_RESOLVED,
  Schema,
  strTag,
  YAMLException,
} from "js-yaml";
import { withoutQuotes } from "../../plain";

/** How deep objects and lists may stand in one another. Kubernetes' own definitions stay below 100. */
export const maxDepth = 500;
export const tooDeep = `objects and lists stand in one another more than ${maxDepth} deep, and no Kubernetes object does`;

/** A document that can't be read. */
export class NotYaml extends Error {
  /** @param line where, from 0; absent where it is the whole */
  constructor(
    message: string,
    readonly line?: number,
    readonly column?: number,
  ) {
    super(message);
  }
}

/**
 * The value of one document.
 *
 * @throws NotYaml
 */
export function readYaml(text: string): unknown {
  const [first, ...others] = loaded(text);
  if (others.length > 0)
    throw new NotYaml("a second document, whose `---` begins no line for kubectl: end lines with LF");
  const value = plain(first);
  if (text.includes("*")) checkAliases(value);
  return value;
}

/** How much text is read again at most, in letters. */
const mostAgain = 50_000_000;

/**
 * kubectl's reader doesn't mind how far the lines of a flow collection or of a quoted text are indented, such as a closing
 * bracket at its key's column, nor tabs within a line. The library minds, and names the place: blanks mean nothing there,
 * so that it gets others, until it is content or minds something else.
 */
function loaded(text: string): unknown[] {
  const padding = new Map<number, string>();
  for (let [source, again] = [text, 0]; ;) {
    merged = 0;
    try {
      return loadAll(source, options);
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const { line = 0, column = 0, position = 0 } = error.mark ?? {};
      const isDeficient = error.reason === "deficient indentation";
      const before = source.slice(position - column, position);
      const [, own = "", blanks = ""] = /^([^'"]*?:)([ \t]*\t)/.exec(before) ?? /^(.*?)([ \t]*)$/.exec(before) ?? [];
      again += position;
      const start = position - column;
      if (again < mostAgain && blanks.includes("\t") && (isDeficient || own !== "")) {
        const rest = source.slice(start + own.length + blanks.length);
        source = source.slice(0, start) + own + blanks.replaceAll("\t", " ") + rest;
      } else if (again < mostAgain && isDeficient && !padding.has(line)) {
        padding.set(line, " ".repeat(500));
        source = source.slice(0, start) + padding.get(line) + source.slice(start);
      } else {
        // The reason alone: the snippet that comes with it shows contents.
        const reason = withoutQuotes(error.reason).replace(/(cannot contain such characters): .*/s, "$1");
        const ours = reason === tooMany ? reason : reason.startsWith("nesting exceeded") ? tooDeep : undefined;
        throw new NotYaml(ours ?? `not YAML: ${reason}`, line, Math.max(0, column - (padding.get(line) ?? "").length));
      }
    }
  }
}

const tooMany = "its aliases stand for too many values, which kubectl refuses, too: write out what they stand for";

/**
 * What aliases stand for is shared here, and written out by whoever reads it value by value: more than kubectl takes of
 * it (decode.go, `allowedAliasRatio`), what holds itself, and what is too deep is refused.
 *
 * @throws NotYaml
 */
function checkAliases(root: unknown): void {
  const sizes = new Map<object, number>();
  let written = 0;
  const sizeOf = (value: unknown, depth: number): number => {
    if (typeof value !== "object" || value === null) {
      written++;
      return 1;
    }
    const known = sizes.get(value);
    if (known === 0) throw new NotYaml("an anchor holds its own alias: write out what it stands for");
    if (known !== undefined) return known;
    if (depth > maxDepth) throw new NotYaml(tooDeep);
    sizes.set(value, 0);
    written++;
    let size = 1;
    for (const each of Object.values(value)) size += sizeOf(each, depth + 1);
    sizes.set(value, size);
    return size;
  };
  const size = sizeOf(root, 0);
  const aliased = size - written;
  if (aliased > 100 && aliased / size > allowedRatio(size)) throw new NotYaml(tooMany);
}

/** Of how many values which part may be written by aliases. */
function allowedRatio(size: number): number {
  const [low, high] = [400_000, 4_000_000];
  return size <= low ? 0.99 : size >= high ? 0.1 : 0.99 - (0.89 * (size - low)) / (high - low);
}

/** Stands for a plain `<<` until it is known whether it is a key. */
const merge = Symbol("<<");
const plain = (value: unknown) => (value === merge ? "<<" : value);
/** How many fields came by merge keys, of one document. */
let merged = 0;

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What decode.go makes of a key before it is JSON's; undefined where it refuses it. */
function keyOf(key: unknown): string | undefined {
  // A key may take so many letters, for it has to be told from a text (scannerc.go, `yaml_simple_key_is_valid`).
  if (typeof key === "string") return key.length <= 1024 ? key : undefined;
  if (typeof key === "boolean") return String(key);
  if (typeof key !== "number") return undefined;
  if (Number.isNaN(key)) return ".nan";
  return Number.isFinite(key) ? String(key) : key > 0 ? ".inf" : "-.inf";
}

const noNumber = "`.inf` and `.nan` are no numbers in JSON";
const isNoNumber = (value: unknown) => typeof value === "number" && !Number.isFinite(value);

function set(fields: Fields, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
  } else fields[key] = value;
}

/** A merge key overrides what stands before it, and of several maps the first one wins: decode.go, `merge`. */
function mergeInto(fields: Fields, source: unknown): string {
  const maps = Array.isArray(source) ? source.toReversed() : [source];
  for (const map of maps) {
    if (!isFields(map)) return "a merge key takes a map, or a list of maps";
    for (const [key, value] of Object.entries(map)) set(fields, key, value);
    merged += Object.keys(map).length;
    if (merged > 400_000) return tooMany;
  }
  return "";
}

/** The last of two equal keys counts. */
const mapping = {
  create: (): Fields => ({}),
  addPair: (fields: Fields, key: unknown, value: unknown) => {
    if (key === merge) return mergeInto(fields, value);
    const name = keyOf(key);
    if (name === undefined) return "a key is a short text, a number or a boolean";
    if (isNoNumber(value)) return noNumber;
    set(fields, name, plain(value));
    return "";
  },
  has: () => false,
  keys: Object.keys,
  get: (fields: Fields, key: unknown) => fields[String(key)],
  identify: () => false,
};

const sequence = {
  create: (): unknown[] => [],
  addItem: (items: unknown[], item: unknown) => {
    if (isNoNumber(item)) return noNumber;
    items.push(plain(item));
  },
  identify: () => false,
};

const words = new Map<string, unknown>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Infinity] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, -Infinity] as const),
]);
const integer = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/** What resolve.go makes of a plain scalar: a number, a boolean or nothing; NOT_RESOLVED for a text. */
function resolve(source: string): unknown {
  const word = words.get(source);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(source)) return NOT_RESOLVED;
  if (source.startsWith(".")) return numberOf(float, source);
  const digits = source.replaceAll("_", "");
  const [, sign, written = ""] = integer.exec(digits) ?? [];
  if (sign !== undefined) {
    const value = BigInt(written.replace(/^0(?=[0-7])/, "0o"));
    const most = sign === "" ? 2n ** 64n : 2n ** 63n + (sign === "-" ? 1n : 0n);
    if (value < most) return Number(sign === "-" ? -value : value);
  }
  return numberOf(float, digits);
}

function numberOf(form: RegExp, text: string): unknown {
  const value = form.test(text) ? Number(text) : NaN;
  // Out of range it stays a text; there is no negative nothing in JSON.
  return Number.isFinite(value) ? value + 0 : NOT_RESOLVED;
}

const isA = (type: string) => (source: string) => {
  const value = resolve(source);
  return typeof value === type ? value : NOT_RESOLVED;
};
const core = "tag:yaml.org,2002:";
const scalar = (name: string, resolve: (source: string) => unknown) =>
  defineScalarTag(name, { resolve, identify: () => false });

const options = {
  json: true,
  maxDepth,
  schema: new Schema([
    strTag,
    defineScalarTag("plain", {
      implicit: true,
      implicitFirstChars: ["", ..."-+.0123456789yYnNtTfFoO~<"],
      resolve: (source) => (source === "<<" ? merge : resolve(source)),
      identify: () => false,
    }),
    scalar(`${core}bool`, isA("boolean")),
    scalar(`${core}float`, isA("number")),
    scalar(`${core}int`, (source) => (Number.isInteger(resolve(source)) ? resolve(source) : NOT_RESOLVED)),
    scalar(`${core}null`, (source) => (resolve(source) === null ? null : NOT_RESOLVED)),
    scalar(`${core}timestamp`, (source) => (/^\d{4}-\d{1,2}-\d{1,2}([Tt ]|$)/.test(source) ? source : NOT_RESOLVED)),
    scalar(`${core}merge`, (source) => (source === "<<" ? merge : source)),
    scalar(`${core}binary`, fromBase64),
    defineMappingTag(`${core}map`, mapping),
    defineSequenceTag(`${core}seq`, sequence),
    // All other tags are ignored.
    defineScalarTag("", { matchByTagPrefix: true, resolve: (source) => source, identify: () => false }),
    defineMappingTag("", { ...mapping, matchByTagPrefix: true }),
    defineSequenceTag("", { ...sequence, matchByTagPrefix: true }),
  ]),
};

function fromBase64(source: string): string | typeof NOT_RESOLVED {
  const bytes = Buffer.from(source, "base64");
  return bytes.toString("base64") === source.replace(/[\r\n]/g, "") ? bytes.toString("utf8") : NOT_RESOLVED;
}
