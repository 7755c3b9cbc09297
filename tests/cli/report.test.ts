import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { explain, pageOf } from "../../src/assess";
import type { Report } from "../../src/report";
import { line, log, policyEvent, summaryEvent, urn } from "../report/samples";
import { cli } from "./run";
import { inFolder } from "../support/folder";

const events = (name: string) => readFileSync(join(__dirname, "../report/pulumi", `${name}.jsonl`), "utf8");

async function rendered(stdin: string, args: string[] = []): Promise<{ code: number; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await cli(["report", "-", "--format", "json", ...args], { stdin });
  return { code, report: JSON.parse(stdout) as Report, stderr };
}

/** Each container's verdict before and after, and when SIGTERM and SIGKILL come. */
function drawings({ timelines }: Report): string[] {
  return timelines.map(({ workload, before, after }) => {
    const [was, is] = [before, after].map((timeline) =>
      timeline?.containers
        .map(({ name, verdict, sigterm, sigkill }) => `${name} ${verdict} ${sigterm?.atLeast}/${sigkill}`)
        .join(" "),
    );
    return `${workload.name}: ${was === undefined ? "" : `${was} → `}${is}`;
  });
}

describe("report", () => {
  it("draws what an event log tells: as it was to be deployed, and what repairs make of it", async () => {
    const blocked = await rendered(events("mandatory"));
    assert.deepEqual(drawings(blocked.report), ["api: api short 30/32", "storefront: web short 0/30"]);
    assert.equal(blocked.report.timelines[0]?.after.containers[0]?.because, "Its preStop hook sleeps 40 s.");
    const repaired = await rendered(events("remediate"));
    assert.deepEqual(drawings(repaired.report), [
      "api: api short 30/32 → api ok 40/50",
      "storefront: web short 0/30 → web ok 5/30",
    ]);
    const analyzed = await rendered(events("analyze"));
    assert.deepEqual(drawings(analyzed.report), drawings(repaired.report));
    assert.deepEqual([blocked.code, repaired.code, analyzed.code], [1, 0, 1]);
  });

  it("knows the codes by the addresses that end Pulumi's messages, and has their texts", async () => {
    const message = [
      'Container "web" receives SIGTERM as soon as its Pod terminates.',
      "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
      'Fix: lifecycle.preStop.sleep.seconds: 5 on container "web".',
      "https://github.com/apisix-graceful-termination/apisix-graceful-termination/blob/v0.2.0/docs/findings.md#no-hook",
    ].join("\n");
    const policyName = "apisix-routed-workloads";
    const { report } = await rendered(log(policyEvent({ message, policyName }), summaryEvent()));
    assert.deepEqual(
      report.findings.map(({ policy, code, container }) => [policy, code, container]),
      [["apisix-routed-workloads", "no-hook", "web"]],
    );
    const known = explain("no-hook");
    const expected = { code: "no-hook", policies: known?.policies, why: known?.why, url: pageOf("no-hook") };
    assert.deepEqual(report.codes, [expected]);
  });

  it("takes the second policy's repair for a part of the same one", async () => {
    const of = (seconds?: number, grace?: number) => ({
      spec: {
        template: {
          spec: {
            ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
            containers: [
              { name: "web", ...(seconds === undefined ? {} : { lifecycle: { preStop: { sleep: { seconds } } } }) },
            ],
          },
        },
      },
    });
    const repair = (before: object, after: object, policyName: string) => ({
      policyRemediationEvent: { ...policyEvent().policyEvent, policyName, before, after },
    });
    const { report } = await rendered(
      log(
        repair(of(undefined, 8), of(5, 8), "pre-stop-sleep"),
        repair(of(5, 8), of(5, 15), "termination-grace-period"),
        summaryEvent({ result: "succeeded" }),
      ),
    );
    assert.deepEqual(drawings(report), ["web: web short 0/8 → web ok 5/15"]);
  });

  describe("says what becomes of each repair", () => {
    const cases: [string[], code: number, summary: RegExp][] = [
      [["preview-repairs"], 0, /, 7 repairs \(6 roll out, 1 waits for new Pods\), 1 repair not applied, 13 resources/],
      [["preview-kept"], 0, /^No findings, 7 repairs \(6 kept, 1 unchanged\), 13 resources judged/],
      [["preview-replaced"], 0, /^1 advisory .*, 6 repairs \(5 kept, 1 unchanged\), 1 repair not applied, /],
      [
        ["preview-repairs", "up-repairs"],
        0,
        /, 7 repairs \(6 roll out, 1 waits for new Pods\), 1 repair not applied, 13 r/,
      ],
      [
        ["up-repairs", "preview-kept"],
        0,
        /, 7 repairs \(6 kept, 1 unchanged\), 1 repair not applied, 13 resources judged\.$/,
      ],
      [["analyze-proposed"], 1, /^6 mandatory findings on 6 resources, 6 would be repaired\.$/],
      // Of a version that doesn't say it itself.
      [["up-lost"], 1, /^2 mandatory findings on 2 resources, 1 repair \(1 rolls out\), 2 repairs not applied, /],
    ];
    const path = (name: string) => join(__dirname, "../report/pulumi", `${name}.jsonl`);
    for (const [names, code, summary] of cases) {
      it(names.join(" and "), async () => {
        const ran = await cli(["report", ...names.map(path)]);
        assert.equal(ran.code, code, ran.stdout);
        assert.match(ran.stdout.trimEnd().split("\n").at(-1) ?? "", summary);
      });
    }

    it("blames an analyzed workload once: by the policy that does already, or for the repair", async () => {
      const { report } = await rendered(events("analyze-proposed"));
      assert.deepEqual(
        report.findings.map(({ resource, policy, code, level }) => [resource.name, policy, code, level]),
        [
          ["cart", "apisix-routed-workloads", "no-hook", "mandatory"],
          ["fixed", "pre-stop-sleep", undefined, "remediate"],
          ["halved", "pre-stop-sleep", undefined, "remediate"],
          ["moved", "pre-stop-sleep", undefined, "remediate"],
          ["slow", "termination-grace-period", undefined, "remediate"],
          ["set", "pre-stop-sleep", undefined, "remediate"],
        ],
      );
    });

    it("leaves what the pack itself says of an undone repair alone", async () => {
      const { report } = await rendered(events("preview-replaced"));
      assert.deepEqual(
        report.findings.map(({ resource, code, level }) => [resource.name, code, level]),
        [["moved", "repair-undone", "advisory"]],
      );
    });

    it("draws what the run leaves the workload with", async () => {
      const drawn = async (name: string, workload: string) =>
        drawings((await rendered(events(name))).report).find((one) => one.startsWith(`${workload}:`));
      assert.equal(await drawn("up-lost", "moved"), "moved: web short 0/30 → web ok 5/30");
      assert.equal(await drawn("up-lost", "fixed"), "fixed: web short 0/20");
      assert.equal(await drawn("preview-replaced", "moved"), "moved: web short 0/30");
      assert.equal(await drawn("preview-kept", "halved"), "halved: web short 2/30 → web ok 5/30");
    });

    it("writes it as code for the program, in the language that is asked for", async () => {
      const ran = (language: string) => cli(["report", path("preview-kept"), "--program", language]);
      assert.match((await ran("python")).stdout, /"lifecycle": \{"pre_stop": \{"sleep": \{"seconds": 5\}\}\}/);
      assert.match((await ran("typescript")).stdout, /lifecycle: \{ preStop: \{ sleep: \{ seconds: 5 \} \} \}/);
      const other = await ran("go");
      assert.deepEqual([other.code, other.stdout], [2, ""]);
      assert.match(other.stderr, /typescript, python, yaml/);
    });
  });

  it("judges by the settings that it is given", async () => {
    await inFolder({ "s.json": '{"apisix-routed-workloads": {"sleepSeconds": 35}}' }, async (folder) => {
      const { report } = await rendered(events("remediate"), ["--settings", join(folder, "s.json")]);
      assert.deepEqual(
        report.timelines.map(({ t, after }) => [t, after.containers[0]?.verdict]),
        [
          [35, "ok"],
          [35, "short"],
        ],
      );
    });
  });

  it("draws nothing that it can't know: secrets, unknown values, what is malformed", async () => {
    const marked = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "hidden-1" };
    const inputs = (spec: unknown) => ({
      resourcePreEvent: { metadata: { urn: urn("web"), new: { inputs: { spec } } } },
    });
    const pod = (lifecycle: unknown) => ({ template: { spec: { containers: [{ name: "web", lifecycle }] } } });
    const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    for (const [spec, verdict] of [
      [pod(marked), "unknown"],
      [pod({ preStop: { exec: { command: unknownText } } }), "unknown"],
      [marked, undefined],
      [{ template: { spec: { containers: null } } }, undefined],
      ["text", undefined],
      [null, undefined],
    ] as const) {
      const { report } = await rendered(log(inputs(spec), policyEvent(), summaryEvent()));
      assert.equal(report.timelines[0]?.after.containers[0]?.verdict, verdict, JSON.stringify(spec));
      assert.doesNotMatch(JSON.stringify(report), /hidden-/);
      assert.equal(report.findings.length, 1);
    }
  });

  it("never passes what is cut off for a clean report", async () => {
    const whole = events("remediate");
    const cut = await rendered(whole.slice(0, whole.length / 2));
    assert.equal(cut.code, 3);
    assert.match(cut.stderr, /^error: -:\d+: The last line is cut off: it is not JSON\.$/m);
    const text = await cli(["report", "-", "--fail-on", "none"], { stdin: line(0, policyEvent()) });
    assert.equal(text.code, 3);
    assert.match(text.stdout, /^Incomplete: findings may be missing, see the error on standard error\.$/m);
    assert.equal(text.stderr, "error: -: The events end without a summary: findings may be missing.\n");
    assert.equal((await cli(["report", "-", "--fail-on", "mandatory"], { stdin: line(0, policyEvent()) })).code, 1);
    // The same through the JSON of an earlier run.
    const again = await rendered(JSON.stringify(cut.report));
    assert.equal(again.code, 3);
  });

  it("renders the others where a file is missing, and says so in the report, too", async () => {
    const { code, stdout, stderr } = await cli(["report", "no-such.jsonl", "-", "--format", "markdown"], {
      stdin: events("remediate"),
    });
    assert.equal(code, 3);
    assert.equal(stderr, "error: no-such.jsonl: no such file or folder\n");
    assert.match(stdout, /no-such\.jsonl/);
    assert.match(stdout, /storefront/);
  });

  it("shows findings of Pulumi at the fallback file in SARIF", async () => {
    const args = ["report", "-", "--format", "sarif", "--fail-on", "none"];
    const place = async (more: string[]) => {
      const { stdout } = await cli([...args, ...more], { stdin: events("mandatory") });
      const log = JSON.parse(stdout) as { runs: { results: { locations: { physicalLocation?: unknown }[] }[] }[] };
      return log.runs[0]?.results[0]?.locations[0]?.physicalLocation;
    };
    assert.equal(await place([]), undefined);
    assert.deepEqual(await place(["--fallback-file", "Pulumi.yaml"]), {
      artifactLocation: { uri: "Pulumi.yaml", uriBaseId: "%SRCROOT%" },
      region: { startLine: 1 },
    });
  });

  it("gives each policy its description, help and page", async () => {
    const { report } = await rendered(events("mandatory"));
    assert.ok(report.policies.length >= 4);
    for (const { name, description, help, url } of report.policies) {
      assert.ok(description && help && url?.includes(name), name);
    }
  });
});
