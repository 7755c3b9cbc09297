/** Resources in, routed workloads with their evidence out. */
import type { Resource } from "../../kubernetes/resource";
import type { RoutingSettings } from "../../routing";
import { apisixRoute, app, backend, deployment, http, ingress, ingressClass, path, service } from "./resources";

export interface Case {
  name: string;
  given: Resource[];
  /** Every chain that is to be found; nothing else may be. */
  routed?: string[];
  /** The only controller line that takes it; `auto` takes it then, too. Both lines where this is left out. */
  on?: "1" | "2";
  /** What is found on the other line. */
  otherwise?: string[];
  /** One pattern for each blind spot. */
  blind?: RegExp[];
  otherwiseBlind?: RegExp[];
  /** What to show behind a chain: `[…]`. */
  notes?: "serving" | "timeout" | "via" | "notes";
  settings?: Partial<RoutingSettings>;
}

const classed = { ingressClassName: "apisix" };

export const cases: Case[] = [
  {
    name: "ApisixRoute: an HTTP backend",
    given: [
      apisixRoute("shop/web", { ...classed, ...http(backend("web:80")) }),
      ...app("shop/web"),
      ...app("shop/other"),
    ],
    routed: ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"],
  },
  {
    name: "ApisixRoute: a stream backend",
    given: [
      apisixRoute("shop/tcp", { ...classed, stream: [{ backend: backend("db:5432") }] }),
      ...app("shop/db", { ports: [{ port: 5432 }] }),
    ],
    routed: ["ApisixRoute shop/tcp › Service shop/db:5432 › Deployment shop/db"],
  },
  {
    name: "ApisixRoute: all backends of all rules",
    given: [
      apisixRoute("shop/web", {
        ...classed,
        http: [{ backends: [backend("a:80"), backend("b:80")] }, { backends: [backend("c:80")] }],
      }),
      ...["a", "b", "c", "d"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: ["a", "b", "c"].map((name) => `ApisixRoute shop/web › Service shop/${name}:80 › Deployment shop/${name}`),
  },
  {
    name: "ApisixRoute: a Service of that name in another namespace is another one",
    given: [apisixRoute("shop/web", { ...classed, ...http(backend("web:80")) }), ...app("other/web")],
    blind: [/^Service shop\/web is not in this stack.*\nApisixRoute shop\/web › Service shop\/web:80\nHelp: /],
  },
  {
    name: "Ingress: class by name",
    given: [ingress("shop/web", "apisix", [path("web:80")]), ...app("shop/web")],
    routed: ["Ingress shop/web › Service shop/web:80 › Deployment shop/web"],
  },
  {
    name: "Ingress: class by the controller of its IngressClass",
    given: [
      ingressClass("public", "apisix.apache.org/apisix-ingress-controller"),
      ingress("shop/web", "public", [path("web:80")]),
      ...app("shop/web"),
    ],
    routed: ["Ingress shop/web › Service shop/web:80 › Deployment shop/web"],
  },
  {
    name: "Ingress: of nginx",
    given: [
      ingressClass("nginx", "k8s.io/ingress-nginx"),
      ingress("shop/web", "nginx", [path("web:80")]),
      ingress("shop/other", "traefik", [path("web:80")]),
      ...app("shop/web"),
    ],
  },
  {
    name: "Service: without a selector",
    given: [
      apisixRoute("shop/web", { ...classed, ...http(backend("web:80")) }),
      service("shop/web"),
      deployment("shop/web", {}),
    ],
    blind: [/^Service shop\/web has no selector/],
  },
  {
    name: "Service: selects by all of its labels, and by those of the Pod template",
    given: [
      apisixRoute("shop/web", { ...classed, ...http(backend("web:80")) }),
      service("shop/web", { app: "web", tier: "front" }),
      deployment("shop/web", { app: "web", tier: "front", version: "1" }),
      deployment("shop/half", { app: "web" }),
      deployment("shop/else", { app: "web", tier: "back" }),
    ],
    routed: ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"],
  },
];
