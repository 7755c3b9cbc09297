/**
 * The properties that a program gives a resource, as a transform gets them: with an Output around what is secret, not
 * known in this preview, or comes from another resource.
 *
 * They are changed and returned in the form in which the SDK sends an Output: as an object with its value, its secrecy
 * and its dependencies. A new Output (`apply`) would be secret as a whole if anything in it is. And an Output that a
 * transform returns, the SDK sends as its value: without its dependencies, and from an inline program of the Automation
 * API in plain text, even if it is secret (seen with 3.248).
 */
import { Output, runtime, type Inputs } from "@pulumi/pulumi";
import { Secrets } from "../src/kubernetes/secrets";
import { unknown } from "../src/kubernetes/values";
import type { Edit } from "../src/shutdown/remedy";

/** An Output or a secret as it is sent. What it holds is its `value`, which is absent if that isn't known. */
type Wrapper = Record<string, unknown>;

/** Properties to read, to write to, and to give back. */
export interface ProgramProps {
  /** As plain values: what Outputs hold, and `unknown`. A new copy each time. */
  read: () => unknown;
  /** Which of it are secrets. */
  secrets: Secrets;
  /** Makes edits of what was read. A secret stays one. */
  write: (edits: readonly Edit[]) => void;
  /** To return from the transform. */
  props: Inputs;
}

export async function programProps(given: Inputs): Promise<ProgramProps> {
  const props = (await sent(given)) as Inputs;
  const origin = new WeakMap<object, object>();
  return {
    props,
    secrets: secretsIn(props),
    read: () => plain(props, origin),
    write: (edits) => {
      for (const { target, key, value } of edits) {
        let [object, at] = [origin.get(target), key] as [Wrapper, string | number];
        while (isWrapper(object[at])) [object, at] = [object[at] as Wrapper, "value"];
        object[at] = value;
      }
    },
  };
}

/** The value as it is sent: the SDK leaves it as it is, and the transforms after this one get what this one got. */
async function sent(value: unknown): Promise<unknown> {
  if (Output.isInstance(value)) return sentOutput(value as unknown as OutputFields);
  if (Array.isArray(value)) return Promise.all(value.map(sent));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(async ([key, each]) => [key, await sent(each)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** What is internal to the SDK, and what all of its copies in a process use of each other's Outputs. */
interface OutputFields {
  /** @param withUnknowns answer a value of which only a part is known, too */
  promise: (withUnknowns: boolean) => Promise<unknown>;
  isSecret: Promise<boolean>;
  resources: () => Iterable<{ urn: { promise: () => Promise<string> } }>;
}

/** What an Output holds; undefined where it isn't known in this preview. */
export function valueOf(output: object): Promise<unknown> {
  return (output as OutputFields).promise(true);
}

async function sentOutput(output: OutputFields): Promise<Wrapper> {
  const value = await valueOf(output);
  const dependencies = await Promise.all([...output.resources()].map(({ urn }) => urn.promise()));
  return {
    [runtime.specialSigKey]: runtime.specialOutputValueSig,
    ...(value === undefined ? {} : { value: await sent(value) }),
    ...((await output.isSecret) ? { secret: true } : {}),
    ...(dependencies.length > 0 ? { dependencies } : {}),
  };
}

function secretsIn(props: unknown): Secrets {
  const secrets = new Secrets();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (isWrapper(value)) {
      if (value.secret === true || value[runtime.specialSigKey] === runtime.specialSecretSig) {
        secrets.add(path, value.value);
      } else walk(value.value, path);
    } else if (Array.isArray(value) || isPlainObject(value)) {
      for (const [key, each] of Object.entries(value)) walk(each, [...path, key]);
    }
  };
  walk(props, []);
  return secrets;
}

/** @param origin takes the object or list that each one of the copy is made of */
function plain(value: unknown, origin: WeakMap<object, object>): unknown {
  if (isWrapper(value)) return "value" in value ? plain(value.value, origin) : unknown;
  if (Array.isArray(value)) {
    const copy = value.map((each) => plain(each, origin));
    origin.set(copy, value);
    return copy;
  }
  if (typeof value !== "object" || value === null) return value;
  // An asset, a resource, or a value that isn't known in this preview.
  if (!isPlainObject(value)) return unknown;
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, origin)]));
  origin.set(copy, value);
  return copy;
}

function isWrapper(value: unknown): value is Wrapper {
  const signature = isPlainObject(value) ? value[runtime.specialSigKey] : undefined;
  return signature === runtime.specialOutputValueSig || signature === runtime.specialSecretSig;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
