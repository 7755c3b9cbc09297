import assert from "node:assert/strict";
import {
  blindSpotMessages,
  blindSpotLines,
  fixOf,
  isAdvice,
  noteText,
  whatOf,
} from "../../src/assess/blind-spot-messages";
import { blindSpotCodes, type BlindSpotCode, type BlindSpotData, type Note, type Problem } from "../../src/routing";
import { deployment } from "../routing/resources";
import { isGoodProse } from "./prose";
import { refusals } from "./refusals";

/** Two sets of data for a code where its words depend on them. */
const data: { [C in BlindSpotCode]: BlindSpotData[C][] } = {
  "class-not-in-stack": [{ class: "edge" }],
  "class-missing": [{ resource: "ApisixRoute shop/web" }],
  "ingress-class-missing": [{ ingress: "Ingress shop/web" }],
  "ingress-class-named-twice": [{ ingress: "Ingress shop/web", annotation: "nginx", field: "apisix" }],
  "class-of-unlisted-controller": [{ class: "IngressClass edge", resource: "ApisixRoute shop/web" }],
  "gateway-class-not-in-stack": [{ class: "edge" }],
  "gateway-not-in-stack": [{ gateway: "infra/edge" }, { gateway: "edge" }],
  "listener-namespaces-unknown": [{ gateway: "Gateway infra/edge", namespace: "shop" }, { gateway: "Gateway edge" }],
  "reference-grant-not-in-stack": [{ route: "HTTPRoute shop/web" }],
  "gateway-proxy-unused": [{ proxy: "GatewayProxy infra/proxy" }],
  "gateway-proxy-not-in-stack": [{ proxy: "infra/apisix", by: "Gateway edge/public" }],
  "value-unknown": [{ field: "spec.selector", resource: "Service shop/web" }],
  "service-not-in-stack": [{ service: "Service shop/web" }, { service: "Service shop/redis-master", release: "redis" }],
  "service-without-selector": [{ service: "Service shop/web" }],
  "endpoints-written-by-hand": [{ service: "Service shop/web" }],
  "service-selects-nothing": [{ service: "Service shop/web" }],
  "pod-labels-unknown": [
    { service: "Service shop/web", workload: "Deployment shop/web", field: "spec.template.metadata.labels", more: 0 },
    { service: "Service shop/web", workload: "Pod shop/web", field: "metadata.labels", more: 2 },
  ],
  "apisix-upstream-not-in-stack": [{ upstream: "ApisixUpstream shop/web" }],
  "subset-not-in-stack": [
    { upstream: "ApisixUpstream shop/web", field: "spec.http[0].backends[0].subset", route: "ApisixRoute shop/web" },
  ],
  "plugin-config-not-in-stack": [{ config: "ApisixPluginConfig shop/auth" }],
  "host-without-namespace": [{ field: "spec.externalNodes[0].name", resource: "ApisixUpstream shop/web" }],
  "other-cluster-domain": [{ field: "spec.externalNodes[0].name", resource: "ApisixUpstream shop/web" }],
  "discovery-name-not-followed": [{ field: "spec.discovery.serviceName", resource: "ApisixUpstream shop/web" }],
  "discovery-not-followed": [{ field: "spec.discovery.serviceName", resource: "ApisixUpstream shop/web" }],
  "upstream-in-secret": [{ field: "spec.http[0].plugins[0].secretRef", resource: "ApisixRoute shop/web" }],
  "upstream-id-not-followed": [{ field: "spec.http[0].plugins[0].config", resource: "ApisixRoute shop/web" }],
  "plugin-not-followed": [
    {
      plugin: "geo",
      field: "spec.http[0].plugins[0].config.url",
      resource: "ApisixRoute shop/web",
      service: "Service shop/geo",
    },
  ],
  "apisix-config-unreadable": [{ key: "apisix.yaml", configMap: "ConfigMap apisix/apisix" }],
  "default-backend-not-read": [{ ingress: "Ingress shop/web" }],
  "backend-resource-not-read": [{ field: "spec.rules[0].http.paths[0].backend.resource", ingress: "Ingress shop/web" }],
  "target-port-missing": [
    { service: "Service shop/web", port: 80, targetPort: "http", workload: "Deployment shop/web", more: 0 },
    { service: "Service shop/web", port: "main", targetPort: "http", workload: "Deployment shop/web", more: 2 },
  ],
  "workload-kind-unknown": [
    { workload: "DeploymentConfig shop/web", apiVersion: "apps.openshift.io/v1", kind: "DeploymentConfig" },
  ],
  "job-behind-service": [{ job: "Job shop/migrate", service: "Service shop/web" }],
  "service-name-with-dot": ["ApisixRoute", "ApisixUpstream", "Ingress", "HTTPRoute"].map((kind) => ({
    ...{ service: "web.shop.svc", field: "spec.http[0].backends[0].serviceName", resource: `${kind} shop/web`, kind },
  })),
  "service-port-missing": [
    { service: "Service shop/web", port: 9, lost: "requests" },
    { service: "Service shop/web", port: "http", lost: "backend" },
    { service: "Service shop/web", port: 9, lost: "route-on-1" },
  ],
  "weight-zero": [{ service: "Service shop/web" }],
  "split-takes-all": [
    { service: "Service shop/web", field: "spec.http[0].plugins[0].config", resource: "ApisixRoute shop/web" },
  ],
  "headless-service-as-host": [{ service: "Service shop/web" }],
  "external-node-of-wrong-type": [{ service: "Service shop/web" }],
  "apisix-upstream-refused": [{ upstream: "ApisixUpstream shop/web", field: "spec.retries" }],
  "apisix-upstream-empty": [{ upstream: "ApisixUpstream shop/web" }],
  "external-name-without-cluster-ip": [{ service: "Service shop/web" }],
};

