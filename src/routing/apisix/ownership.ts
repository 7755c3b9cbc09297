/**
 * Which resources are APISIX's: the class rules of the controller's two lines.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/utils/ingress_class.go and pkg/providers/ingress/ingress.go;
 * 2.2.0 internal/controller/utils.go (FindMatchingIngressClassByName) and internal/types/k8s.go. Line 1.x compares
 * names and never reads an IngressClass; line 2.x goes by `IngressClass.spec.controller`.
 */
import { matcherOf } from "../../globs";
import { addTo } from "../../multimap";
import { oncePer } from "../../once";
import { labelOf, nameOf, type Resource } from "../../kubernetes/resource";
import type { Labels } from "../../kubernetes/selector";
import { getString, getStringMap, unknown, type Maybe } from "../../kubernetes/values";
import { shown, stepOf, type Context, type Obstacle } from "../follow/reference";
import { kindOf, wholeOf } from "../follow/resource-index";
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
  if (controller === unknown || (controller === undefined && ingressClass.isPatch)) return unknown;
  if (controller !== undefined && context.settings.controllerNames.includes(controller)) return "2";
  return controller === controllersOf1.ingress ? "1" : undefined;
}

/** What a line makes of a class that is in the stack. */
function ofClass(context: Context, line: ControllerLine, user: Resource, ingressClass: Resource, at: Named): Verdict {
  const { settings } = context;
  // 1.x compares names alone. With `auto`, a class that the stack gives to another controller isn't APISIX's.
  if (line === "1" && settings.controller === "1" && isListed(context, line, at.name)) return yes;
  const its = lineOf(context, ingressClass);
  const steps = [stepOf(user), stepOf(ingressClass)];
  if (its === unknown) return unclear(ingressClass, "spec.controller", steps);
  const label = labelOf(ingressClass);
  if (its === undefined) return foreign({ code: "class-of-other-controller", class: label, field: at.path });
  if (line === "1") return yes;
  if (its === "1")
    return refused({ code: "class-of-other-line", class: label, controller: controllersOf1.ingress, of: its });
  return proxyOfClass(context, ingressClass, steps);
}

function isListed({ settings: { ingressClasses } }: Context, line: ControllerLine, name: string): boolean {
  return matcherOf(ingressClasses)(name) || (line === "1" && name === "apisix" && ingressClasses.includes(andAll));
}

function classNamed({ index }: Context, cluster: string, name: string): Resource | undefined {
  return wholeOf(index.namedAnywhere(cluster, ingressClassKind, name));
}

interface DefaultClass {
  ingressClass: Resource;
  /** Whether it is a default class isn't known. */
  isUnsure: boolean;
}

/** The default IngressClasses of the stack, by cluster. A `*Patch` may make a class of the stack the default. */
const defaultClasses = oncePer((context: Context): ReadonlyMap<string, readonly DefaultClass[]> => {
  const byCluster = new Map<string, DefaultClass[]>();
  for (const each of context.index.ofKind(ingressClassKind)) {
    const answer = context.index.isDefaultClass(each);
    if (answer === false) continue;
    const name = nameOf(each);
    const whole = typeof name === "string" ? classNamed(context, each.cluster, name) : undefined;
    addTo(byCluster, each.cluster, { ingressClass: whole ?? each, isUnsure: answer === unknown });
  }
  return byCluster;
});

/** What a line makes of the class that is the default by the settings; undefined where they don't say. */
function ofNamedDefault(context: Context, line: ControllerLine, user: Resource, path: string): Verdict | undefined {
  const name = context.settings.defaultIngressClass;
  if (name === undefined) return undefined;
  const inStack = classNamed(context, user.cluster, name);
  if (inStack) return ofClass(context, line, user, inStack, { name, path });
  if (name === "") return foreign({ code: "no-class" });
  return isListed(context, line, name) ? yes : foreign({ code: "class-not-known" });
}

