/**
 * Consumers: the plugins that run for the requests of one of them. On any route, they win over the route's own of the
 * same name; requests of others go where the route says.
 *
 * Sources: apache/apisix 3.18 apisix/plugin.lua (merge_consumer_route); apisix-ingress-controller 1.8.4
 * pkg/providers/apisix/translation/apisix_consumer.go, 2.2.0 internal/adc/translator/apisixconsumer.go and consumer.go.
 */
import type { Resource } from "../../kubernetes/resource";
import { get, getList, getObject, getString, unknown } from "../../kubernetes/values";
import { proxyOfGateway } from "../apisix/gateway-proxy";
import { pluginsOf } from "../apisix/plugin-config";
import { plugin } from "../apisix/plugins";
import { isSwitchedOff } from "../apisix/traffic-split";
import { cantFollow } from "../apisix/upstream";
import { onlyOn, startAt, stepOf, unknownValue, type Context, type Found, type Way } from "../follow/reference";
import { wholeOf } from "../follow/resource-index";
import { inStages, yes } from "../follow/ruling";
import { gatewayKind, ownerOfGateway } from "../gateway/gateway-parents";
import { ofOwner } from "./global-plugins";

export function* consumers(context: Context): Generator<Found> {
  for (const consumer of context.index.ofKind("apisix.apache.org/ApisixConsumer")) {
    yield* ofOwner(context, consumer, (way) => apisixConsumer(context, consumer, way));
  }
  yield* gatewayConsumers(context);
}

/** ApisixConsumer: both lines read `authParameter`, and 2.1.0 and later `plugins`. */
function* apisixConsumer({ settings }: Context, consumer: Resource, way: Way): Generator<Found> {
  const searchNamespace = settings.apisixNamespace;
  const onPlugins = onlyOn("2", way, { code: "consumer-plugins-not-read" });
  if (onPlugins.lines.length > 0) yield* pluginsOf(consumer, onPlugins, searchNamespace);

  const parameter = getObject(consumer.body, "spec", "authParameter");
  if (parameter === unknown) yield unknownValue(consumer, "spec.authParameter", way.steps);
  // Of several, the first counts; a plugin of the same name wins over it on 2.x.
  else if (!["keyAuth", "basicAuth", "jwtAuth"].some((key) => get(parameter, key) !== undefined)) {
    const plugins = getList(consumer.body, "spec", "plugins");
    const mayReplace = (each: unknown) => {
      const name = getString(each, "name");
      return (name === wolf || name === unknown) && !isSwitchedOff(each);
    };
    const mayBeReplaced = plugins === unknown || (plugins ?? []).some(mayReplace);
    const to = mayBeReplaced ? onlyOn("1", way, { code: "plugin-takes-all" }) : way;
    if (to.lines.length > 0) yield* wolfRbac(to, consumer, get(parameter, "wolfRBAC"), searchNamespace);
  }
}

const wolf = "wolf-rbac";

/** Of what `authParameter` holds, only this one names a host: its value, or a Secret's key. */
function* wolfRbac(way: Way, consumer: Resource, body: unknown, searchNamespace: string | undefined): Generator<Found> {
  const path = "spec.authParameter.wolfRBAC";
  const place = { from: consumer, searchNamespace };
  if (get(body, "value") !== undefined) {
    yield* plugin(way, wolf, get(body, "value"), { ...place, path: `${path}.value` });
  } else if (get(body, "secretRef") !== undefined) {
    yield cantFollow(way, { ...place, path: `${path}.secretRef` }, "upstream-in-secret");
  }
}

/** Consumers of a Gateway (v1alpha1), which 2.x alone reads. */
function* gatewayConsumers(context: Context): Generator<Found> {
  const { index, settings } = context;
  if (!context.lines.includes("2")) return;
  for (const consumer of index.ofKind("apisix.apache.org/Consumer")) {
    const found = [...pluginsOf(consumer, startAt(consumer, ["2"]), settings.apisixNamespace)];
    if (found.length === 0) continue;
    const namespace = getString(consumer.body, "spec", "gatewayRef", "namespace");
    const name = getString(consumer.body, "spec", "gatewayRef", "name");
    if (namespace === unknown || name === unknown) {
      yield unknownValue(consumer, "spec.gatewayRef", [stepOf(consumer)]);
      continue;
    }
    const place = namespace ? index.placeNamed(consumer.cluster, namespace) : index.placeOf(consumer);
    const gateway =
      place !== undefined && name !== undefined ? wholeOf(index.named(place, gatewayKind, name)) : undefined;
    // An object of APISIX's own group: a Gateway that isn't in the stack can only be APISIX's.
    const answer = gateway
      ? inStages(
          () => ownerOfGateway(context, "2", gateway, gateway),
          () => proxyOfGateway(context, gateway, [stepOf(gateway)]),
        )
      : yes;
    if (answer.takes === true) yield* found;
    else if (answer.takes !== false) yield answer.takes;
    else if (!answer.isForeign) yield { route: consumer, refusals: [{ line: "2", because: answer.because }] };
  }
}
