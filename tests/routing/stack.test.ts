/** What a stack adds to single objects: providers, default namespaces, patches, lists, sheer number. */
import assert from "node:assert/strict";
import { fromManifest, fromPulumi, type Resource } from "../../src/kubernetes/resource";
import { printChain, resolveRoutes } from "../../src/routing";
import {
  apisixRoute,
  app,
  backend,
  deployment,
  http,
  ingress,
  ingressClass,
  object,
  path,
  service,
  settings,
  withUnknown,
} from "./resources";

const chainsOf = (resources: readonly Resource[]) =>
  resolveRoutes(resources, settings).workloads.flatMap(({ chains }) => chains.map(printChain));
const spotsOf = (resources: readonly Resource[]) =>
  resolveRoutes(resources, settings).blindSpots.map(({ code, data }) => [code, data]);
const classed = { ingressClassName: "apisix" };
const toWeb = (name = "shop/web") => apisixRoute(name, { ...classed, ...http(backend("web")) });
const web = "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web";

/** The same objects, but somewhere else. */
function at(where: Partial<Resource>, ...resources: Resource[]): Resource[] {
  return resources.map((resource) => ({ ...resource, id: `${where.cluster ?? ""} ${resource.id}`, ...where }));
}
const patch = (resource: Resource): Resource => ({ ...resource, isPatch: true });

describe("clusters", () => {
  it("never mix", () => {
    const [route, web, pods] = [toWeb(), ...app("shop/web")] as [Resource, Resource, Resource];
    const apart = [...at({ cluster: "a" }, route), ...at({ cluster: "b" }, web, pods)];
    assert.deepEqual(chainsOf(apart), []);
    assert.deepEqual(spotsOf(apart), [["service-not-in-stack", { service: "Service shop/web" }]]);
    assert.deepEqual(chainsOf([...at({ cluster: "a" }, route, web), ...at({ cluster: "b" }, pods)]), []);
  });

  it("are each resolved for themselves", () => {
    const both = ["a", "b"].flatMap((cluster) => at({ cluster }, toWeb(), ...app("shop/web")));
    const { workloads } = resolveRoutes(both, settings);
    assert.equal(workloads.length, 2);
    for (const { workload, chains } of workloads) {
      assert.equal(chains.length, 1);
      for (const step of chains[0]?.steps ?? []) assert.ok(step.id?.startsWith(workload.resource.cluster));
    }
  });

  it("have their own classes", () => {
    const controller = "apisix.apache.org/apisix-ingress-controller";
    const mine = ingressClass("mine", controller);
    const route = ingress("shop/web", "mine", [path("web")], {
      metadata: { annotations: { "k8s.apisix.apache.org/use-regex": "true" } },
    });
    const [here, there] = ["a", "b"].map((cluster) => at({ cluster }, route, ...app("shop/web")));
    const routes = resolveRoutes([...at({ cluster: "a" }, mine), ...(here ?? []), ...(there ?? [])], settings);
    assert.deepEqual(
      routes.workloads.map(({ workload }) => workload.resource.cluster),
      ["a"],
    );
    const [spot] = routes.blindSpots;
    assert.deepEqual([spot?.code, spot?.data], ["class-not-in-stack", { class: "mine" }]);
  });
});

describe("namespaces", () => {
  it("that are missing are the provider's, on all sides", () => {
    const resources = [toWeb("web"), ...app("web")];
    assert.deepEqual(chainsOf(resources), [
      "ApisixRoute default/web › Service default/web:80 › Deployment default/web",
    ]);
    assert.deepEqual(chainsOf(at({ defaultNamespace: "team" }, ...resources)), [
      "ApisixRoute team/web › Service team/web:80 › Deployment team/web",
    ]);
    const mixed = [...at({ defaultNamespace: "shop" }, toWeb("web")), ...app("shop/web")];
    assert.deepEqual(chainsOf(mixed), [web]);
    assert.deepEqual(chainsOf([...at({ defaultNamespace: "other" }, toWeb("web")), ...app("shop/web")]), []);
  });

  it("of a provider whose namespace isn't known are one and the same", () => {
    const provider = { urn: "urn:provider", props: withUnknown({ kubeconfig: "" }, "namespace") };
    const made = [toWeb("web"), ...app("web")].map((resource) =>
      fromPulumi({
        type: `kubernetes:${resource.group || "core"}/${resource.version}:${resource.kind}`,
        urn: `urn:${resource.kind}`,
        name: "web",
        props: resource.body,
        provider,
      }),
    );
    assert.deepEqual(chainsOf(made.filter((each) => each !== undefined)), [
      "ApisixRoute web › Service web:80 › Deployment web",
    ]);
  });
});

