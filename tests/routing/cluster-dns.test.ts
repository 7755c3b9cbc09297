import assert from "node:assert/strict";
import { defaultPort, parseClusterName, parseHost } from "../../src/routing/follow/cluster-dns";
import { parseDuration } from "../../src/kubernetes/duration";
import { requestTimeout } from "../../src/routing/apisix/duration";
import { hostnamesMeet } from "../../src/routing/gateway/listeners";

describe("parseClusterName", () => {
  const service = (name: string, namespace?: string) => ({ kind: "service", namespace, name });
  const maybe = (name: string, namespace?: string) => ({ kind: "maybe", namespace, name });
  const cases: [host: string, expected: object][] = [
    ["web", maybe("web")],
    ["web.shop", maybe("web", "shop")],
    ["web.shop.svc", service("web", "shop")],
    ["web.shop.svc.cluster.local", service("web", "shop")],
    ["web.shop.svc.cluster.local.", service("web", "shop")],
    ["WEB.Shop.SVC.Cluster.Local", service("web", "shop")],
    ["web-0.web.shop.svc.cluster.local", service("web", "shop")],
    ["_http._tcp.web.shop.svc.cluster.local", service("web", "shop")],
    ["web.shop.svc.corp.example", { kind: "other domain" }],
    ["www.example.com", { kind: "outside" }],
    ["a.b.c.shop.svc.cluster.local", { kind: "outside" }],
    ["localhost", { kind: "outside" }],
    ["", { kind: "outside" }],
    [".", { kind: "outside" }],
    ["web..svc", { kind: "outside" }],
    ["*.shop.svc", { kind: "outside" }],
    ["svc", maybe("svc")],
  ];
  for (const [host, expected] of cases) {
    it(JSON.stringify(host), () => assert.deepEqual(parseClusterName(host, "cluster.local"), expected));
  }
  it("takes another cluster domain", () => {
    assert.deepEqual(parseClusterName("web.shop.svc.corp.example", "corp.example"), service("web", "shop"));
    assert.deepEqual(parseClusterName("web.shop.svc.cluster.local", ".Corp.Example."), { kind: "other domain" });
  });
});

describe("parseHost", () => {
  const cases: [text: string, expected: object | undefined][] = [
    ["web.shop", { host: "web.shop", port: undefined }],
    ["web.shop:8080", { host: "web.shop", port: 8080 }],
    ["http://web.shop", { host: "web.shop", port: 80 }],
    ["https://web.shop/path?query", { host: "web.shop", port: 443 }],
    ["grpcs://web.shop:9090", { host: "web.shop", port: 9090 }],
    ["http://user:word@web.shop/", { host: "web.shop", port: 80 }],
    ["http://10.0.0.1:80", { host: "10.0.0.1", port: 80 }],
    ["unknown://web.shop", { host: "web.shop", port: undefined }],
    ["http://", undefined],
    ["", undefined],
    ["not a host", undefined],
    ["http://[::1]:80", undefined],
    ["unix:/run/x.sock", undefined],
  ];
  for (const [text, expected] of cases) it(JSON.stringify(text), () => assert.deepEqual(parseHost(text), expected));
});

describe("parseDuration", () => {
  const cases: [text: string, seconds: number | undefined][] = [
    ["60s", 60],
    ["1m30s", 90],
    ["1.5h", 5400],
    ["250ms", 0.25],
    ["60", undefined],
    ["", undefined],
    ["-1s", undefined],
    ["1d", undefined],
  ];
  for (const [text, seconds] of cases) it(JSON.stringify(text), () => assert.equal(parseDuration(text), seconds));
  it("takes the longer of sending and reading, and leaves connecting out", () => {
    assert.equal(requestTimeout({ timeout: { connect: "9m", send: "5s", read: "1m" } }), 60);
    assert.equal(requestTimeout({ timeout: { connect: "9m" } }), undefined);
    assert.equal(requestTimeout({ timeout: "60s" }), undefined);
    assert.equal(requestTimeout(undefined), undefined);
  });
});

describe("defaultPort", () => {
  const ports = { http: 80, HTTPS: 443, grpc: 80, grpcs: 443, ldap: 389, ldaps: 636, kafka: undefined };
  for (const [scheme, port] of Object.entries(ports)) it(scheme, () => assert.equal(defaultPort(scheme), port));
  it("of no scheme is that of http", () => assert.equal(defaultPort(undefined), 80));
});

describe("hostnamesMeet", () => {
  const cases: [a: string, b: string, boolean][] = [
    ["a.example", "a.example", true],
    ["A.example", "a.EXAMPLE", true],
    ["a.example", "b.example", false],
    ["*.example", "a.example", true],
    ["*.example", "a.b.example", true],
    ["*.example", "example", false],
    ["*.example", "*.a.example", true],
    ["*.a.example", "*.b.example", false],
  ];
  for (const [a, b, expected] of cases) {
    it(`${a} and ${b}`, () => {
      assert.equal(hostnamesMeet(a, b), expected);
      assert.equal(hostnamesMeet(b, a), expected);
    });
  }
});
