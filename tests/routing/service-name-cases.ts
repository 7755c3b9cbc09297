/**
 * Services that are named with dots, as in a host name: no Service has such a name (apimachinery's IsDNS1035Label).
 *
 * 1.8.4 pushes nothing of a route with a missing Service (pkg/providers/apisix/translation/apisix_route.go, return err),
 * 2.2.0 leaves the backend out (internal/adc/translator/apisixroute.go buildUpstream), and nothing of an ApisixRoute for
 * one in a stream rule (TranslateApisixRoute); the API refuses an Ingress (pkg/apis/networking/validation).
 */
import { bothLines, type Case, type Spot } from "./case";
import { apisixRoute, apisixUpstream, app, backend, edge, gatewayRoute, http, ingress, path } from "./resources";

const dotted = "api.other.svc.cluster.local";
const classed = { ingressClassName: "apisix" };

function withDot(field: string, kind: string, resource = `${kind} shop/web`, service = dotted): Spot {
  return { code: "service-name-with-dot", data: { service, field, resource, kind } };
}

export const serviceNameCases: Case[] = [
  {
    name: "a backend of an ApisixRoute, though the stack has the Service",
    given: [apisixRoute("shop/web", { ...classed, ...http(backend(dotted)) }), ...app("other/api")],
    dead: bothLines("ApisixRoute shop/web", "service-name-with-dot"),
  },
  {
    name: "of one's own namespace",
    given: [apisixRoute("shop/web", { ...classed, ...http(backend("api.shop")) }), ...app("shop/api")],
    dead: bothLines("ApisixRoute shop/web", "service-name-with-dot"),
  },
  {
    name: "2.x takes the other backends, 1.x drops the route",
    given: [apisixRoute("shop/web", { ...classed, ...http(backend(dotted), backend("web")) }), ...app("shop/web")],
    on: "2",
    routed: ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"],
    blind: [withDot("spec.http[0].backends[0].serviceName", "ApisixRoute")],
    otherwiseBlind: [],
    dead: { "1": { "ApisixRoute shop/web": "service-name-with-dot" } },
  },
  {
    name: "in a stream rule, both drop the route",
    given: [
      apisixRoute("shop/web", {
        ...classed,
        ...http(backend("web")),
        stream: [{ name: "s", backend: backend(dotted) }],
      }),
      ...app("shop/web"),
    ],
    dead: bothLines("ApisixRoute shop/web", "service-name-with-dot"),
  },
  {
    name: "another route goes on",
    given: [
      apisixRoute("shop/web", { ...classed, ...http(backend(dotted)) }),
      apisixRoute("shop/other", { ...classed, ...http(backend("web")) }),
      ...app("shop/web"),
    ],
    routed: ["ApisixRoute shop/other › Service shop/web:80 › Deployment shop/web"],
    dead: bothLines("ApisixRoute shop/web", "service-name-with-dot"),
  },
  {
    name: "an Ingress, which the API refuses",
    given: [
      ingress("shop/web", "apisix", [{ backend: { service: { name: dotted, port: { number: 80 } } } }, path("web")]),
      ...app("shop/web"),
    ],
    dead: bothLines("Ingress shop/web", "service-name-with-dot"),
  },
  {
    name: "an HTTPRoute",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          backendRefs: [
            { name: dotted, port: 80 },
            { name: "web", port: 80 },
          ],
        },
      ),
      ...app("shop/web"),
    ],
    on: "2",
    routed: ["HTTPRoute shop/web › Service shop/web:80 › Deployment shop/web"],
    blind: [withDot("spec.rules[0].backendRefs[0].name", "HTTPRoute")],
    otherwiseBlind: [],
    dead: { "1": { "HTTPRoute shop/web": "service-name-with-dot" } },
  },
  {
    name: "an external node of type Service",
    given: [
      apisixRoute("shop/web", { ...classed, http: [{ upstreams: [{ name: "up" }] }] }),
      apisixUpstream("shop/up", { externalNodes: [{ type: "Service", name: dotted, port: 80 }] }),
      ...app("other/api"),
    ],
    blind: [withDot("spec.externalNodes[0].name", "ApisixUpstream", "ApisixUpstream shop/up")],
  },
  {
    name: "an external node of type Domain works",
    given: [
      apisixRoute("shop/web", { ...classed, http: [{ upstreams: [{ name: "up" }] }] }),
      apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: dotted, port: 80 }] }),
      ...app("other/api"),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/up › Service other/api:80 › Deployment other/api"],
  },
];
