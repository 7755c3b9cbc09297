import type { Refusal, RefusalCode, RefusalData } from "../../src/routing";

/** One reason of each code. */
const data: { [C in RefusalCode]: RefusalData[C] } = {
  "class-of-other-controller": { class: "IngressClass edge", field: "spec.ingressClassName" },
  "class-of-other-line": { class: "IngressClass apisix", controller: "apisix.apache.org/apisix-ingress", of: "1" },
  "class-not-known": {},
  "no-class": {},
  "class-without-gateway-proxy": { class: "IngressClass apisix" },
  "gateway-without-gateway-proxy": { gateway: "Gateway edge/public" },
  "gateway-proxy-incomplete": { proxy: "GatewayProxy infra/apisix", field: "spec.provider" },
  "version-not-served": { version: "v1" },
  "service-named-twice": { field: "spec.http[0]" },
  "rule-name-twice": { field: "spec.http[1].name" },
  "no-rules": {},
  "expression-invalid": { field: "spec.http[0].match.exprs[0]" },
  "remote-address-invalid": { field: "spec.http[0].match.remoteAddrs[1]" },
  "duration-unreadable": { field: "spec.http[0].timeout.read" },
  "plugin-config-unreadable": { field: "spec.http[0].plugins[0].config", resource: "ApisixRoute shop/web" },
  "plugin-config-of-other-class": { config: "ApisixPluginConfig shop/auth" },
  "split-replaces-plugin": {},
  "plugin-replaces-split": {},
  "service-port-missing": { service: "Service shop/web", port: 9999 },
  "service-name-with-dot": { service: "web.shop.svc", kind: "Ingress" },
  "external-node-of-wrong-type": { service: "Service shop/web" },
  "apisix-upstream-refused": { upstream: "ApisixUpstream shop/web", field: "spec.retries" },
  "apisix-upstream-empty": { upstream: "ApisixUpstream shop/web" },
  "external-name-without-cluster-ip": { service: "Service shop/web" },
  "external-name-not-read": {},
  "gateway-proxy-not-read": {},
  "plugin-config-not-read": {},
  "plugin-takes-all": {},
  "discovery-differs": { upstream: "ApisixUpstream shop/web" },
  "consumer-plugins-not-read": {},
  "grpc-route-not-read": {},
  "no-gateway-named": {},
  "other-parent": {},
  "no-listener": {},
  "tls-modes-differ": { gateway: "Gateway edge/public", port: "443" },
  "hostnames-missing": {},
  "first-backend-only": {},
  "tls-secret-not-named": { field: "spec.tls[0].secretName" },
  "reference-grant-not-in-stack": {},
};

function refusalOf<C extends RefusalCode>(code: C): Refusal {
  return { code, ...data[code] } as unknown as Refusal;
}

export const refusals: readonly Refusal[] = (Object.keys(data) as RefusalCode[]).map((code) => refusalOf(code));
