import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Report } from "../../src/report";
import { systemError, withCall } from "../support/failing-fs";
import { urnOf, type TestResource } from "../support/host";
import { inFolder } from "../support/folder";
import { apisixRoute, barePod, deployment, nativeSleep, service } from "../support/resources";
import { cli } from "./run";

/** No port: a route alone says that requests reach it. */
const silent = (name: string, container = {}, options = {}) =>
  deployment(name, { ports: undefined, ...container }, options);
const routes = (...names: string[]) => names.flatMap((name) => [service(name), apisixRoute(name)]);
const denied = { annotations: { "apisix-graceful-termination/routed": "false" } };

function manifests(resources: readonly TestResource[]): string {
  return resources.map(({ props }) => stringify(JSON.parse(JSON.stringify(props)))).join("---\n");
}

/** `check` of files with these options. What it prints names them without their folder. */
async function run(files: Record<string, string>, options: string[]) {
  return inFolder(files, async (folder) => {
    const given = Object.keys(files).map((file) => join(folder, file));
    const ran = await cli(["check", ...given, ...options]);
    const plain = (text: string) => text.replaceAll(`${folder}/`, "").replaceAll(folder.slice(1), "");
    const texts = Object.fromEntries(Object.keys(files).map((file, i) => [file, readFileSync(given[i] ?? "", "utf8")]));
    return { code: ran.code, stdout: plain(ran.stdout), stderr: plain(ran.stderr), texts };
  });
}

/** The same, with its report. */
async function reported(files: Record<string, string>, ...options: string[]) {
  return inFolder({}, async (folder) => {
    const to = join(folder, "report.json");
    const ran = await run(files, [...options, "--format", `json=${to}`]);
    return { ...ran, report: JSON.parse(readFileSync(to, "utf8")) as Report };
  });
}

const repaired = ({ repairs }: Report) => [...new Set(repairs.map(({ resource }) => resource.name))];
const found = ({ findings }: Report) => findings.map(({ resource, code }) => `${resource.name} ${code}`);

describe("check --fix repairs", () => {
  it("what only looks exposed if asked, and says which is which", async () => {
    const files = {
      "all.yaml": manifests([deployment("a"), silent("b"), ...routes("b"), deployment("c", {}, denied)]),
    };
    const hint = "1 workload only looks exposed (a port or a readiness probe, and no known route)";
    const plain = await run(files, []);
    assert.equal(
      plain.stderr,
      `--diff shows what can be repaired, --fix repairs it.\n${hint}: --include-exposed repairs it, too.\n`,
    );
    const without = await run(files, ["--fix"]);
    assert.equal(without.stderr, `${hint}: --include-exposed repairs it, too.\n`);
    assert.match(without.stdout, /^No findings, 1 repair, /m);
    const including = await run(files, ["--fix", "--include-exposed"]);
    assert.equal(including.stderr, "");
    assert.match(including.stdout, /^No findings, 2 repairs \(1 only looks exposed\), /m);
    const { report } = await reported(files, "--fix", "--include-exposed");
    assert.deepEqual(
      report.repairs.map(({ resource, onlyExposed }) => [resource.name, onlyExposed]),
      [
        ["a", true],
        ["b", undefined],
      ],
    );
    const alone = await run({ "all.yaml": manifests([deployment("a"), deployment("b")]) }, []);
    assert.equal(
      alone.stderr,
      "2 workloads only look exposed (a port or a readiness probe, and no known route): --fix --include-exposed repairs them.\n",
    );
  });
});

