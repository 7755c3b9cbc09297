import assert from "node:assert/strict";
import type { Resource } from "../../src/kubernetes/resource";
import { unknown, type Maybe } from "../../src/kubernetes/values";
import { readWorkload } from "../../src/kubernetes/workload";
import { ResourceIndex, selectsWorkload, servicePorts, workloadsOf } from "../../src/routing";
import { deployment, service } from "./resources";

describe("selectsWorkload", () => {
  const workload = (name: string, labels: unknown) => {
    const read = readWorkload(deployment(name, labels));
    assert.ok(read);
    return read;
  };
  const selector = new Map([["app", "web"]]);
  const cases: [name: string, namespace: Maybe<string>, labels: unknown, workload: string, Maybe<boolean>][] = [
    ["namespace and labels fit", "shop", { app: "web", v: "1" }, "shop/web", true],
    ["another namespace", "other", { app: "web" }, "shop/web", false],
    ["other labels", "shop", { app: "api" }, "shop/web", false],
    ["an unknown namespace", unknown, { app: "web" }, "shop/web", unknown],
    ["an unknown namespace, and other labels", unknown, { app: "api" }, "shop/web", false],
    ["labels of a wrong type", "shop", "x", "shop/web", unknown],
  ];
  for (const [name, namespace, labels, of, expected] of cases) {
    it(name, () => assert.equal(selectsWorkload({ namespace, selector }, workload(of, labels)), expected));
  }
});

describe("workloadsOf", () => {
  const workloads = (from: Resource, ...others: Resource[]) =>
    workloadsOf(new ResourceIndex([from, ...others]), from).workloads.map(({ resource }) => resource);

  it("finds the workloads of a Service", () => {
    const [one, two] = [deployment("shop/a", { app: "web" }), deployment("shop/b", { app: "web", v: "2" })];
    const web = service("shop/web", { app: "web" });
    assert.deepEqual(workloads(web, one, two, deployment("shop/c", { app: "c" }), deployment("x/a", { app: "web" })), [
      one,
      two,
    ]);
  });

  it("says why it finds none", () => {
    const why = (from: Resource, ...others: Resource[]) =>
      workloadsOf(new ResourceIndex([from, ...others]), from).nothing;
    assert.equal(why(service("shop/web")), "no selector");
    assert.equal(why(service("shop/web", { app: "web" })), "no match");
    assert.equal(why(service("shop/web", "x")), "unknown selector");
    assert.equal(why(service("shop/web", { app: 1 })), "unknown selector");
    // The API takes a null for an empty text, or for none: whoever else it would select isn't blamed.
    assert.equal(
      why(service("shop/web", { app: null, v: "2" }), deployment("shop/web", { v: "2" })),
      "unknown selector",
    );
    assert.equal(why(service("shop/web", { app: "web" }), deployment("shop/web", { app: 1 })), "unknown labels");
  });
});

describe("servicePorts", () => {
  it("reads numbers, names and targets", () => {
    const ports = [
      { port: 80 },
      { name: "admin", port: "81", targetPort: "8081" },
      { port: 82, targetPort: "web", protocol: "UDP" },
    ];
    assert.deepEqual(servicePorts(service("shop/web", {}, { ports })), [
      { name: undefined, number: 80, target: 80, protocol: "TCP", appProtocol: undefined, index: 0 },
      { name: "admin", number: 81, target: 8081, protocol: "TCP", appProtocol: undefined, index: 1 },
      { name: undefined, number: 82, target: "web", protocol: "UDP", appProtocol: undefined, index: 2 },
    ]);
    assert.deepEqual(servicePorts(service("shop/web", {}, { ports: undefined })), []);
    assert.equal(servicePorts(service("shop/web", {}, { ports: "x" })), unknown);
  });
});
