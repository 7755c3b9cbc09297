/** What exemptions keep back: for reports that show it as such. */
import { fromPulumi } from "../kubernetes/resource";
import { getObject, isKnown } from "../kubernetes/values";
import { listExemptions } from "../../policies/exemption-audit";
import { ignorePrefix, type Excuse } from "../settings/exemptions";
import { resolveSettings, type PackConfig } from "../settings/settings";
import { runPolicies, settingsIn, type Outcome, type Reported } from "./host";
import type { Sourced } from "./sources";

export interface Suppressed {
  reported: Reported;
  excuse: Excuse;
}

/** The stack policy takes the resource policies' exemptions for its own. */
const also: Readonly<Record<string, readonly string[]>> = {
  "apisix-routed-workloads": ["pre-stop-sleep", "termination-grace-period"],
  "apisix-route-blind-spots": ["pre-stop-sleep", "termination-grace-period"],
};

/** The findings that there would be without the exemptions that are in force, each with its exemption. */
export function suppressedFindings({ objects, reported }: Outcome, config: PackConfig): Suppressed[] {
  const resources = objects.map(({ resource }) => fromPulumi(resource)).filter((resource) => resource !== undefined);
  const inForce = new Map<string, { policies: Set<string>; excuse: Excuse }[]>();
  const settingsOf = (policy: Parameters<typeof settingsIn>[1]) =>
    resolveSettings(policy, {}, settingsIn(config, policy));
  for (const { workload, policies, excuse, findings } of listExemptions(resources, settingsOf, new Date())) {
    if (!workload || excuse.void !== undefined || findings === 0) continue;
    const { id } = workload.resource;
    inForce.set(id, [...(inForce.get(id) ?? []), { policies: new Set(policies), excuse }]);
  }
  if (inForce.size === 0) return [];
  const without = runPolicies(
    objects.map((object) => (inForce.has(object.resource.urn) ? withoutAnnotations(object) : object)),
    withoutExemptions(config),
    false,
  );
  const key = ({ policy, message, object }: Reported) => JSON.stringify([policy, message, object?.resource.urn]);
  const said = new Set(reported.map(key));
  const suppressed: Suppressed[] = [];
  for (const each of without.reported) {
    if (said.has(key(each))) continue;
    const names = [each.policy, ...(also[each.policy] ?? [])];
    const held = inForce
      .get(each.object?.resource.urn ?? "")
      ?.find(({ policies }) => names.some((name) => policies.has(name)));
    if (held) suppressed.push({ reported: each, excuse: held.excuse });
  }
  return suppressed;
}

function withoutExemptions(config: PackConfig): PackConfig {
  return Object.fromEntries(
    Object.entries(config).map(([policy, own]) => [policy, typeof own === "string" ? own : { ...own, exempt: [] }]),
  );
}

/** The object without the annotations that excuse it. */
function withoutAnnotations(object: Sourced): Sourced {
  const { resource, outputs } = object;
  return {
    ...object,
    resource: { ...resource, props: stripped(resource.props) },
    ...(outputs === undefined ? {} : { outputs: stripped(outputs) }),
  };
}

function stripped(value: unknown): unknown {
  const owner = getObject({ value }, "value");
  if (owner === undefined || !isKnown(owner)) return value;
  return Object.fromEntries(
    Object.entries(owner)
      .filter(([key]) => !key.startsWith(ignorePrefix))
      // Where annotations stand: those of the object, and those of its Pods.
      .map(([key, each]) => [
        key,
        ["metadata", "annotations", "spec", "template"].includes(key) ? stripped(each) : each,
      ]),
  );
}