describe("check --fix says what stands in the files", () => {
  /** A List whose second workload shares its container with an init container, which may have no hook. */
  const item = (name: string, spec: string) => `  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: ${name}, namespace: shop }
    spec:
      template:
        metadata: { labels: { app: ${name} } }
        spec:
          containers:
            ${spec}
`;
  const list = `# All of them.
apiVersion: v1
kind: List
items:
${item("a", "- name: web # the app\n              startupProbe: {}")}${item("b", "- &web\n              name: web\n              startupProbe: {}\n          initContainers:\n            - *web")}${item("c", "- { name: web, startupProbe: {} }")}${routes(
    "a",
    "b",
    "c",
  )
    .map(({ props }) => `  - ${JSON.stringify(props)}\n`)
    .join("")}`;
  const why =
    /^warning: list\.yaml:(\d+):\d+: Deployment shop\/b is not repaired: an anchor or a merge key shares spec\.template\.spec\.containers\[0\]\.lifecycle with another place\. Repair it by hand\.$/m;

  it("what can't be repaired is a finding, and the rest of its document is repaired", async () => {
    const { code, stderr, report, texts } = await reported({ "list.yaml": list }, "--fix");
    assert.equal(code, 1);
    assert.deepEqual([repaired(report), found(report)], [["a", "c"], ["b no-hook"]]);
    assert.deepEqual(
      report.timelines.map(({ workload, before, after }) => [
        workload.name,
        before !== undefined,
        after.containers[0]?.verdict,
      ]),
      [
        ["a", true, "ok"],
        ["b", false, "short"],
        ["c", true, "ok"],
      ],
    );
    // Places are those of the file as it is now.
    const lines = texts["list.yaml"]?.split("\n") ?? [];
    const [, line] = why.exec(stderr) ?? [];
    assert.equal(lines[Number(line) - 1]?.trim(), "name: web");
    const at = (report.findings[0]?.location?.line ?? 0) - 1;
    assert.deepEqual([lines[at]?.trim(), lines[at - 1]?.trim()], ["name: web", "- &web"]);
    assert.equal((await run(texts, ["--fix"])).texts["list.yaml"], texts["list.yaml"]);
  });

  it("a diff shows what can be repaired, and what can't is said", async () => {
    const { code, stdout, stderr, report, texts } = await reported({ "list.yaml": list }, "--diff");
    assert.equal(code, 1);
    assert.equal(stdout.match(/^\+.* seconds: 5/gm)?.length, 2);
    assert.match(stderr, why);
    assert.deepEqual([repaired(report), found(report)], [[], ["a no-hook", "b no-hook", "c no-hook"]]);
    assert.equal(texts["list.yaml"], list);
  });

  it("standard input goes to standard output, repaired as far as it can be", async () => {
    const { code, stdout, stderr } = await cli(["check", "--fix", "-"], { stdin: list });
    assert.equal(code, 1);
    assert.equal(stdout, (await run({ "list.yaml": list }, ["--fix"])).texts["list.yaml"]);
    assert.match(stderr.replaceAll("-:", "list.yaml:"), why);
    assert.match(stderr, /^1 mandatory finding on 1 resource, 2 repairs, /m);
  });

  it("state is never changed", async () => {
    const state = JSON.stringify({
      deployment: {
        resources: [silent("a"), ...routes("a")].map(({ type, name, props }) => ({
          type,
          urn: urnOf({ type, name }),
          inputs: props,
        })),
      },
    });
    for (const option of ["--fix", "--diff"]) {
      const { code, stderr, report, texts } = await reported({ "state.json": state }, option);
      assert.equal(code, 1);
      assert.deepEqual([repaired(report), found(report)], [[], ["a no-hook"]]);
      assert.equal(stderr, "1 workload is in Pulumi state, which is never changed: repair it in the program.\n");
      assert.equal(texts["state.json"], state);
    }
  });

  it("a file that can't be written counts as it is, and the others are written", async () => {
    const one = (name: string) => manifests([silent(name), ...routes(name)]);
    const files = { "a.yaml": one("a"), "b.yaml": one("b"), "c.yaml": one("c") };
    const { code, stderr, report, texts } = await withCall(
      "rename",
      (real) => (from: string, to: string) =>
        to.endsWith("b.yaml") ? Promise.reject(systemError("EIO", -5)) : real(from, to),
      () => reported(files, "--fix", "--fail-on", "none"),
    );
    assert.equal(code, 3);
    assert.equal(stderr, "error: b.yaml: not written: i/o error\nWritten: a.yaml, c.yaml.\n");
    assert.deepEqual([repaired(report), found(report)], [["a", "c"], ["b no-hook"]]);
    assert.equal(texts["b.yaml"], files["b.yaml"]);
  });

  it("a file of another encoding is left alone, as its other letters would be lost", async () => {
    await inFolder({}, async (folder) => {
      const file = join(folder, "latin.yaml");
      const bytes = Buffer.from(`# gr\u00fc\u00dfe\n${manifests([silent("a"), ...routes("a")])}`, "latin1");
      writeFileSync(file, bytes);
      const { code, stdout, stderr } = await cli(["check", file, "--fix"]);
      assert.equal(code, 3);
      assert.match(stderr, /^error: .*latin\.yaml: not UTF-8, at line 1, column 5: save it as UTF-8$/m);
      assert.match(stdout, /^Incomplete: /m);
      assert.ok(readFileSync(file).equals(bytes));
    });
  });

  it("a hook that was left out is said as added", async () => {
    const { report } = await reported(
      {
        "a.yaml": manifests([silent("a"), ...routes("a")]).replace(
          "image: web:1",
          "image: web:1\n          lifecycle: # none",
        ),
      },
      "--fix",
    );
    assert.deepEqual(report.repairs[0]?.changes, [
      { path: 'spec.template.spec.containers["web"].lifecycle.preStop.sleep.seconds', kind: "added", after: "5 s" },
    ]);
  });

  it("each policy's repair is its own", async () => {
    const { report } = await reported(
      {
        "a.yaml": manifests([
          silent("a", nativeSleep(2), { pod: { terminationGracePeriodSeconds: 10 } }),
          ...routes("a"),
        ]),
      },
      "--fix",
    );
    assert.deepEqual(
      report.repairs.map(({ policy, changes }) => [policy, changes.map(({ before, after }) => [before, after])]),
      [
        ["pre-stop-sleep", [["2 s", "5 s"]]],
        ["termination-grace-period", [["10 s", "15 s"]]],
      ],
    );
  });
});

