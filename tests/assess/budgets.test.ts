/** An app's own budget in findings, remedies and advice. */
import assert from "node:assert/strict";
import { apply, assess, findingText, readKnowledge, remedies } from "../../src/assess";
import { asPulumi, brief, judged, today } from "../support/findings";
import type { TestResource } from "../support/host";
import { behind, deployment, nativeSleep, podSpec, routed } from "../support/resources";

const variables = (values: Record<string, string>) => ({
  env: Object.entries(values).map(([name, value]) => ({ name, value })),
});
const timeout = variables({ SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE: "30s" });
const graceful = variables({ SERVER_SHUTDOWN: "graceful" });
const configMap = (data: object): TestResource => ({
  ...{ type: "kubernetes:core/v1:ConfigMap", name: "conf" },
  props: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "conf", namespace: "shop" }, data },
});
const fromConfigMap = { envFrom: [{ configMapRef: { name: "conf" } }] };

/** What is printed of a workload behind a route, without its hooks. */
function told(resources: TestResource[], settings = {}): string[] {
  const { findings } = judged(resources, settings);
  return findings
    .filter(({ code, policy }) => /^grace|^stop-signal/.test(code) && policy.startsWith("apisix-"))
    .map((finding) => {
      const { what, fix } = findingText(finding);
      return `${finding.certain ? "" : "? "}${what} Fix: ${fix}`;
    });
}

const cases: [string, TestResource[], object, string[]][] = [
  [
    "a variable",
    behind(deployment("web", { ...nativeSleep(10), ...timeout })),
    {},
    [
      'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 10 s and the grace period is 30 s (the default), which leaves 20 s, and the app gives itself 30 s (SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE). Fix: terminationGracePeriodSeconds: 40.',
    ],
  ],
  [
    "an option",
    behind(deployment("web", { ...nativeSleep(5), command: ["gunicorn", "app:app", "--graceful-timeout", "120"] })),
    {},
    [
      'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 5 s and the grace period is 30 s (the default), which leaves 25 s, and the app gives itself 120 s (--graceful-timeout). Fix: terminationGracePeriodSeconds: 125.',
    ],
  ],
  [
    "an annotation of an injected sidecar",
    behind(
      deployment("web", nativeSleep(16), {
        podAnnotations: { "dapr.io/enabled": "true", "dapr.io/graceful-shutdown-seconds": "25" },
        pod: { terminationGracePeriodSeconds: 30 },
      }),
    ),
    {},
    [
      '? Can\'t tell whether the grace period of 30 s is long enough for container "web": its preStop hook sleeps 16 s, and the app may give itself 25 s (dapr.io/graceful-shutdown-seconds). Fix: terminationGracePeriodSeconds: 41.',
    ],
  ],
  [
    "an annotation of an injected proxy",
    behind(
      deployment("web", nativeSleep(5), {
        podAnnotations: { "proxy.istio.io/config": "terminationDrainDuration: 45s" },
      }),
    ),
    {},
    [
      "? Can't tell whether the grace period of 30 s (the default) is long enough for the injected sidecar: it may give itself 45 s (proxy.istio.io/config). Fix: terminationGracePeriodSeconds: 45.",
    ],
  ],
  [
    "a default",
    behind(deployment("web", { ...nativeSleep(10), command: ["gunicorn", "app:app"] })),
    {},
    [
      "? Can't tell whether the grace period of 30 s (the default) is long enough for container \"web\": its preStop hook sleeps 10 s, and the app may give itself 30 s (gunicorn's default). Fix: terminationGracePeriodSeconds: 40.",
    ],
  ],
  [
    "a default beside what is certain",
    behind(deployment("web", { ...nativeSleep(25), ...graceful })),
    {},
    [
      'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 25 s and the grace period is 30 s (the default), which leaves 5 s, and the app may give itself 30 s (Spring Boot\'s default). Fix: terminationGracePeriodSeconds: 55.',
    ],
  ],
  [
    "a budget of a container without a hook",
    behind(deployment("web", variables({ QUARKUS_SHUTDOWN_TIMEOUT: "40" }))),
    {},
    [
      'Container "web" may receive SIGKILL before it has shut down: the grace period is 30 s (the default), and the app gives itself 40 s (QUARKUS_SHUTDOWN_TIMEOUT). Fix: terminationGracePeriodSeconds: 45.',
    ],
  ],
  [
    "a hook of unknown length",
    behind(
      deployment(
        "web",
        { ...timeout, lifecycle: { preStop: { exec: { command: ["sh", "-c", "sleep 5; sleep 20 &"] } } } },
        { pod: { terminationGracePeriodSeconds: 40 } },
      ),
    ),
    {},
    [
      '? Can\'t tell whether the grace period of 40 s leaves container "web" the 30 s that its app gives itself (SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE): its preStop hook takes 5 to 25 s: a job in the background may hold it open. Fix: terminationGracePeriodSeconds: 55.',
    ],
  ],
  [
    "SIGKILL in place of SIGTERM",
    behind(
      deployment(
        "web",
        { ...timeout, lifecycle: { ...(nativeSleep(5).lifecycle as object), stopSignal: "SIGKILL" } },
        { pod: { terminationGracePeriodSeconds: 60 } },
      ),
    ),
    {},
    [
      'Container "web" receives SIGKILL instead of SIGTERM, and the app gives itself 30 s (SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE): its lifecycle.stopSignal is SIGKILL. Fix: remove lifecycle.stopSignal on container "web", or set a signal on which the app shuts down.',
    ],
  ],
  [
    "less than shutdownSeconds",
    behind(deployment("web", { ...nativeSleep(10), ...timeout })),
    { shutdownSeconds: 60 },
    [
      'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 10 s and the grace period is 30 s (the default), which leaves 20 s, and the app may need 60 s after SIGTERM. Fix: terminationGracePeriodSeconds: 70.',
    ],
  ],
  [
    "a ceiling",
    behind(deployment("web", { ...nativeSleep(10), ...timeout })),
    { maxGracePeriodSeconds: 35 },
    [
      'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 10 s and the grace period is 30 s (the default), which leaves 20 s, and the app gives itself 30 s (SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE). Fix: shorten the hook or the shutdown: the Pod needs 40 s, and maxGracePeriodSeconds is 35.',
    ],
  ],
  [
    "a grace period that covers it",
    behind(deployment("web", { ...nativeSleep(10), ...timeout }, { pod: { terminationGracePeriodSeconds: 40 } })),
    {},
    [],
  ],
  [
    "a container that is left out",
    behind(deployment("web", { ...nativeSleep(10), ...timeout })),
    { ignoreContainers: ["web"] },
    [],
  ],
];

