import assert from "node:assert/strict";
import { join } from "node:path";
import { assess, readKnowledge, remedies } from "../../src/assess";
import type { Settings } from "../../src/settings/schema";
import type { PackConfig } from "../../src/settings/settings";
import { asPulumi, today } from "../support/findings";
import { temporary, write } from "../support/folder";
import { UNKNOWN, type TestResource } from "../support/host";
import { apisixRoute, barePod, behind, deployment, nativeSleep, routed, service } from "../support/resources";

/** Who is to be repaired, by which policy, where, and whether it only looks exposed. */
function told(resources: readonly TestResource[], settings: Settings = {}, config: PackConfig = {}): string[] {
  const knowledge = readKnowledge(config, settings);
  const assessment = assess({ planned: asPulumi(resources) }, knowledge, today);
  return [...remedies(assessment, knowledge, today)].map(({ workload, policy, edits, onlyExposed }) =>
    [
      ...[workload.resource.logicalName, policy === "pre-stop-sleep" ? "sleeps" : "grace"],
      ...edits.map(({ path }) => path),
      ...(onlyExposed ? ["(only exposed)"] : []),
    ].join(" "),
  );
}

describe("remedies", () => {
  /** No port: only what is known to be routed concerns it. */
  const silent = (container = {}, options = {}) => deployment("web", { ports: undefined, ...container }, options);
  const ignoring = (policy: string, more = {}) => ({
    annotations: { [`ignore.apisix-graceful-termination/${policy}`]: "drains by itself", ...more },
  });
  const denied = { annotations: { "apisix-graceful-termination/routed": "false" } };
  const short = { pod: { terminationGracePeriodSeconds: 12 } };
  const shorter = { pod: { terminationGracePeriodSeconds: 8 } };
  const sleeps = "web sleeps containers[0].lifecycle";
  const grace = "web grace terminationGracePeriodSeconds";
  const exposed = " (only exposed)";
  const off = (...policies: string[]) => Object.fromEntries(policies.map((policy) => [policy, "disabled"]));

  const route = apisixRoute("other");
  const [http] = (route.props.spec as { http: object[] }).http;
  const plugins = [{ name: "proxy-mirror", enable: true, config: { host: "http://web.shop.svc:80" } }];
  const mirror: TestResource = { ...route, props: { ...route.props, spec: { http: [{ ...http, plugins }] } } };

  const { folder, remove } = temporary();
  after(remove);
  const entry = { namespace: "shop", name: "web", selector: { app: "web" }, ports: [], via: ["ApisixRoute edge/web"] };
  write(folder, { "catalog.json": { version: 1, createdAt: "2027-01-30T00:00:00Z", services: [entry] } });

  const cases: [
    what: string,
    resources: TestResource[],
    expected: string[],
    config?: PackConfig,
    settings?: Settings,
  ][] = [
    ["what a route reaches, ports or not", behind(silent()), [sleeps]],
    ["by both policies", behind(silent({}, short)), [sleeps, grace]],
    ["a Pod", behind(barePod("web")), [sleeps]],
    ["what is annotated, ports or not", [silent({}, routed)], [sleeps]],
    ["what is in the catalog", [silent()], [sleeps], {}, { catalog: join(folder, "catalog.json") }],
    ["what a route reaches, whatever its annotation says", behind(silent({}, denied)), [sleeps]],
    ["what is selected as exposed", [deployment("web")], [sleeps], {}, { select: "exposed" }],
    ["everything, if that is selected", [silent()], [sleeps], {}, { select: "all" }],
    ["whatever the levels are", behind(silent()), [sleeps], { all: "advisory" }],
    [
      "what a route reaches, if only the stack policy is on",
      behind(silent({}, short)),
      [sleeps, grace],
      off("pre-stop-sleep", "termination-grace-period"),
    ],
    ["what looks exposed, as such", [deployment("web")], [sleeps + exposed]],
    [
      "what looks exposed, as such, if the stack policy is off",
      behind(deployment("web")),
      [sleeps + exposed],
      off("apisix-routed-workloads"),
    ],
    [
      "what looks exposed and only gets copies of requests",
      [deployment("web"), service("web"), mirror],
      [sleeps + exposed],
    ],
    ["what looks exposed, not if it is annotated as not routed", [deployment("web", {}, denied)], []],
    ["what looks exposed, not if only what is routed is selected", [deployment("web")], [], {}, { select: "routed" }],
    [
      "what looks exposed, not if the policies are off",
      [deployment("web", {}, short)],
      [],
      off("pre-stop-sleep", "termination-grace-period"),
    ],
    ["not what nothing is known of", [silent()], []],
    ["not what only gets copies of requests", [silent(), service("web"), mirror], []],
    ["not by a route, if the stack policy is off", behind(silent()), [], off("apisix-routed-workloads")],
    ["not what is excused from a policy", behind(silent({}, { ...ignoring("pre-stop-sleep"), ...short })), []],
    ["what it isn't excused from", behind(silent({}, { ...ignoring("pre-stop-sleep"), ...shorter })), [grace]],
    ["not what is excused from the stack policy", behind(silent({}, ignoring("apisix-routed-workloads"))), []],
    [
      "what is excused from the stack policy and annotated",
      behind(silent({}, ignoring("apisix-routed-workloads", routed.annotations))),
      [sleeps],
    ],
    ["not what is fine", behind(silent(nativeSleep(5))), []],
    ["not what can't be known", behind(silent({}, { pod: { containers: UNKNOWN } })), []],
    [
      "the containers that serve a routed port, if those are what is asked for",
      behind(
        deployment(
          "web",
          {},
          { pod: { containers: [{ name: "a" }, { name: "b", ports: [{ name: "http", containerPort: 8080 }] }] } },
        ),
      ),
      ["web sleeps containers[1].lifecycle"],
      {},
      { containers: "serving" },
    ],
  ];
  for (const [what, resources, expected, config, settings] of cases) {
    it(what, () => assert.deepEqual(told(resources, settings, config), expected));
  }
});