describe("check --fix says how a repair lands", () => {
  const silently = (kind: string, spec: object): TestResource => {
    const resource = silent("a", {}, { kind });
    return { ...resource, props: { ...resource.props, spec: { ...(resource.props.spec as object), ...spec } } };
  };
  const cases: [what: string, resource: TestResource, note: string][] = [
    [
      "of a Pod",
      barePod("a"),
      "Pod shop/a: a running Pod can't be changed, so kubectl apply refuses the repair. Delete the Pod and apply it again, or make it a Deployment.",
    ],
    [
      "of a ReplicaSet",
      silently("ReplicaSet", {}),
      "ReplicaSet shop/a: its running Pods keep the old hook: only Pods that are made later have the new one.",
    ],
    [
      "of a DaemonSet that is left to whoever deletes its Pods",
      silently("DaemonSet", { updateStrategy: { type: "OnDelete" } }),
      "DaemonSet shop/a: its running Pods keep the old hook: only Pods that are made later have the new one.",
    ],
    [
      "of a paused Deployment",
      silently("Deployment", { paused: true }),
      "Deployment shop/a: it is paused: its running Pods keep the old hook until it is resumed.",
    ],
    ["and nothing where it rolls out", silently("Deployment", {}), ""],
  ];
  for (const [what, resource, note] of cases) {
    it(what, async () => {
      for (const option of ["--fix", "--diff"]) {
        const { stderr, report } = await reported({ "a.yaml": manifests([resource, ...routes("a")]) }, option);
        assert.equal(stderr, note === "" ? "" : `note: ${note}\n`);
        assert.deepEqual(repaired(report), option === "--fix" ? ["a"] : []);
      }
    });
  }
});
