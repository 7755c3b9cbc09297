import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../support/folder";
import { configured, controller, gatewayProxy, publicController, routes } from "../latency/resources";
import { cli, type Ran } from "./run";

const list = (items: readonly object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });
const limited = { adc: { resources: { limits: { cpu: "200m" } } } };
const slow = [controller(limited), gatewayProxy(), ...routes(3000)];

const metrics = (buckets: Record<string, number>) =>
  Object.entries(buckets)
    .map(
      ([le, count]) =>
        `apisix_ingress_adc_sync_duration_seconds_bucket{config_name="apisix",resource_type="all",status="success",le="${le}"} ${count}\n`,
    )
    .join("");

interface Given {
  manifests?: readonly object[];
  metrics?: string;
  sleepSeconds?: number;
  maxGracePeriodSeconds?: number;
}

/** `advise` of what is given, in a folder of its own. */
function advise({ manifests, metrics, sleepSeconds, maxGracePeriodSeconds }: Given, ...args: string[]): Promise<Ran> {
  const settings = { "pre-stop-sleep": { sleepSeconds }, "termination-grace-period": { maxGracePeriodSeconds } };
  const hasSettings = sleepSeconds !== undefined || maxGracePeriodSeconds !== undefined;
  const files = {
    ...(manifests && { "stack.json": list(manifests) }),
    ...(metrics !== undefined && { "metrics.txt": metrics }),
    ...(hasSettings && { "settings.json": JSON.stringify(settings) }),
  };
  return inFolder(files, (folder) =>
    cli([
      "advise",
      ...(manifests ? [join(folder, "stack.json")] : []),
      ...(metrics === undefined ? [] : ["--metrics", join(folder, "metrics.txt")]),
      ...(hasSettings ? ["--settings", join(folder, "settings.json")] : []),
      ...["--no-config", ...args],
    ]),
  );
}

