import assert from "node:assert/strict";
import { policies } from "../../policies";
import { listExemptions } from "../../policies/exemption-audit";
import { fromPulumi } from "../../src/kubernetes/resource";
import type { Settings } from "../../src/settings/schema";
import { defaults } from "../../src/settings/settings";
import { preview, urnOf, type TestResource } from "../support/host";
import { apisixRoute, deployment, service } from "../support/resources";

const ignore = (policy: string) => `ignore.apisix-graceful-termination/${policy}`;
const routed = { "apisix-graceful-termination/routed": "true" };
const fine = { lifecycle: { preStop: { sleep: { seconds: 5 } } } };

/** What the blind-spots policy says: first line of each. */
async function spots(resources: TestResource[], settings: Settings = {}): Promise<string[]> {
  const { violations } = await preview(policies(settings), resources);
  return violations
    .filter(({ policy }) => policy === "apisix-route-blind-spots")
    .map(({ message }) => message.split("\n")[1] ?? "");
}

describe("exemptions that excuse nothing", () => {
  const reason = "drains by itself";
  const cases: [what: string, resources: TestResource[], settings: Settings, says: RegExp | undefined][] = [
    [
      "an annotation that excuses a finding",
      [deployment("web", {}, { annotations: { ...routed, [ignore("pre-stop-sleep")]: reason } })],
      {},
      undefined,
    ],
    [
      "an annotation of a workload that is fine",
      [deployment("web", fine, { annotations: { ...routed, [ignore("pre-stop-sleep")]: reason } })],
      {},
      /The annotation ignore\.apisix-graceful-termination\/pre-stop-sleep of Deployment shop\/web excuses nothing/,
    ],
    [
      "an annotation of a workload that nobody routes to",
      [deployment("web", { ports: [] }, { annotations: { [ignore("pre-stop-sleep")]: reason } })],
      {},
      /excuses nothing/,
    ],
    [
      "an annotation of a workload without ports that a route reaches",
      [
        deployment("web", { ports: [] }, { annotations: { [ignore("pre-stop-sleep")]: reason } }),
        service("web"),
        apisixRoute("web"),
      ],
      {},
      undefined,
    ],
    [
      "an annotation for the stack policy of a routed workload",
      [
        deployment("web", { ports: [] }, { annotations: { [ignore("apisix-routed-workloads")]: reason } }),
        service("web"),
        apisixRoute("web"),
      ],
      {},
      undefined,
    ],
    [
      "an annotation for a policy that doesn't exist",
      [deployment("web", {}, { annotations: { [ignore("pre-stop-slep")]: reason } })],
      {},
      /excuses nothing: there is no such policy; did you mean "pre-stop-sleep"\?/,
    ],
    [
      "annotations that aren't allowed anyway",
      [deployment("web", fine, { annotations: { [ignore("pre-stop-sleep")]: reason } })],
      { allowAnnotations: false },
      undefined,
    ],
    ["a setting that excuses a finding", [deployment("web")], { exempt: [{ name: "web", reason }] }, undefined],
    [
      "a setting that matches a workload that is fine",
      [deployment("web", fine)],
      { exempt: [{ name: "web", reason }] },
      /The exemption exempt\[0\] excuses nothing: there is nothing to say about Deployment shop\/web/,
    ],
    [
      "a setting that matches nobody",
      [deployment("web")],
      { exempt: [{ name: "wbe", reason }] },
      /The exemption exempt\[0\] excuses nothing: no workload of this stack matches it/,
    ],
  ];
  for (const [what, resources, settings, says] of cases) {
    it(`${says ? "tells of" : "is silent about"} ${what}`, async () => {
      const said = await spots(resources, settings);
      if (says) {
        assert.equal(said.length, 1, said.join("\n"));
        assert.match(said[0] ?? "", says);
      } else assert.deepEqual(said, []);
    });
  }

  it("says since when an expired one doesn't hold, with the finding that it brings back", async () => {
    const { violations } = await preview(
      policies({ exempt: [{ name: "web", reason, until: "2026-01-31" }] }),
      [deployment("web", {}, { annotations: routed })],
      { all: "mandatory" },
    );
    assert.deepEqual(
      violations.map(({ policy }) => policy),
      ["pre-stop-sleep"],
    );
    assert.match(violations[0]?.message ?? "", /\(exempt\[0\]\) doesn't hold: it expired after 2026-01-31\./);
  });
});

describe("listExemptions", () => {
  it("lists who is excused from what, why and until when", () => {
    const annotated = deployment(
      "api",
      {},
      {
        annotations: { [ignore("pre-stop-sleep")]: "drains by itself until 2026-01-31" },
      },
    );
    const resources = [deployment("web"), annotated].map(({ type, name, props }) => {
      const resource = fromPulumi({ type, name, props, urn: urnOf({ type, name }) });
      assert.ok(resource);
      return resource;
    });
    const settings = defaults({
      exempt: [
        { name: "web", reason: "batch", until: "2999-01-01" },
        { namespace: "gone", reason: "was here" },
      ],
    });
    const listed = listExemptions(resources, () => settings, new Date("2027-01-31T12:00:00Z"));
    assert.deepEqual(
      listed.map(({ workload, policies, excuse, findings }) => [
        workload?.resource.logicalName,
        policies,
        excuse,
        findings,
      ]),
      [
        [
          "web",
          ["pre-stop-sleep", "termination-grace-period", "apisix-routed-workloads", "apisix-route-blind-spots"],
          { source: "exempt[0]", reason: "batch", until: "2999-01-01" },
          1,
        ],
        [
          undefined,
          ["pre-stop-sleep", "termination-grace-period", "apisix-routed-workloads", "apisix-route-blind-spots"],
          { source: "exempt[1]", reason: "was here" },
          0,
        ],
        [
          "api",
          ["pre-stop-sleep"],
          {
            source: "ignore.apisix-graceful-termination/pre-stop-sleep",
            reason: "drains by itself",
            until: "2026-01-31",
            void: "it expired after 2026-01-31",
          },
          1,
        ],
      ],
    );
  });
});
