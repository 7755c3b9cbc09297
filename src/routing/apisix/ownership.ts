/**
 * Which resources are APISIX's: the class rules of the controller's two lines.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/utils/ingress_class.go and pkg/providers/ingress/ingress.go;
 * 2.2.0 internal/controller/utils.go (FindMatchingIngressClassByName) and internal/types/k8s.go. Line 1.x compares
 * names and never reads an IngressClass; line 2.x goes by `IngressClass.spec.controller`.
 */
import { oncePer } from "../../once";
import { labelOf, type Resource } from "../../kubernetes/resource";
import { getString, getStringMap, unknown, type Maybe } from "../../kubernetes/values";
import { shown, stepOf, unknownValue, type Context, type Obstacle } from "../follow/reference";
import type { ControllerLine, LineReason, Note, Step } from "../routes";

/** The lines that take a resource: none if it is somebody else's. */
export interface Ownership {
  lines: readonly ControllerLine[];
  notes: readonly Note[];
}

/** What one line makes of a resource: takes it, doesn't, or that can't be seen. */
export type Verdict = { takes: true } | { takes: false; because: LineReason } | { takes: Obstacle };

export const yes = { takes: true } as const;
export const no = (because: LineReason): Verdict => ({ takes: false, because });

/** A value on which it depends can't be known. */
export function unclear(resource: Resource, path: string, steps: readonly Step[]): { takes: Obstacle } {
  return { takes: unknownValue(resource, path, steps) };
}

/** Asks each line that the settings allow. What one of them takes is taken, with a note if the other one may not. */
export function ask(context: Context, verdictOf: (line: ControllerLine) => Verdict): Ownership | Obstacle {
  const verdicts = context.lines.map((line) => ({ line, verdict: verdictOf(line) }));
  const lines = verdicts.filter(({ verdict }) => verdict.takes === true).map(({ line }) => line);
  const notes: Note[] = [];
  for (const { verdict } of verdicts) {
    if (verdict.takes === true) continue;
    if (verdict.takes === false) {
      for (const line of lines) notes.push({ code: "controller-line", line, because: verdict.because });
      continue;
    }
    if (lines.length === 0) return verdict.takes;
    const { resource, steps, cause, ...because } = verdict.takes;
    for (const line of lines) notes.push({ code: "controller-line-unclear", line, because });
  }
  return { lines, notes };
}

const ingressClassKind = "networking/IngressClass";

/** Is it an IngressClass of APISIX's, by its controller? */
function isOurs(context: Context, ingressClass: Resource): Maybe<boolean> {
  const controller = getString(ingressClass.body, "spec", "controller");
  if (controller === unknown) return unknown;
  return controller !== undefined && context.settings.controllerNames.includes(controller);
}

/** A class that is named. */
function namedClass(context: Context, resource: Resource, name: string, path: string): Verdict {
  const { index, settings } = context;
  const inStack = index.namedAnywhere(resource.cluster, ingressClassKind, name)[0];
  const isListed = settings.ingressClasses.includes(name);
  // 1.x compares names alone. With `auto`, a class that the stack gives to another controller isn't APISIX's.
  if (settings.controller === "1" && isListed) return yes;
  if (!inStack) {
    if (isListed) return yes;
    return {
      takes: {
        code: "class-not-in-stack",
        data: { class: shown(resource, path, name) },
        cause: name,
        resource,
        steps: [stepOf(resource)],
      },
    };
  }
  const ours = isOurs(context, inStack);
  if (ours === unknown) return unclear(inStack, "spec.controller", [stepOf(resource), stepOf(inStack)]);
  return ours ? yes : no({ code: "class-of-other-controller", class: labelOf(inStack), field: path });
}

/** The clusters for which the stack has a default IngressClass of APISIX's. */
const clustersWithDefault = oncePer((context: Context): ReadonlySet<string> => {
  const { index } = context;
  const isOne = (each: Resource) => index.isDefaultClass(each) === true && isOurs(context, each) === true;
  const classes = index.ofKind(ingressClassKind).filter(isOne);
  return new Set(classes.map((each) => each.cluster));
});

function hasDefaultClass(context: Context, cluster: string): boolean {
  return clustersWithDefault(context).has(cluster);
}

/** The value of a class field, also where it is unknown but comes from the only IngressClass that it depends on. */
function classAt(
  context: Context,
  resource: Resource,
  path: string,
  value: Maybe<string> | undefined,
): Maybe<string> | undefined {
  if (value !== unknown) return value;
  const property = path.split(".")[0] ?? "";
  const origin = context.index.origin(resource, property, (other) => other.kind === "IngressClass");
  return origin ? (getString(origin.body, "metadata", "name") ?? unknown) : unknown;
}

/** Who takes an object of the group `apisix.apache.org`. */
export function ownerOfCrd(context: Context, resource: Resource): Ownership | Obstacle {
  const path = "spec.ingressClassName";
  const name = classAt(context, resource, path, getString(resource.body, "spec", "ingressClassName"));
  return ask(context, (line) => {
    if (name === unknown) return unclear(resource, path, [stepOf(resource)]);
    if (name) return namedClass(context, resource, name, path);
    if (line === "1" || hasDefaultClass(context, resource.cluster)) return yes;
    return {
      takes: {
        code: "class-missing",
        data: { resource: labelOf(resource) },
        resource,
        steps: [stepOf(resource)],
      },
    };
  });
}

const classAnnotation = "kubernetes.io/ingress.class";

/** Does an Ingress, or the name of a class, have to do with APISIX, although nothing says that APISIX takes it? */
function mentionsApisix(resource: Resource, name: string): boolean {
  if (/apisix/i.test(name)) return true;
  const annotations = getStringMap(resource.body, "metadata", "annotations");
  if (annotations === unknown || annotations === undefined) return false;
  return [...annotations.keys()].some((key) => key.startsWith("k8s.apisix.apache.org/"));
}

/** Who takes an Ingress. The annotation wins over the field on 1.x, the field over the annotation on 2.x. */
export function ownerOfIngress(context: Context, ingress: Resource): Ownership | Obstacle {
  const annotations = getStringMap(ingress.body, "metadata", "annotations");
  const annotated: Maybe<string> | undefined = annotations === unknown ? unknown : annotations?.get(classAnnotation);
  const field = getString(ingress.body, "spec", "ingressClassName");
  return ask(context, (line) => {
    interface Place {
      value: Maybe<string> | undefined;
      path: string;
    }
    const byAnnotation: Place = { value: annotated, path: "metadata.annotations" };
    const byField: Place = { value: field, path: "spec.ingressClassName" };
    // Where all annotations are unknown, the field tells more than the chance that the class is among them.
    const order =
      line === "2" || (annotations === unknown && field) ? [byField, byAnnotation] : [byAnnotation, byField];
    const { value, path } = order.find((each) => each.value) ?? byField;
    const name = classAt(context, ingress, path, value);
    if (name === unknown) return unclear(ingress, path, [stepOf(ingress)]);
    // The API server writes the default class into an Ingress without one when it is created.
    if (!name) return hasDefaultClass(context, ingress.cluster) ? yes : no({ code: "no-class" });
    const verdict = namedClass(context, ingress, name, path);
    // Ingresses of other controllers are common, and no business of ours.
    return typeof verdict.takes === "object" && !mentionsApisix(ingress, name)
      ? no({ code: "class-not-known" })
      : verdict;
  });
}
