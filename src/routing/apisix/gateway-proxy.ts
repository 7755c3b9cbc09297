/**
 * GatewayProxies tell 2.x which APISIX to send to what. An IngressClass or a Gateway names one; where neither does,
 * nothing is pushed. 1.x has none.
 *
 * Source: 2.2.0 internal/controller/utils.go (ProcessIngressClassParameters, ProcessGatewayProxy),
 * internal/provider/apisix/provider.go (buildConfig), internal/adc/translator/gatewayproxy.go.
 */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { get, getObject, getString, getStringMap, unknown } from "../../kubernetes/values";
import { shownName, type Context } from "../follow/reference";
import { kindOf, wholeOf, type Kind, type Place } from "../follow/resource-index";
import { refused, unclear, yes, type Verdict } from "../follow/ruling";
import type { Refusal, Step } from "../routes";

const wanted = ["GatewayProxy", "apisix.apache.org"];
const proxyKind: Kind = "apisix.apache.org/GatewayProxy";

/** Does an IngressClass lead to an APISIX? @param steps the way to it */
export function proxyOfClass(context: Context, ingressClass: Resource, steps: readonly Step[]): Verdict {
  const annotations = getStringMap(ingressClass.body, "metadata", "annotations");
  const annotated = annotations === unknown ? unknown : annotations?.get("apisix.apache.org/parameters-namespace");
  const namespace = annotated || getString(ingressClass.body, "spec", "parameters", "namespace");
  return proxyNamed(context, ingressClass, "spec.parameters", steps, {
    // Where the parameters name no namespace, 2.x looks in the one that is called `default`.
    placeOf: () =>
      namespace === unknown ? undefined : context.index.placeNamed(ingressClass.cluster, namespace || "default"),
    group: "apiGroup",
    otherwise: { code: "class-without-gateway-proxy", class: labelOf(ingressClass) },
  });
}

/** Does a Gateway lead to an APISIX? Its GatewayProxy is of its own namespace. @param steps the way to it */
export function proxyOfGateway(context: Context, gateway: Resource, steps: readonly Step[]): Verdict {
  return proxyNamed(context, gateway, "spec.infrastructure.parametersRef", steps, {
    placeOf: () => context.index.placeOf(gateway),
    group: "group",
    otherwise: { code: "gateway-without-gateway-proxy", gateway: labelOf(gateway) },
  });
}

interface Naming {
  placeOf: () => Place | undefined;
  /** The key of the API group. */
  group: string;
  otherwise: Refusal;
}

function proxyNamed(
  context: Context,
  from: Resource,
  path: string,
  steps: readonly Step[],
  { placeOf, group, otherwise }: Naming,
): Verdict {
  const { index, settings } = context;
  const reference = getObject(from.body, ...path.split("."));
  const name = getString(reference, "name");
  const [kind, ownGroup] = [getString(reference, "kind"), getString(reference, group)];
  if (reference === unknown || (reference === undefined && from.isPatch)) return unclear(from, path, steps);
  const isOther = [kind ?? "", ownGroup ?? ""].some((each, i) => each !== unknown && each !== wanted[i]);
  if (reference === undefined || isOther) return refused(otherwise);
  const place = placeOf();
  const isKnownName = kind !== unknown && ownGroup !== unknown && typeof name === "string" && place !== undefined;
  const property = path.split(".")[0] ?? "";
  const proxy = isKnownName
    ? wholeOf(index.named(place, proxyKind, name))
    : index.origin(from, property, (other) => kindOf(other) === proxyKind);
  if (proxy) {
    const field = proxy.isPatch ? undefined : missingIn(proxy);
    return field === undefined ? yes : refused({ code: "gateway-proxy-incomplete", proxy: labelOf(proxy), field });
  }
  if (!isKnownName) return unclear(from, path, steps);
  const id = index.nameIn(place, name);
  if (settings.gatewayProxies.includes(id)) return yes;
  const shown = shownName(from, `${path}.name`, id, `${path}.namespace`);
  return {
    takes: {
      code: "gateway-proxy-not-in-stack",
      data: { proxy: shown, by: labelOf(from) },
      cause: `${place} ${name}`,
      resource: from,
      steps: [...steps, { label: `GatewayProxy ${shown}` }],
    },
  };
}

/**
 * What a GatewayProxy can't do without (2.2.0 internal/adc/translator/gatewayproxy.go); the admin key may be empty
 * nowhere. Its Service and its Secret may be another stack's.
 */
function missingIn(proxy: Resource): string | undefined {
  const lacks = (...path: string[]) => {
    const value = get(proxy.body, ...path);
    return value === undefined || value === "";
  };
  const plane = ["spec", "provider", "controlPlane"];
  const key = [...plane, "auth", "adminKey"];
  if (lacks("spec", "provider")) return "spec.provider";
  if (lacks(...plane)) return plane.join(".");
  if (lacks(...key, "value") && lacks(...key, "valueFrom")) return key.join(".");
  return lacks(...plane, "endpoints") && lacks(...plane, "service") ? [...plane, "service"].join(".") : undefined;
}
