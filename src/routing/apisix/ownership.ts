/**
 * Which resources are APISIX's: the class rules of the controller's two lines.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/utils/ingress_class.go and pkg/providers/ingress/ingress.go;
 * 2.2.0 internal/controller/utils.go (FindMatchingIngressClassByName) and internal/types/k8s.go. Line 1.x compares
 * names and never reads an IngressClass; line 2.x goes by `IngressClass.spec.controller`.
 */
import { matcherOf } from "../../globs";
import { oncePer } from "../../once";
import { labelOf, nameOf, type Resource } from "../../kubernetes/resource";
import type { Labels } from "../../kubernetes/selector";
import { getString, getStringMap, unknown, type Maybe } from "../../kubernetes/values";
import { shown, stepOf, type Context } from "../follow/reference";
import { kindOf } from "../follow/resource-index";
import { foreign, refused, unclear, yes, type Verdict } from "../follow/ruling";
import type { ControllerLine } from "../routes";
import { proxyOfClass } from "./gateway-proxy";

/** Controller names of 1.x: constants of its code and its chart. 2.x takes the ones that it is configured with. */
export const controllersOf1 = {
  ingress: "apisix.apache.org/apisix-ingress",
  gateway: "apisix.apache.org/gateway-controller",
} as const;

const ingressClassKind = "networking/IngressClass";
/** With this name for its class, 1.x takes all of APISIX's own kinds, and the Ingresses of class `apisix`. */
const andAll = "apisix-and-all";

/** A class as a resource names it. */
interface Named {
  name: string;
  /** Where. */
  path: string;
}

/** Is an IngressClass of the stack one of 2.x', of 1.x', or somebody else's? */
function lineOf(context: Context, ingressClass: Resource): Maybe<ControllerLine | undefined> {
  const controller = getString(ingressClass.body, "spec", "controller");
  if (controller === unknown) return unknown;
  if (controller !== undefined && context.settings.controllerNames.includes(controller)) return "2";
  return controller === controllersOf1.ingress ? "1" : undefined;
}

/** What a line makes of a class that is in the stack. */
function ofClass(context: Context, line: ControllerLine, user: Resource, ingressClass: Resource, at: Named): Verdict {
  const { settings } = context;
  // 1.x compares names alone. With `auto`, a class that the stack gives to another controller isn't APISIX's.
  if (line === "1" && settings.controller === "1" && isListed(context, at.name)) return yes;
  const its = lineOf(context, ingressClass);
  const steps = [stepOf(user), stepOf(ingressClass)];
  if (its === unknown) return unclear(ingressClass, "spec.controller", steps);
  const label = labelOf(ingressClass);
  if (its === undefined) return foreign({ code: "class-of-other-controller", class: label, field: at.path });
  if (line === "1") return yes;
  if (its === "1") return refused({ code: "class-of-other-line", class: label, controller: controllersOf1.ingress });
  return proxyOfClass(context, ingressClass, steps);
}

function isListed({ settings: { ingressClasses } }: Context, name: string): boolean {
  return matcherOf(ingressClasses)(name);
}

/** The default IngressClasses of the stack, by cluster. */
const defaultClasses = oncePer(({ index }: Context): ReadonlyMap<string, readonly Resource[]> => {
  const byCluster = new Map<string, Resource[]>();
  for (const each of index.ofKind(ingressClassKind)) {
    if (index.isDefaultClass(each) !== true) continue;
    byCluster.set(each.cluster, [...(byCluster.get(each.cluster) ?? []), each]);
  }
  return byCluster;
});

/**
 * What a line makes of a resource without a class, by the cluster's default class: the stack's, or the one that the
 * settings name; undefined where neither says.
 */
