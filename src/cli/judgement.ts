/** The judgement of objects from sources, in the words of reports. */
import { packPolicies } from "../../policies/list";
import {
  assess,
  codes,
  findingText,
  meaningOf,
  pageOf,
  type Assessment,
  type Finding as Judged,
  type Knowledge,
} from "../assess";
import { fromPulumi, labelOf, nameOf, namespaceOf } from "../kubernetes/resource";
import { finding, type Code, type Finding, type Location, type Policy, type ResourceRef } from "../report";
import { parseUrn } from "../urn";
import { isExcused } from "../settings/exemptions";
import type { PolicyName } from "../settings/schema";
import type { PackSettings } from "../settings/settings";
import { docsUrl } from "../version";
import { fieldsOf } from "./field-of";
import { itemPlace } from "./item-place";
import { sourceRoot } from "./repository";
import { deployed, type Place, type Sourced } from "./sources";

/** The policies' own texts, for reports. */
export const policyTexts: readonly Policy[] = packPolicies.map(({ name, description, remediationSteps }) => ({
  name,
  description,
  help: remediationSteps,
  url: docsUrl(`policies/${name}.md`),
}));

/** The codes' own texts, likewise. */
export const codeTexts: readonly Code[] = codes.map((code) => {
  const { policies, why } = meaningOf(code);
  return { code, policies: [...policies], why, url: pageOf(code) };
});

/** Judges the objects of all sources as one stack. */
export function judge(objects: readonly Sourced[], knowledge: Knowledge, today: Date): Assessment {
  const planned = objects.map(({ resource }) => resource);
  const differs = objects.some(({ outputs }) => outputs !== undefined);
  return assess(differs ? { planned, deployed: objects.map(deployed) } : { planned }, knowledge, today);
}

/** A policy's level: the config's, or its own; undefined where it is disabled. */
export function levelOf(policy: PolicyName, { policies }: PackSettings): "advisory" | "mandatory" | undefined {
  const level = policies[policy].level ?? packPolicies.find(({ name }) => name === policy)?.enforcementLevel;
  if (level === "disabled") return undefined;
  // What was to be repaired and isn't blocks, as the engine has it.
  return level === "advisory" ? "advisory" : "mandatory";
}

/**
 * The findings as a report has them: those that a policy prints, and those that an exemption keeps back.
 *
 * @param texts the files' texts, for the places of findings
 * @returns each with what it is made of
 */
export function reportFindings(
  { findings, workloads }: Assessment,
  objects: readonly Sourced[],
  settings: PackSettings,
  texts: ReadonlyMap<string, string>,
): Map<Finding, Judged> {
  const byUrn = new Map(objects.map((object) => [object.resource.urn, object]));
  const root = sourceRoot();
  const workloadOf = new Map(workloads.map((workload) => [workload.resource.id, workload]));
  const made = findings.flatMap((one): [Finding, Judged][] => {
    const level = levelOf(one.policy, settings);
    if (!one.reported || level === undefined) return [];
    const excuse = isExcused(one.excuses) ? one.excuses.find(({ fault }) => fault === undefined) : undefined;
    const object = one.subject && byUrn.get(one.subject.id);
    // What keeps a policy from repairing a workload doesn't keep `--fix` from it.
    const remarks = one.remarks?.filter(({ about }) => !object?.place || about !== "not-selected");
    const { what, evidence, fix, docs } = findingText({ ...one, ...(remarks ? { remarks } : {}) });
    const severity = packPolicies.find(({ name }) => name === one.policy)?.severity;
    const place = object?.place;
    const fields = place ? fieldsOf(one, workloadOf.get(object.resource.urn)) : [];
    const reported = finding(
      {
        ...{ policy: one.policy, code: one.code, level },
        ...(severity === undefined ? {} : { severity }),
        resource: object
          ? resourceRef(object)
          : one.subject
            ? { kind: one.subject.kind, name: labelOf(one.subject) }
            : stack,
        ...(one.container === undefined ? {} : { container: one.container }),
        ...{ what, evidence: [...evidence], fix, docs },
        ...(place ? { location: locationOf(place, texts, fields) } : {}),
        ...(excuse
          ? { suppressed: { reason: excuse.reason, ...(excuse.until === undefined ? {} : { until: excuse.until }) } }
          : {}),
      },
      root,
    );
    return [[reported, one]];
  });
  return new Map(made);
}

/** Where people change it: of what Helm rendered to standard input, the template. */
function locationOf(place: Place, texts: ReadonlyMap<string, string>, fields: readonly Place["path"][]): Location {
  const { template } = place.document;
  if (place.file === "-" && template !== undefined) return { file: template };
  return { file: place.file, ...itemPlace(place, texts.get(place.file) ?? "", ...fields) };
}

/** What is true of the whole stack. */
const stack: ResourceRef = { kind: "Stack", name: "all" };

/** An object as reports name it. */
export function resourceRef({ resource, place }: Sourced): ResourceRef {
  const read = fromPulumi(resource);
  const urn = place ? undefined : parseUrn(resource.urn);
  const [name, namespace] = read ? [nameOf(read), namespaceOf(read)] : [];
  return {
    kind: read?.kind ?? resource.type,
    ...(typeof namespace === "string" ? { namespace } : {}),
    name: typeof name === "string" ? name : resource.name || "(unnamed)",
    ...(urn ? { urn: resource.urn, stack: urn.stack, project: urn.project } : {}),
  };
}
