/** A container's environment, as far as the manifest gives it literally. */
import { get, getList, getString, unknown, type Maybe } from "../../kubernetes/values";

/** Variables with known values. */
export type Environment = ReadonlyMap<string, Maybe<string>>;

/** What else is known of an environment. */
interface Around {
  /** What `envFrom` gives. */
  base?: Environment;
  /** The value of a `valueFrom`. */
  valueFrom?: (source: unknown) => Maybe<string>;
  /** Is what stands at a path of the container (`env[0].value`) a secret, or does it hold one? */
  isHidden?: (path: string) => boolean;
}

/**
 * The container's `env` with literal values. Everything else is unknown and left out, as the image, `envFrom` and
 * Services may set any other variable; `env` wins over all of them, and its last entry over earlier ones.
 */
export function environmentOf(
  container: object,
  { base = new Map(), valueFrom = () => unknown, isHidden = () => false }: Around = {},
): Environment {
  const entries = getList(container, "env");
  if (entries === unknown) return new Map();
  const environment = new Map<string, Maybe<string>>(base);
  for (const [i, entry] of (entries ?? []).entries()) {
    const name = getString(entry, "name");
    // An entry that can't be read may set any variable.
    if (typeof name !== "string" || isHidden(`env[${i}].name`)) return new Map();
    const value = getString(entry, "value") ?? "";
    const source = get(entry, "valueFrom");
    if (value === unknown || isHidden(`env[${i}].value`)) environment.set(name, unknown);
    else environment.set(name, source === undefined ? expand(value, environment) : valueFrom(source));
  }
  return environment;
}

/**
 * Kubernetes itself replaces `$(NAME)` in values of `env`, in `command` and in `args`, and `$$` by `$`. A name that isn't
 * defined stays as it is, but may be a Service's variable.
 * Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 *
 * @param mayBeSet may something that can't be seen here define a name?
 */
export function expand(
  value: string,
  environment: Environment,
  mayBeSet: (name: string) => boolean = () => true,
): Maybe<string> {
  if (!value.includes("$")) return value;
  let isKnown = true;
  const expanded = value.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return "$";
    const known = environment.get(name);
    if (typeof known !== "string" && (environment.has(name) || mayBeSet(name))) isKnown = false;
    return typeof known === "string" ? known : match;
  });
  return isKnown ? expanded : unknown;
}