/** What a line makes of each default class of the stack. */
function ofDefaultsInStack(context: Context, line: ControllerLine, user: Resource, path: string) {
  return (defaultClasses(context).get(user.cluster) ?? []).map(({ ingressClass, isUnsure }) => {
    const verdict = ofClass(context, line, user, ingressClass, { name: String(nameOf(ingressClass)), path });
    const steps = [stepOf(user), stepOf(ingressClass)];
    const isOpen = isUnsure && verdict.takes === true;
    return { isUnsure, verdict: isOpen ? unclear(ingressClass, "metadata.annotations", steps) : verdict };
  });
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
  const { settings } = context;
  const path = "spec.ingressClassName";
  const patched = patchedBy(context, resource);
  const own = getString(resource.body, "spec", "ingressClassName");
  const name = classAt(context, resource, path, own ?? getString(patched?.body, "spec", "ingressClassName"));
  if (name === unknown) return unclear(resource, path, [stepOf(resource)]);
  if (line === "1" && settings.ingressClasses.includes(andAll)) return yes;
  if (!name && resource.isPatch && !patched) return unclear(resource, path, [stepOf(resource)]);
  if (!name) {
    // 1.x takes what has no class; 2.x does if any class of its own is a default one.
    const verdict = line === "1" ? yes : classlessOn2(context, resource, path);
    return (
      verdict ?? {
        takes: {
          code: "class-missing",
          data: { resource: labelOf(resource) },
          resource,
          steps: [stepOf(resource)],
        },
      }
    );
  }
  const inStack = classNamed(context, resource.cluster, name);
  if (!inStack) {
    const note = { code: "class-outside", class: shown(resource, path, name) } as const;
    return isListed(context, line, name) ? yes : { takes: true, notes: [note] };
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

/**
 * What 2.x makes of an object of APISIX's own group without a class; undefined if that can't be told. Another
 * controller's default class in the stack leaves open whether APISIX's is a default, too, in another stack.
 */
function classlessOn2(context: Context, resource: Resource, path: string): Verdict | undefined {
  const named = ofNamedDefault(context, "2", resource, path);
  const inStack = ofDefaultsInStack(context, "2", resource, path).map(({ verdict }) => verdict);
  const verdicts = named ? [named, ...inStack] : inStack;
  const own =
    verdicts.find(({ takes }) => takes === true) ?? verdicts.find((each) => each.takes !== false || !each.isForeign);
  if (own || named?.takes !== false) return own;
  if (named.because.code !== "class-not-known") return refused({ code: "no-class" });
  const name = context.settings.defaultIngressClass ?? "";
  return {
    takes: { code: "class-not-in-stack", data: { class: name }, cause: name, resource, steps: [stepOf(resource)] },
  };
}

/**
 * What a line makes of a route or an Ingress by the class of an ApisixPluginConfig that it names. An equal class is fine,
 * and so is none.
 *
 * 1.x doesn't push a config of another class, and refuses a route that names what isn't pushed (1.8.4
 * pkg/providers/apisix/apisix_route.go, checkPluginNameIfNotEmptyV2); with `apisix-and-all` for its class there is no
 * other class, and the stack doesn't show that. 2.x wants the class to be of its own controller, whatever GatewayProxy it
 * has (2.2.0 internal/controller/apisixroute_controller.go, validatePluginConfig).
 */
export function classOfConfig(context: Context, line: ControllerLine, route: Resource, config: Resource): Verdict {
  if (line === "2") {
    const isRefused = isOfOtherController(context, route, config);
    return isRefused ? refused({ code: "plugin-config-of-other-class", config: labelOf(config) }) : yes;
  }
  const [own, its] = [route, config].map(({ body }) => getString(body, "spec", "ingressClassName"));
  return its && own !== its ? behind(route, classOfCrd(context, line, config)) : yes;
}

/**
 * Does 2.x read the plugins of an ApisixPluginConfig that an Ingress names? It takes the Ingress without those of another
 * controller's class. Source: 2.2.0 internal/controller/ingress_controller.go (processPluginConfig).
 */
export function readsConfig(context: Context, ingress: Resource, config: Resource): boolean | Obstacle {
  const { takes } = getString(config.body, "spec", "ingressClassName")
    ? behind(ingress, classOfCrd(context, "2", config))
    : yes;
  return typeof takes === "object" && takes.code === "class-of-unlisted-controller" ? false : takes;
}

/** The verdict on what a route names, and the way there from the route. */
function behind(route: Resource, { takes, ...rest }: Verdict): Verdict {
  const isOpen = typeof takes === "object";
  return { ...rest, takes: isOpen ? { ...takes, steps: [stepOf(route), ...takes.steps] } : takes } as Verdict;
}

function isOfOtherController(context: Context, route: Resource, config: Resource): boolean {
  const { index, settings } = context;
  const [own, its] = [route, config].map(({ body }) => getString(body, "spec", "ingressClassName"));
  // What a patch doesn't set may be the same.
  if (!its || its === unknown || own === unknown || own === its || (!own && route.isPatch)) return false;
  const controllerOf = (name: string) => {
    const [inStack] = index.namedAnywhere(route.cluster, ingressClassKind, name);
    return inStack && (getString(inStack.body, "spec", "controller") ?? unknown);
  };
  const wanted = controllerOf(its);
  if (wanted === undefined || wanted === unknown) return false;
  const ofRoute = own ? controllerOf(own) : undefined;
  if (ofRoute !== undefined) return ofRoute !== unknown && ofRoute !== wanted;
  return (!own || isListed(context, "2", own)) && !settings.controllerNames.includes(wanted);
}

/** What a `*Patch` patches, if that is in the stack. */
function patchedBy({ index }: Context, patch: Resource): Resource | undefined {
  const [place, name] = [index.placeOf(patch), nameOf(patch)];
  if (!patch.isPatch || place === undefined || typeof name !== "string") return undefined;
  const whole = wholeOf(index.named(place, kindOf(patch), name));
  return whole?.isPatch ? undefined : whole;
}

const classAnnotation = "kubernetes.io/ingress.class";
/** Of the annotations that only APISIX's controllers read. */
export const annotationPrefix = "k8s.apisix.apache.org/";

function annotationsOf(resource: Resource): Labels {
  return getStringMap(resource.body, "metadata", "annotations") ?? new Map<string, Maybe<string>>();
}

/** The class that the annotation of an Ingress names. */
export function annotatedClass(ingress: Resource): Maybe<string> | undefined {
  const annotations = annotationsOf(ingress);
  return annotations === unknown ? unknown : annotations.get(classAnnotation);
}

/** Does an Ingress have annotations that only APISIX's controllers read? */
function hasApisixAnnotations(ingress: Resource): boolean {
  const annotations = annotationsOf(ingress);
  return annotations !== unknown && [...annotations.keys()].some((key) => key.startsWith(annotationPrefix));
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
  const patched = patchedBy(context, ingress);
  const annotations = annotationsOf(ingress);
  const annotated = annotatedClass(ingress) ?? (patched && annotatedClass(patched));
  const field =
    getString(ingress.body, "spec", "ingressClassName") ?? getString(patched?.body, "spec", "ingressClassName");
  type Place = { value: Maybe<string> | undefined; path: string };
  const byAnnotation: Place = { value: annotated, path: "metadata.annotations" };
  const byField: Place = { value: field, path: "spec.ingressClassName" };
  // Where all annotations are unknown, the field tells more than the chance that the class is among them.
  const order = line === "2" || (annotations === unknown && field) ? [byField, byAnnotation] : [byAnnotation, byField];
  const { value, path } = order.find((each) => each.value) ?? byField;
  const name = classAt(context, ingress, path, value);
  if (name === unknown) return unclear(ingress, path, [stepOf(ingress)]);
  if (!name && ingress.isPatch && !patched) return unclear(ingress, byField.path, [stepOf(ingress)]);
  if (!name) {
    // The API server writes the default class into a new Ingress without one, but for an annotation that is empty.
    if (line === "1" && annotated === "") return foreign({ code: "no-class" });
    const defaults = ofDefaultsInStack(context, line, ingress, path);
    const first = defaults.find(({ isUnsure }) => !isUnsure)?.verdict;
    // Of several the newest counts, which only the cluster knows.
    const agreed = defaults.every(({ verdict }) => verdict.takes === first?.takes) ? first : undefined;
    const verdict = ofNamedDefault(context, line, ingress, path) ?? agreed;
    if (verdict) return verdict;
    const isLikely = hasApisixAnnotations(ingress) || clustersWithApisix(context).has(ingress.cluster);
    if (!isLikely && !defaults.some(({ verdict }) => verdict.takes !== false)) return foreign({ code: "no-class" });
    return {
      takes: {
        code: "ingress-class-missing",
        data: { ingress: labelOf(ingress) },
        resource: ingress,
        steps: [stepOf(ingress)],
      },
    };
  }
  const inStack = classNamed(context, ingress.cluster, name);
  if (inStack) return ofClass(context, line, ingress, inStack, { name, path });
  if (isListed(context, line, name)) return yes;
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
