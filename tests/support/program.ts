/**
 * Runs the transform as Pulumi's SDK does in a program: with what the engine sends, through the SDK's own functions. Only
 * the engine's end of the wire is ours.
 */
import { runtime, DependencyProviderResource, type ResourceOptions, type ResourceTransform } from "@pulumi/pulumi";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { secret, UNKNOWN, urnOf, type TestResource } from "./host";

type Props = Record<string, unknown>;

/** What the engine has of a resource after the transform; undefined where the transform leaves it as it is. */
export async function transformed(transform: ResourceTransform, resource: TestResource): Promise<Props | undefined> {
  const sent = await transformedOnWire(transform, resource);
  return sent && (received(sent) as Props);
}

/**
 * The same as it goes over the wire, and as the next transform gets it.
 *
 * @param isFirst whether no transform before it has changed the resource: the SDK returns secrets, and what isn't known,
 * in another form
 */
export async function transformedOnWire(
  transform: ResourceTransform,
  { type, name, props, provider, ignoreChanges }: TestResource,
  isFirst = true,
): Promise<Props | undefined> {
  const urn = provider && urnOf({ type: "pulumi:providers:kubernetes", name: provider.name });
  const opts: ResourceOptions = {
    ...(ignoreChanges && { ignoreChanges }),
    ...(urn !== undefined && { provider: new DependencyProviderResource(`${urn}::id`) }),
  };
  const struct = Struct.fromJavaScript((isFirst ? sent(props) : props) as never);
  // In a preview.
  const given = runtime.deserializeProperties(struct, true);
  const result = await transform({ custom: true, type, name, props: given, opts });
  if (!result) return undefined;
  const serialized = await runtime.serializeProperties("props", result.props);
  return Struct.fromJavaScript(serialized).toJavaScript();
}

/** An Output on the wire. @param value UNKNOWN where it isn't known in this preview */
export function output(value: unknown, { isSecret = false, dependencies = [] as string[] } = {}): unknown {
  return {
    [runtime.specialSigKey]: runtime.specialOutputValueSig,
    ...(value === UNKNOWN ? {} : { value }),
    ...(isSecret ? { secret: true } : {}),
    ...(dependencies.length > 0 ? { dependencies } : {}),
  };
}

/** The engine sends secrets and what isn't known as Outputs. */
function sent(value: unknown): unknown {
  if (value === UNKNOWN) return output(UNKNOWN);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sent);
  const entries = Object.entries(value).map(([key, each]) => [key, sent(each)]);
  const copy = Object.fromEntries(entries) as Props;
  return isSecret(value) ? output(copy.value, { isSecret: true }) : copy;
}

/** It takes Outputs back as what they hold. */
function received(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(received);
  const { [runtime.specialSigKey]: signature, ...rest } = value as Props;
  if (signature === runtime.specialOutputValueSig) {
    const held = "value" in rest ? received(rest.value) : UNKNOWN;
    return rest.secret === true ? secret(held) : held;
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, received(each)]));
}

function isSecret(value: object): boolean {
  return (value as Props)[runtime.specialSigKey] === runtime.specialSecretSig;
}
