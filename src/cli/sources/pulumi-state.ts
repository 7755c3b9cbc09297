/** Pulumi state: what `pulumi stack export` prints, and the files of the file backend. */
import { get, getList, getObject, getString, unknown } from "../../kubernetes/values";
import { withoutQuotes } from "../../plain";
import { isUnknownValue, secretSignature, signature } from "../../wire";
import { InputError, UsageError, type Reading, type Sourced } from "./source";
import { complaint, runTool } from "./tool";

/** The state's resources; undefined for anything that isn't Pulumi state. */
export function stateResources(value: unknown): unknown[] | undefined {
  const list = getList(value, "deployment", "resources") ?? getList(value, "checkpoint", "latest", "resources");
  if (Array.isArray(list)) return list;
  // A stack without resources is exported without a list.
  const isExport = getObject(value, "deployment", "manifest") ?? getObject(value, "checkpoint", "latest", "manifest");
  return isExport ? [] : undefined;
}

/** The Kubernetes resources of a stack, as its last update left them. */
export function readState(resources: readonly unknown[], source: string): Reading {
  const providers = new Map<string, unknown>();
  for (const each of resources) {
    const type = getString(each, "type");
    if (type !== "pulumi:providers:kubernetes") continue;
    const [urn, id] = [getString(each, "urn"), getString(each, "id")];
    providers.set(`${String(urn)}::${String(id)}`, plain(get(each, "inputs")));
  }
  const objects: Sourced[] = [];
  let damaged = 0;
  for (const each of resources) {
    const [type, urn] = [getString(each, "type"), getString(each, "urn")];
    if (typeof type !== "string" || typeof urn !== "string") {
      damaged++;
      continue;
    }
    // What waits to be deleted has a successor of the same URN in the state.
    if (!type.startsWith("kubernetes:") || get(each, "delete") === true) continue;
    const reference = getString(each, "provider");
    const provider = typeof reference === "string" ? reference : undefined;
    const inputs = plain(get(each, "inputs"));
    const outputs = plain(get(each, "outputs"));
    objects.push({
      resource: {
        type,
        urn,
        name: urn.split("::").at(-1) ?? "",
        props: inputs,
        ...(provider === undefined
          ? {}
          : { provider: { urn: provider.replace(/::[^:]*$/, ""), props: providers.get(provider) ?? {} } }),
        dependencies: strings(get(each, "dependencies")),
        propertyDependencies: dependencies(get(each, "propertyDependencies")),
      },
      outputs: outputs === undefined ? inputs : outputs,
    });
  }
  const problems =
    damaged === 0
      ? []
      : [
          {
            source,
            message: `${damaged} of its resources have no type or URN: the state is damaged`,
            kind: "bad" as const,
          },
        ];
  return { objects, notes: [], problems };
}

/** A value of the state, or of an event, as it would be without Pulumi: a secret that is encrypted is unknown. */
export function plain(value: unknown): unknown {
  if (typeof value === "string") return isUnknownValue(value) ? unknown : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const fields = value as Record<string, unknown>;
  if (fields[signature] === secretSignature) {
    // `--show-secrets` writes them as JSON.
    if (typeof fields.plaintext !== "string") return unknown;
    try {
      return plain(JSON.parse(fields.plaintext));
    } catch {
      return unknown;
    }
  }
  return Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, plain(each)]));
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function dependencies(value: unknown): Record<string, string[]> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([property, urns]) => [property, strings(urns)]));
}

/**
 * The state of a stack, by the installed Pulumi CLI.
 *
 * @param stack `dev`, `project/dev` or `org/project/dev`
 * @throws InputError with what the CLI said
 */
export async function exportStack(stack: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (stack.startsWith("-")) throw new UsageError(`--stack ${stack}: no name of a stack`);
  const ran = await runTool("pulumi", ["stack", "export", "--stack", stack, "--non-interactive"], {
    ...env,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  });
  if (ran.end === "code" && ran.code === 0) return ran.stdout;
  const why = () => {
    if (ran.end === "code") return withoutQuotes(complaint(ran.stderr)) || `pulumi ended with code ${ran.code}`;
    if (ran.end === "failed") return ran.message;
    return "the Pulumi CLI is not on PATH; give the output of `pulumi stack export` as a file instead";
  };
  throw new InputError(`stack ${stack}: ${why()}`);
}