describe("advise", () => {
  it("says the number, why, and what to set", async () => {
    const { code, stdout } = await advise({ manifests: slow });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^t is up to 21 s, as far as is known: sleepSeconds \(5 s\) is too short\.\n\nWhy:\n {2}21 s, inferred: /,
    );
    assert.match(stdout, /all 3000 routes that are known, at 0\.65 ms of CPU time each, and ADC has 0\.2 CPUs/);
    assert.match(stdout, /\n {2}5 s, documented: /);
    assert.match(stdout, /\nSettings:\n {2}\{"pre-stop-sleep":\{"sleepSeconds":21\}\}\n$/);
  });

  it("names a source for each number", async () => {
    const { stdout } = await advise({ manifests: [...slow, ...configured("etcdserver: {enabled: true}")] });
    const lines = stdout.split("\n");
    for (const [i, line] of lines.entries()) {
      if (/^ {2}\d+ s, /.test(line)) assert.match(lines[i + 1] ?? "", /^ {4}https:\/\/github\.com\//);
    }
  });

  it("lowers no number", async () => {
    const { code, stdout } = await advise({ manifests: slow, sleepSeconds: 40 });
    assert.equal(code, 0);
    assert.match(stdout, /^t is up to 21 s, as far as is known: sleepSeconds \(40 s\) covers it\./);
    assert.doesNotMatch(stdout, /Settings/);
    const { stdout: json } = await advise({ manifests: slow, sleepSeconds: 40 }, "--format", "json");
    assert.deepEqual((JSON.parse(json) as { settings: unknown }).settings, { "pre-stop-sleep": { sleepSeconds: 40 } });
  });

  it("goes by what the controller measured", async () => {
    const { code, stdout } = await advise({ metrics: metrics({ "1": 10, "10": 1000, "+Inf": 1000 }) });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^t is up to 21 s, .*\n\nWhy:\n {2}21 s, measured: p99 of the controller's 1000 syncs is 9\.91 s;/,
    );
    const fast = await advise({ manifests: slow, metrics: metrics({ "1": 10, "+Inf": 10 }) });
    assert.equal(fast.code, 0);
    assert.doesNotMatch(fast.stdout, /inferred:/);
  });

  it("says that the measured is above all buckets, and takes nothing for covered", async () => {
    const above = metrics({ "10": 1, "+Inf": 100 });
    const { code, stdout } = await advise({ metrics: above });
    assert.equal(code, 1);
    assert.match(stdout, /^t may be more than 21 s, as far as is known: sleepSeconds \(5 s\) is too short\./);
    assert.match(stdout, /p99 of the controller's 100 syncs is above 10 s;/);
    const long = await advise({ metrics: above, sleepSeconds: 40 });
    assert.equal(long.code, 3);
    assert.match(long.stdout, /^t may be more than 21 s, as far as is known: sleepSeconds \(40 s\) may be too short\./);
    assert.doesNotMatch(long.stdout, /Settings/);
    const { stdout: json } = await advise({ metrics: above, sleepSeconds: 40 }, "--format", "json");
    assert.equal((JSON.parse(json) as { isCovered: unknown }).isCovered, false);
  });

  it("prints no settings that no pack takes", async () => {
    const limited = { adc: { resources: { limits: { cpu: "1m" } } } };
    const manifests = [controller(limited), gatewayProxy(), ...routes(3000)];
    const { code, stdout } = await advise({ manifests });
    assert.equal(code, 1);
    assert.match(stdout, /^t is up to 3901 s, .*\n\nNo sleepSeconds is that long \(3600 at most\): /s);
    const { stdout: json } = await advise({ manifests }, "--format", "json");
    assert.equal("settings" in (JSON.parse(json) as object), false);
  });

  it("prints no settings that the nodes don't grant", async () => {
    const given = { manifests: slow, maxGracePeriodSeconds: 30 };
    const { code, stdout } = await advise(given);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /\n\nsleepSeconds and shutdownSeconds \(21 \+ 10 s\) don't fit into maxGracePeriodSeconds \(30 s\): /,
    );
    assert.doesNotMatch(stdout, /Settings/);
    const { stdout: json } = await advise(given, "--format", "json");
    assert.equal("settings" in (JSON.parse(json) as object), false);
    assert.match(
      (await advise({ ...given, maxGracePeriodSeconds: 31 })).stdout,
      /\nSettings:\n {2}\{"pre-stop-sleep":\{"sleepSeconds":21\}\}\n$/,
    );
  });

  it("ends with 3 where the metrics are something else", async () => {
    for (const text of ["", "<html>", "up 1\n"]) {
      const { code, stdout, stderr } = await advise({ metrics: text });
      assert.deepEqual([code, stdout], [3, ""]);
      assert.match(stderr, /no apisix_ingress_adc_sync_duration_seconds with a sync in it/);
    }
  });

  it("says that no sleep helps, and ends with 1", async () => {
    const { code, stdout } = await advise({ manifests: [controller({ image: publicController("2.0.0-rc4") })] });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /\nNo sleep helps:\n {2}controller 2\.0\.0-rc4: .*\n {4}Fix: upgrade the controller to 2\.2\.0 or later; its ADC lacks api7\/adc#598, .*\.\n {4}https:/,
    );
  });

  it("says what isn't known", async () => {
    const { code, stdout } = await advise({ manifests: [controller({ image: publicController("latest") })] });
    assert.equal(code, 0);
    assert.match(stdout, /\nNot known, .*\n {2}the controller's version: its image has no tag of a public release\n$/);
  });

  it("knows the workloads behind DNS names, and their annotations", async () => {
    const behind = (annotations: object) => [
      controller(),
      gatewayProxy(),
      {
        apiVersion: "apisix.apache.org/v2",
        kind: "ApisixUpstream",
        metadata: { name: "db", namespace: "shop" },
        spec: { externalNodes: [{ type: "Domain", name: "db.shop.svc.cluster.local", port: 80 }] },
      },
      {
        apiVersion: "apisix.apache.org/v2",
        kind: "ApisixRoute",
        metadata: { name: "db", namespace: "shop" },
        spec: {
          ingressClassName: "apisix",
          http: [{ name: "a", match: { paths: ["/*"] }, upstreams: [{ name: "db" }] }],
        },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "db", namespace: "shop" },
        spec: { clusterIP: "None", selector: { app: "db" }, ports: [{ port: 80 }] },
      },
      {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name: "db", namespace: "shop" },
        spec: {
          template: {
            metadata: { labels: { app: "db" }, annotations },
            spec: { containers: [{ name: "db", image: "db:1", ports: [{ containerPort: 80 }] }] },
          },
        },
      },
    ];
    const { code, stdout } = await advise({ manifests: behind({}) });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /Behind a DNS name, t is up to 31 s .*\n {2}StatefulSet shop\/db\n {2}Fix: annotate their Pods apisix-graceful-termination\/sleep-seconds: "31"\./,
    );
    const annotated = await advise({ manifests: behind({ "apisix-graceful-termination/sleep-seconds": "31" }) });
    assert.equal(annotated.code, 0);
  });

  it("needs something to go by", async () => {
    assert.equal((await cli(["advise", "--no-config"])).code, 2);
  });

  it("prints JSON with the same in it", async () => {
    const { stdout } = await advise({ manifests: slow }, "--format", "json");
    const { clusters, ...others } = JSON.parse(stdout) as { clusters: Record<string, unknown>[] };
    assert.deepEqual(others, {
      ...{ version: 1, sleepSeconds: 5, seconds: 21, isCovered: false },
      settings: { "pre-stop-sleep": { sleepSeconds: 21 } },
    });
    assert.deepEqual(Object.keys(clusters[0] ?? {}), [
      ...["seconds", "isInferred", "reasons", "faults", "interruptions", "missing"],
    ]);
  });
});