function problemsOf<C extends BlindSpotCode>(code: C): Problem<C>[] {
  return data[code].map((each) => ({ code, data: each }));
}
const problems = blindSpotCodes.flatMap<Problem>((code) => problemsOf(code));

const notes: Note[] = [
  ...refusals.map((because): Note => ({ code: "controller-line", line: "2", because })),
  ...problems.map((because): Note => ({ code: "controller-line-unclear", line: "1", because })),
  { code: "keep-alive-connections" },
  { code: "dns-ttl" },
  { code: "asked-by-plugin", plugin: "opa" },
  { code: "fed-by-plugin", plugin: "http-logger" },
  { code: "mirror" },
];

describe("the words for blind spots", () => {
  it("are there for each code, and for no other", () => {
    assert.deepEqual(Object.keys(blindSpotMessages).sort(), [...blindSpotCodes].sort());
    assert.equal(new Set(blindSpotCodes).size, blindSpotCodes.length);
    for (const code of blindSpotCodes) assert.match(code, /^[a-z]+(-[a-z]+)+$/);
  });

  for (const code of blindSpotCodes) {
    it(code, () => {
      for (const problem of problemsOf<BlindSpotCode>(code)) {
        isGoodProse(whatOf(problem));
        isGoodProse(fixOf(problem));
        assert.match(fixOf(problem), /^[a-z]+ /, "an imperative without a label");
        // Data that is in no sentence is dead, or a name that the reader misses.
        const text = `${whatOf(problem)} ${fixOf(problem)}`;
        for (const [key, value] of Object.entries(problem.data)) {
          if (key !== "lost" && value !== 0) assert.ok(text.includes(String(value)), `${key} in: ${text}`);
        }
      }
      isGoodProse(blindSpotMessages[code].why);
    });
  }

  it("depend on the data", () => {
    const words = problems.map((problem) => [problem.data, `${whatOf(problem)} ${fixOf(problem)}`] as const);
    const of = (wanted: object) =>
      words.find(([each]) =>
        Object.entries(wanted).every(([key, value]) => each[key as keyof typeof each] === value),
      )?.[1];
    assert.match(of({ gateway: "infra/edge" }) ?? "", /add "infra\/edge" to gateways/);
    assert.match(of({ gateway: "edge" }) ?? "", /add "<its namespace>\/edge" to gateways/);
    assert.match(
      of({ gateway: "Gateway infra/edge" }) ?? "",
      /from namespace shop: .* manage Namespace shop and its labels/,
    );
    assert.match(
      of({ gateway: "Gateway edge" }) ?? "",
      /from this route's namespace: .* manage the Namespace and its labels/,
    );
    assert.match(of({ more: 0 }) ?? "", /selects Deployment shop\/web: spec\./);
    assert.match(of({ more: 2 }) ?? "", /selects Pod shop\/web and 2 more: metadata/);
    assert.match(of({ lost: "requests" }) ?? "", /\b9\b[^"]/);
    assert.match(of({ port: "http" }) ?? "", /"http"/);
  });

  it("tell advice on routes from what is hidden from the pack", () => {
    const advice = problems.filter(isAdvice).map(({ code }) => code);
    assert.deepEqual([...new Set(advice)].sort(), [
      "apisix-upstream-empty",
      "apisix-upstream-refused",
      "backend-resource-not-read",
      "default-backend-not-read",
      "external-name-without-cluster-ip",
      "external-node-of-wrong-type",
      "headless-service-as-host",
      "ingress-class-named-twice",
      "job-behind-service",
      "service-name-with-dot",
      "service-port-missing",
      "split-takes-all",
      "target-port-missing",
      "weight-zero",
    ]);
  });

  it("are lines: what, the way, and what to do", () => {
    const lines = blindSpotLines({
      code: "class-not-in-stack",
      data: { class: "edge" },
      resource: deployment("shop/web", {}),
      evidence: ["ApisixRoute shop/web (and 1 more)"],
    });
    assert.deepEqual(lines, [
      "IngressClass edge is neither in this stack nor in the setting ingressClasses, so the pack can't tell whether it is APISIX's.",
      "ApisixRoute shop/web (and 1 more)",
      'Fix: add "edge" to ingressClasses if it is APISIX\'s.',
    ]);
  });
});

describe("the words for notes", () => {
  it("are whole sentences", () => {
    for (const note of notes) isGoodProse(noteText(note));
  });

  it("name the line that takes the way, and why the other one doesn't", () => {
    const because = { code: "no-listener" } as const;
    assert.deepEqual(
      (["1", "2"] as const).map((line) => noteText({ code: "controller-line", line, because })),
      [
        "Only APISIX ingress controller 1.x takes this path: for 2.x, no listener of its Gateways accepts it.",
        "Only APISIX ingress controller 2.x takes this path: for 1.x, no listener of its Gateways accepts it.",
      ],
    );
  });
});
