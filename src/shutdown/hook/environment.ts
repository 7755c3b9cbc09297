/** A container's environment, as far as the manifest gives it literally. */
import { get, getList, getString, unknown, type Maybe } from "../../kubernetes/values";

/** Variables with known values. */
export type Environment = ReadonlyMap<string, Maybe<string>>;

/**
 * The container's `env` with literal values. Everything else is unknown and left out, as the image, `envFrom` and
 * Services may set any other variable; `env` wins over all of them, and its last entry over earlier ones.
 */
export function environmentOf(container: object): Environment {
  const environment = new Map<string, Maybe<string>>();
  const entries = getList(container, "env");
  if (entries === undefined || entries === unknown) return environment;
  for (const entry of entries) {
    const name = getString(entry, "name");
    // An entry that can't be read may set any variable.
    if (typeof name !== "string") return new Map();
    const value = getString(entry, "value") ?? "";
    const isLiteral = get(entry, "valueFrom") === undefined;
    environment.set(name, isLiteral && value !== unknown ? expand(value, environment) : unknown);
  }
  return environment;
}

/**
 * Kubernetes itself replaces `$(NAME)` in values of `env`, and `$$` by `$`. A name that isn't defined stays as it is,
 * but may be a Service's variable.
 * Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
function expand(value: string, environment: Environment): Maybe<string> {
  if (!value.includes("$")) return value;
  let isKnown = true;
  const expanded = value.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return "$";
    const known = environment.get(name);
    if (typeof known !== "string") isKnown = false;
    return typeof known === "string" ? known : match;
  });
  return isKnown ? expanded : unknown;
}
