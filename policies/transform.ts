/** The remedies in the program: what the resource policies repair, repaired before the engine sees it. */
import { Config, type ResourceOptions, type ResourceTransform } from "@pulumi/pulumi";
import { assessResource, resourcePolicies, type Knowledge } from "../src/assess";
import { fromPulumi, type Resource } from "../src/kubernetes/resource";
import { getString, unknown, type Maybe } from "../src/kubernetes/values";
import { isWorkload } from "../src/kubernetes/workload";
import { programProps, valueOf } from "./program-props";

/**
 * In place of a resource's options: the SDK then leaves them as the program gave them. Options that a transform returns
 * are sent without `hideDiffs`, and with a `deleteBeforeReplace` that overrules the provider's.
 */
const optionsAsGiven = undefined as unknown as ResourceOptions;

/** A transform that makes the repairs of the resource policies, and hands on all else untouched. */
export function repairing(knowledge: Knowledge): ResourceTransform {
  const namespaces = new Map<string, Maybe<string>>();
  // If it isn't set, the kubeconfig decides, which only the provider reads.
  const configured: Maybe<string> = new Config("kubernetes").get("namespace") ?? unknown;

  const namespaceOf = async (provider: ResourceOptions["provider"]): Promise<Maybe<string>> => {
    if (!provider) return configured;
    const urn = await valueOf(provider.urn);
    return namespaces.get(String(urn).replace(/^.*::/, "")) ?? unknown;
  };

  return async ({ type, name, props: given, opts }) => {
    if (type === "pulumi:providers:kubernetes") {
      const own = getString((await programProps(given)).read(), "namespace") || unknown;
      // Providers of different components may have one name.
      namespaces.set(name, (namespaces.get(name) ?? own) === own ? own : unknown);
      return undefined;
    }
    const { ignoreChanges = [] } = opts;
    const resource = fromPulumi({ type, name, urn: name, props: given, opts: { ignoreChanges } });
    if (!resource || !isWorkload(resource, knowledge.settings.facts.workloads)) return undefined;

    const { props, secrets, read, write } = await programProps(given);
    const defaultNamespace = await namespaceOf(opts.provider);
    const facts = hasOwnName(read()) ? knowledge : withPods(knowledge);
    let isRepaired = false;
    for (const policy of resourcePolicies) {
      const workload: Resource = { ...resource, body: read(), secrets, defaultNamespace };
      const edits = assessResource(workload, facts, new Date())?.remedy(policy);
      if (!edits?.length) continue;
      write(edits);
      isRepaired = true;
    }
    return isRepaired ? { props, opts: optionsAsGiven } : undefined;
  };
}

/**
 * Has it a name that the program wrote? Pulumi replaces a Pod to change it, and can't preview that if the next one has
 * the same name: the Kubernetes provider asks the API to change the Pod that runs, which is refused.
 */
function hasOwnName(body: unknown): boolean {
  return getString(body, "metadata", "name") !== undefined;
}

/** With bare Pods repaired: a policy's repair is lost when Pulumi replaces the Pod, and one of the program lasts. */
function withPods({ settings, ...rest }: Knowledge): Knowledge {
  return { ...rest, settings: { ...settings, facts: { ...settings.facts, repairPods: true } } };
}
