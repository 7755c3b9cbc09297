import assert from "node:assert/strict";
import { messageOf, type Finding } from "../../../src/assess";
import type { Settings } from "../../../src/settings/schema";
import { judged } from "../../support/findings";
import { UNKNOWN, type TestResource } from "../../support/host";
import { apisixRoute, deployment, hook, nativeSleep, served, service } from "../../support/resources";

/** An ApisixRoute to `web` whose one rule has these fields. */
function route(rule: object, name = "web"): TestResource {
  const base = apisixRoute(name, "web");
  const spec = base.props.spec as { http: [object] };
  return { ...base, props: { ...base.props, spec: { ...spec, http: [{ ...spec.http[0], ...rule }] } } };
}

const ws = route({ websocket: true });
const grpc: TestResource = {
  type: "kubernetes:apisix.apache.org/v2:ApisixUpstream",
  name: "web",
  props: {
    apiVersion: "apisix.apache.org/v2",
    kind: "ApisixUpstream",
    metadata: { name: "web", namespace: "shop" },
    spec: { scheme: "grpc" },
  },
};
const fine = nativeSleep(5);

function found(resources: TestResource[], settings: Settings = {}): Extract<Finding, { code: "connections-cut" }>[] {
  return judged(resources, settings).findings.filter((each) => each.code === "connections-cut");
}

const web = (container: Record<string, unknown> = fine, pod: Record<string, unknown> = {}) => [
  deployment("web", container, { pod }),
  service("web"),
];
const sidecar = { name: "proxy", image: "proxy:1", ...nativeSleep(55) };

/** When connections are cut at the latest, in seconds; nothing where that isn't known. */
const cases: [what: string, resources: TestResource[], seconds: (number | undefined)[]][] = [
  ["a Pod with the default grace period", [...web(), ws], [30]],
  ["with a longer one", [...web(fine, { terminationGracePeriodSeconds: 90 }), ws], [90]],
  ["without a hook", [...web({}), ws], [30]],
  ["whose hook takes all of it", [...web(hook("sleep", "60")), ws], [32]],
  ["whose hook is of unknown length", [...web(hook("/drain")), ws], [32]],
  ["a grace period that isn't known", [...web(fine, { terminationGracePeriodSeconds: UNKNOWN }), ws], [undefined]],
  ["containers that aren't known", [...web({}, { containers: UNKNOWN }), ws], [undefined]],
  [
    "the container that serves counts",
    [...web({}, { containers: [{ ...served, name: "web", image: "web:1", ...fine }, sidecar] }), ws],
    [30],
  ],
  ["a plain route", [...web(), route({})], []],
  ["two routes make one finding", [...web(), ws, route({ websocket: true }, "other")], [30]],
  [
    "another workload's route",
    [...web(), route({}), deployment("api", fine), service("api"), { ...ws, name: "api" }],
    [30],
  ],
  ["a mirror is nobody's connection", [...web(), mirror()], []],
];

function mirror(): TestResource {
  const config = { host: "http://web.shop.svc" };
  return route({ backends: [], websocket: true, plugins: [{ name: "proxy-mirror", enable: true, config }] });
}

describe("connections-cut", () => {
  for (const [what, resources, seconds] of cases) {
    it(what, () => assert.deepEqual(found(resources).map(({ data }) => data.seconds), seconds)); // prettier-ignore
  }

  it("is a sentence with the route's mark, the seconds and what helps", () => {
    const [first] = found([...web(), ws]);
    assert.ok(first);
    assert.deepEqual(messageOf(first).split("\n").slice(0, 3), [
      "WebSocket connections to Deployment shop/web stay on a Pod that terminates: unless the app closes them, they are cut when it ends, after at most 30 s. ApisixRoute shop/web has spec.http[0].websocket: true.",
      "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
      "Fix: make the app close its connections on SIGTERM, so that clients connect to another Pod; or raise terminationGracePeriodSeconds to the time that a connection may last.",
    ]);
  });

  it("advises no grace period above the ceiling", () => {
    const [first] = found([...web(), ws], { maxGracePeriodSeconds: 30 });
    assert.doesNotMatch(first ? messageOf(first) : "raise", /raise/);
  });

  it("names the most telling kind", () => {
    const [first] = found([...web(), route({}, "a"), route({ websocket: true }, "b"), grpc]);
    assert.equal(first?.data.mark.resource, "ApisixRoute shop/b");
  });

  const codes = (resources: TestResource[]) =>
    judged(resources).findings.flatMap(({ policy, code }) => (policy === "apisix-rollout-advice" ? [code] : []));
  const slow = { timeout: { read: "90s" } };

  it("says a gRPC call's timeout once", () => {
    assert.deepEqual(codes([...web(), route(slow), grpc]), ["timeout-exceeds-grace"]);
    assert.deepEqual(codes([...web(), route({}), grpc]), ["connections-cut"]);
  });

  it("says both of a WebSocket, whose timeout is another matter", () => {
    const both = ["connections-cut", "timeout-exceeds-grace"];
    assert.deepEqual(codes([...web(), route({ ...slow, websocket: true })]).sort(), both);
  });

  it("can be excused", () => {
    const annotations = { "ignore.apisix-graceful-termination/apisix-rollout-advice": "clients reconnect" };
    const { printed } = judged([deployment("web", fine, { annotations }), service("web"), ws]);
    assert.deepEqual(printed, []);
  });
});