describe("a finding about an app's own budget", () => {
  for (const [name, resources, settings, expected] of cases) {
    it(`has ${name}`, () => assert.deepEqual(told(resources, settings), expected));
  }

  it("takes the container that needs the most, not the longest hook", () => {
    const two = deployment(
      "web",
      {},
      {
        pod: {
          containers: [
            { name: "a", ...nativeSleep(15), ports: [{ name: "http", containerPort: 80 }] },
            { name: "b", ...nativeSleep(5), ...timeout },
          ],
        },
      },
    );
    assert.match(told(behind(two)).join(), /^Container "b" .* Fix: terminationGracePeriodSeconds: 35\.$/);
  });

  it("reads ConfigMaps where the stack is known, and its fix leaves nothing", () => {
    const web = deployment("web", { ...nativeSleep(10), ...fromConfigMap });
    const stack = asPulumi([...behind(web), configMap({ QUARKUS_SHUTDOWN_TIMEOUT: "50" })]);
    const knowledge = readKnowledge();
    const before = assess({ planned: stack }, knowledge, today);
    assert.deepEqual(before.findings.filter(({ reported }) => reported).map(brief), [
      "apisix-routed-workloads: grace-too-short web web",
    ]);
    for (const { edits } of remedies(before, knowledge, today)) apply(edits);
    assert.equal(podSpec(stack[0]?.props as never).terminationGracePeriodSeconds, 60);
    assert.deepEqual(assess({ planned: stack }, knowledge, today).findings.map(brief), []);
  });

  it("doesn't take for undone what the resource policy couldn't know", () => {
    const web = (grace: number) =>
      deployment(
        "web",
        { ...nativeSleep(10), ...timeout, ...fromConfigMap },
        { ...routed, pod: { terminationGracePeriodSeconds: grace } },
      );
    const conf = configMap({ QUARKUS_SHUTDOWN_TIMEOUT: "50" });
    const [planned, deployed] = [asPulumi([...behind(web(30)), conf]), asPulumi([...behind(web(40)), conf])];
    const repaired = new Map([[deployed[0]?.urn ?? "", new Set([""])]]);
    const { findings } = assess({ planned, deployed, repaired }, readKnowledge(), today);
    const routedFindings = findings.filter(({ policy }) => policy === "apisix-routed-workloads");
    assert.deepEqual(routedFindings.map(brief), ["apisix-routed-workloads: grace-too-short web web"]);
  });

  for (const [read, expected] of [
    // The grace period's own rule says that the app needs so long.
    ["30s", undefined],
    ["50s", { timeout: 50, left: 20, grace: 60, fits: 30 }],
  ] as const) {
    it(`is all that is said of a route's timeout of ${read} that it covers, or not`, () => {
      const [web, shop, route] = behind(deployment("web", { ...nativeSleep(10), ...timeout }));
      const [rule] = (route?.props.spec as { http: object[] }).http;
      Object.assign(rule ?? {}, { timeout: { read } });
      const { findings } = judged([web, shop, route].filter((each) => each !== undefined));
      const slow = findings.find(({ code }) => code === "timeout-exceeds-grace");
      assert.deepEqual(slow?.data, expected);
    });
  }

  for (const [maxGracePeriodSeconds, grace] of [
    [undefined, 60],
    [45, 45],
  ] as const) {
    it(`asks for no shorter timeout where the grace period that the app may need is enough: ceiling ${maxGracePeriodSeconds}`, () => {
      const defaults = { ...nativeSleep(10), ...variables({ QUARKUS_SHUTDOWN_TIMEOUT: "50" }), command: ["./app"] };
      const [web, shop, route] = behind(deployment("web", defaults));
      const [rule] = (route?.props.spec as { http: object[] }).http;
      Object.assign(rule ?? {}, { timeout: { read: "30s" } });
      const settings = maxGracePeriodSeconds === undefined ? {} : { maxGracePeriodSeconds };
      const { findings } = judged(
        [web, shop, route].filter((each) => each !== undefined),
        settings,
      );
      const slow = findings.find(({ code }) => code === "timeout-exceeds-grace");
      assert.deepEqual(slow?.data, { timeout: 30, left: 20, grace });
    });
  }

  it("names no value but the number", () => {
    const secretive = deployment("web", {
      ...nativeSleep(10),
      ...variables({ GUNICORN_CMD_ARGS: "--graceful-timeout 60 --name canary", OTHER: "canary" }),
      command: ["gunicorn", "canary"],
    });
    assert.doesNotMatch(told(behind(secretive)).join(), /canary/);
  });
});