describe("patches", () => {
  it("of a workload outside the stack are routed by the labels that they set", () => {
    const resources = [toWeb(), service("shop/web", { app: "web" })];
    assert.deepEqual(chainsOf([...resources, patch(deployment("shop/web", { app: "web", v: "1" }))]), [
      "ApisixRoute shop/web › Service shop/web:80 › DeploymentPatch shop/web",
    ]);
  });

  it("that don't set the labels can't be told", () => {
    const resources = [toWeb(), service("shop/web", { app: "web" }), patch(deployment("shop/web", { v: "1" }))];
    assert.deepEqual(chainsOf(resources), []);
    const field = "spec.template.metadata.labels";
    assert.deepEqual(spotsOf(resources), [
      ["pod-labels-unknown", { service: "Service shop/web", workload: "DeploymentPatch shop/web", field, more: 0 }],
    ]);
  });

  it("have the labels of what they patch, too", () => {
    const resources = [toWeb(), ...app("shop/web"), patch(deployment("shop/web", { v: "1" }))];
    assert.deepEqual(chainsOf(resources).sort(), [web, web.replace("› Deployment ", "› DeploymentPatch ")]);
  });

  it("of a Service that leave its selector alone change nothing", () => {
    const change = patch(object("v1", "Service", "shop/web", { spec: { type: "LoadBalancer" } }));
    assert.deepEqual(chainsOf([toWeb(), ...app("shop/web"), change]), [web]);
    assert.deepEqual(spotsOf([toWeb(), change]), [
      ["value-unknown", { field: "spec.selector", resource: "ServicePatch shop/web" }],
    ]);
  });

  it("of a route hold what they set", () => {
    assert.deepEqual(chainsOf([patch(toWeb()), ...app("shop/web")]), [web.replace("ApisixRoute", "ApisixRoutePatch")]);
  });
});

describe("lists", () => {
  it("are their items", () => {
    const items = [toWeb(), ...app("shop/web")].map(({ body }) => body);
    const list = fromManifest({ apiVersion: "v1", kind: "List", items }, "list.yaml#0") as Resource;
    const { workloads } = resolveRoutes([list], settings);
    assert.deepEqual(workloads[0]?.chains.map(printChain), [web]);
    assert.equal(workloads[0]?.workload.resource.id, "list.yaml#0#items[2]");
  });
});

describe("numbers", () => {
  it("a thousand routes to one Service are a thousand chains, and one blind spot", () => {
    const routes = Array.from({ length: 1000 }, (_, i) => toWeb(`shop/route-${i}`));
    assert.equal(chainsOf([...routes, ...app("shop/web")]).length, 1000);
    const { blindSpots } = resolveRoutes(routes, settings);
    assert.equal(blindSpots.length, 1);
    assert.deepEqual(blindSpots[0]?.evidence, ["ApisixRoute shop/route-0 › Service shop/web:80 (and 999 more)"]);
  });

  it("a thousand objects of one name don't multiply", function () {
    this.timeout(20_000);
    const many = Array.from({ length: 300 }, () => [toWeb(), ...app("shop/web")]).flat();
    const { workloads } = resolveRoutes(many, settings);
    assert.equal(workloads.length, 300);
  });

  it("unknown values of many routes are one blind spot", () => {
    const routes = Array.from({ length: 50 }, (_, i) =>
      apisixRoute(`shop/route-${i}`, {
        ...classed,
        http: [{ backends: [withUnknown({ servicePort: 80 }, "serviceName")] }],
      }),
    );
    const { blindSpots } = resolveRoutes(routes, settings);
    assert.equal(blindSpots.length, 1);
    assert.deepEqual(blindSpots[0]?.data, {
      field: "spec.http[0].backends[0].serviceName",
      resource: "ApisixRoute shop/route-0",
    });
    assert.deepEqual(blindSpots[0]?.evidence, ["ApisixRoute shop/route-0 (and 49 more)"]);
  });
});

describe("routed Services", () => {
  it("come with the ways that lead to them, and their publishNotReadyAddresses for the policy to find", () => {
    const { services } = resolveRoutes([toWeb(), ...app("shop/web", { publishNotReadyAddresses: true })], settings);
    assert.equal(services.length, 1);
    assert.deepEqual(services[0]?.chains.map(printChain), ["ApisixRoute shop/web › Service shop/web:80"]);
    assert.equal(services[0]?.service.kind, "Service");
  });
});

describe("blind spots", () => {
  it("never hold what is in a field of annotations, hosts or plugin configurations", () => {
    const secret = "s3cr3t";
    const routes = resolveRoutes(
      [
        apisixRoute("shop/web", {
          ...classed,
          http: [
            {
              backends: [backend("web")],
              plugins: [
                { name: "forward-auth", enable: true, config: { uri: `http://user:${secret}@a.b.svc.corp/${secret}` } },
                { name: "opa", enable: true, config: { host: `http://${secret}` }, secretRef: secret },
                {
                  name: "traffic-split",
                  enable: true,
                  config: { rules: [{ weighted_upstreams: [{ upstream_id: secret }] }] },
                },
              ],
            },
          ],
        }),
        object("v1", "ConfigMap", "apisix/apisix", { data: { "apisix.yaml": `routes: [${secret}\n#END` } }),
      ],
      settings,
    );
    assert.ok(routes.blindSpots.length >= 3);
    for (const { code, data, evidence } of routes.blindSpots) {
      assert.ok(!JSON.stringify([data, evidence]).includes(secret), code);
    }
  });
});