function ofDefaultClass(context: Context, line: ControllerLine, user: Resource, path: string): Verdict | undefined {
  const { index, settings } = context;
  const name = settings.defaultIngressClass;
  const classes = defaultClasses(context).get(user.cluster) ?? [];
  // Of several the API server takes the newest, which only the cluster knows.
  const verdicts = classes.map((each) => ofClass(context, line, user, each, { name: String(nameOf(each)), path }));
  const [first] = verdicts;
  if (first) return verdicts.find(({ takes }) => takes === true) ?? first;
  if (name === undefined) return undefined;
  const [inStack] = index.namedAnywhere(user.cluster, ingressClassKind, name);
  if (inStack) return ofClass(context, line, user, inStack, { name, path });
  return name !== "" && isListed(context, name) ? yes : foreign({ code: "no-class" });
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

/**
 * What a line makes of an object of the group `apisix.apache.org`, by its class. Only APISIX's controllers read such
 * objects: where nothing says that no controller takes its class, one does.
 */
export function classOfCrd(context: Context, line: ControllerLine, resource: Resource): Verdict {
  const { index, settings } = context;
  const path = "spec.ingressClassName";
  const patched = patchedBy(context, resource);
  const own = getString(resource.body, "spec", "ingressClassName");
  const name = classAt(context, resource, path, own ?? getString(patched?.body, "spec", "ingressClassName"));
  if (name === unknown) return unclear(resource, path, [stepOf(resource)]);
  if (line === "1" && settings.controller === "1" && settings.ingressClasses.includes(andAll)) return yes;
  if (!name && resource.isPatch && !patched) return unclear(resource, path, [stepOf(resource)]);
  if (!name) {
    // 1.x takes what has no class.
    const verdict = line === "1" ? yes : ofDefaultClass(context, line, resource, path);
    if (verdict) return verdict.takes === false && verdict.isForeign ? refused(verdict.because) : verdict;
    return {
      takes: {
        code: "class-missing",
        data: { resource: labelOf(resource) },
        resource,
        steps: [stepOf(resource)],
      },
    };
  }
  const [inStack] = index.namedAnywhere(resource.cluster, ingressClassKind, name);
  if (!inStack) {
    const note = { code: "class-outside", class: shown(resource, path, name) } as const;
    return isListed(context, name) ? yes : { takes: true, notes: [note] };
  }
  const verdict = ofClass(context, line, resource, inStack, { name, path });
  if (verdict.takes !== false || !verdict.isForeign) return verdict;
  // A controller of a name that nobody lists may be APISIX's all the same.
  return {
    takes: {
      code: "class-of-unlisted-controller",
      data: { class: labelOf(inStack), resource: labelOf(resource) },
      cause: inStack.id,
      resource,
      steps: [stepOf(resource), stepOf(inStack)],
    },
  };
}

/** What a `*Patch` patches, if that is in the stack. */
function patchedBy({ index }: Context, patch: Resource): Resource | undefined {
  const [place, name] = [index.placeOf(patch), nameOf(patch)];
  if (!patch.isPatch || place === undefined || typeof name !== "string") return undefined;
  return index.named(place, kindOf(patch), name).find((each) => !each.isPatch);
}

const classAnnotation = "kubernetes.io/ingress.class";
const prefix = "k8s.apisix.apache.org/";

function annotationsOf(resource: Resource): Labels {
  return getStringMap(resource.body, "metadata", "annotations") ?? new Map<string, Maybe<string>>();
}

/** Does an Ingress have annotations that only APISIX's controllers read? */
function hasApisixAnnotations(ingress: Resource): boolean {
  const annotations = annotationsOf(ingress);
  return annotations !== unknown && [...annotations.keys()].some((key) => key.startsWith(prefix));
}

/** Does anything in the stack say that its cluster has APISIX? */
const clustersWithApisix = oncePer((context: Context): ReadonlySet<string> => {
  const { index } = context;
  const named = (resource: Resource, ...path: string[]) => {
    const text = getString(resource.body, ...path);
    return typeof text === "string" && /apisix/i.test(text);
  };
  const signs = [
    ...index.ofGroup("apisix.apache.org"),
    ...index.ofKind(ingressClassKind).filter((each) => named(each, "spec", "controller")),
    ...index.ofKind("gateway.networking/GatewayClass").filter((each) => named(each, "spec", "controllerName")),
    ...index.ofKind("gateway.networking/Gateway").filter((each) => named(each, "spec", "gatewayClassName")),
    ...index
      .ofKind("networking/Ingress")
      .filter((each) => hasApisixAnnotations(each) || named(each, "spec", "ingressClassName")),
  ];
  return new Set(signs.map(({ cluster }) => cluster));
});

/** What a line makes of an Ingress. The annotation wins over the field on 1.x, the field over the annotation on 2.x. */
export function classOfIngress(context: Context, line: ControllerLine, ingress: Resource): Verdict {
  const { index } = context;
  const annotations = annotationsOf(ingress);
  const annotated: Maybe<string> | undefined = annotations === unknown ? unknown : annotations.get(classAnnotation);
  const field = getString(ingress.body, "spec", "ingressClassName");
  type Place = { value: Maybe<string> | undefined; path: string };
  const byAnnotation: Place = { value: annotated, path: "metadata.annotations" };
  const byField: Place = { value: field, path: "spec.ingressClassName" };
  // Where all annotations are unknown, the field tells more than the chance that the class is among them.
  const order = line === "2" || (annotations === unknown && field) ? [byField, byAnnotation] : [byAnnotation, byField];
  const { value, path } = order.find((each) => each.value) ?? byField;
  const name = classAt(context, ingress, path, value);
  if (name === unknown) return unclear(ingress, path, [stepOf(ingress)]);
  if (!name) {
    // The API server writes the default class into an Ingress without one when it is created.
    const verdict = ofDefaultClass(context, line, ingress, path);
    if (verdict) return verdict;
    const isLikely = hasApisixAnnotations(ingress) || clustersWithApisix(context).has(ingress.cluster);
    if (!isLikely) return foreign({ code: "no-class" });
    return {
      takes: {
        code: "ingress-class-missing",
        data: { ingress: labelOf(ingress) },
        resource: ingress,
        steps: [stepOf(ingress)],
      },
    };
  }
  const [inStack] = index.namedAnywhere(ingress.cluster, ingressClassKind, name);
  if (inStack) return ofClass(context, line, ingress, inStack, { name, path });
  if (isListed(context, name)) return yes;
  // Ingresses of other controllers are common, and no business of ours.
  if (!hasApisixAnnotations(ingress) && !/apisix/i.test(name)) return foreign({ code: "class-not-known" });
  return {
    takes: {
      code: "class-not-in-stack",
      data: { class: shown(ingress, path, name) },
      cause: name,
      resource: ingress,
      steps: [stepOf(ingress)],
    },
  };
}
