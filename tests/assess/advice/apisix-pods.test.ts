import assert from "node:assert/strict";
import type { Settings } from "../../../src/settings/schema";
import { judged } from "../../support/findings";
import { UNKNOWN, secret, type TestResource } from "../../support/host";
import { apisixRoute, behind, deployment, hook, nativeSleep, routed } from "../../support/resources";
import { preview } from "../../support/host";

const name = (own: string) => ({ "app.kubernetes.io/name": own });

/** As the public chart makes it, but for what is given. */
const gateway = (container: object = {}, pod: object = {}, options: Parameters<typeof deployment>[2] = {}) =>
  deployment(
    "apisix",
    { name: "apisix", image: "apache/apisix:3.18.0-ubuntu", ...hook("/bin/sh", "-c", "sleep 30"), ...container },
    { labels: name("apisix"), pod: { ...pod }, ...options },
  );

const controller = (container: object = {}, pod: object = {}) =>
  deployment(
    "controller",
    { name: "manager", image: "apache/apisix-ingress-controller:2.2.0", ...container },
    { labels: name("ingress"), pod: { ...pod } },
  );

/** The gateway with its configuration: the lines of nginx_config. */
function configured(lines: string, container: object = {}): TestResource[] {
  const text = `apisix:\n  node_listen: 9080\nnginx_config:\n  worker_processes: auto\n${lines}\n`;
  const mount = { mountPath: "/usr/local/apisix/conf/config.yaml", name: "config", subPath: "config.yaml" };
  return [
    gateway({ volumeMounts: [mount], ...container }, { volumes: [{ name: "config", configMap: { name: "apisix" } }] }),
    configMap({ "config.yaml": text }),
  ];
}

function configMap(data: object): TestResource {
  const metadata = { name: "apisix", namespace: "shop" };
  return {
    type: "kubernetes:core/v1:ConfigMap",
    name: "apisix",
    props: { apiVersion: "v1", kind: "ConfigMap", metadata, data },
  };
}

/** A routed Deployment that is fine, whose route has a timeout. */
function app(timeout?: number): TestResource[] {
  const route = apisixRoute("web");
  const [rule] = (route.props.spec as { http: Record<string, unknown>[] }).http;
  if (timeout !== undefined) rule!.timeout = { read: `${timeout}s`, send: `${timeout}s`, connect: "1s" };
  const fine = deployment("web", nativeSleep(5), { pod: { terminationGracePeriodSeconds: 1000 } });
  return [...behind(fine).slice(0, 2), route];
}

const own = (codes: readonly string[]) => (resources: readonly TestResource[], settings?: Settings) =>
  judged(resources, settings).findings.filter(({ code }) => codes.includes(code));
const ofGateway = own(["gateway-stops-early", "gateway-cuts-requests", "controller-shutdown"]);

const cases: [what: string, resources: TestResource[], expected: (string | object)[], settings?: Settings][] = [
  ["the chart's", [gateway()], [{ needs: 240, by: "default", left: 2, grace: 270 }]],
  [
    "another registry's",
    [gateway({ image: "mirror.example/dockerhub/apache/apisix:3" })],
    [{ needs: 240, by: "default", left: 2, grace: 270 }],
  ],
  [
    "one with a digest",
    [gateway({ image: "apache/apisix@sha256:abc" })],
    [{ needs: 240, by: "default", left: 2, grace: 270 }],
  ],
  [
    "API7's",
    [gateway({ image: "api7/api7-ee-3-gateway:3.9.1", name: "gateway" }, {}, { labels: { app: "x" } })],
    [{ needs: 240, by: "default", left: 2, grace: 270 }],
  ],
  [
    "one by its label",
    [gateway({ image: "own.example/gateway:1" })],
    [{ needs: 240, by: "default", left: 2, grace: 270 }],
  ],
  ["another image with the label", [gateway({ image: "own.example/gateway:1", name: "gateway" })], []],
  ["the dashboard", [gateway({ image: "apache/apisix-dashboard:3", name: "dashboard" })], []],
  ["one that has the time", [gateway({}, { terminationGracePeriodSeconds: 270 })], []],
  [
    "one that has a second less",
    [gateway({}, { terminationGracePeriodSeconds: 269 })],
    [{ needs: 240, by: "default", left: 239, grace: 270 }],
  ],
  ["an unknown grace period", [gateway({}, { terminationGracePeriodSeconds: UNKNOWN })], []],
  ["below a ceiling", [gateway()], [{ needs: 240, by: "default", left: 2 }], { maxGracePeriodSeconds: 100 }],
  ["a patch", [gateway({}, {}, { kind: "DeploymentPatch" })], []],
  ["its setting", configured("  worker_shutdown_timeout: 20s"), [{ needs: 20, by: "setting", left: 2, grace: 50 }]],
  [
    "its setting in minutes, with a comment",
    configured('  worker_shutdown_timeout: "2m" # as the routes'),
    [{ needs: 120, by: "setting", left: 2, grace: 150 }],
  ],
  [
    "its setting as a number",
    configured("  worker_shutdown_timeout: 60"),
    [{ needs: 60, by: "setting", left: 2, grace: 90 }],
  ],
  ["a setting that is no time", configured("  worker_shutdown_timeout: soon"), []],
  ["two settings", configured("  worker_shutdown_timeout: 1s\n  worker_shutdown_timeout: 2s"), []],
  ["a setting in braces", configured("  http: { worker_shutdown_timeout: 1s }"), []],
  ["a setting from the environment", configured("  worker_shutdown_timeout: ${{TIMEOUT:=20s}}"), []],
  ["a file that is too long", configured("#".repeat(100_000)), []],
  ["a container that is ignored", [gateway()], [], { ignoreContainers: ["apisix"] }],
  [
    "a setting in a comment",
    configured("  # worker_shutdown_timeout: 1s"),
    [{ needs: 240, by: "default", left: 2, grace: 270 }],
  ],
  [
    "a configuration of another place",
    [configured("  worker_shutdown_timeout: 1s")[0]!],
    [{ needs: 240, by: "default", left: 2, grace: 270 }],
  ],
  ["the stack's routes", [gateway(), ...app(20)], [{ needs: 20, by: "routes", left: 2, grace: 50 }]],
  ["a route without a timeout", [gateway(), ...app()], [{ needs: 60, by: "routes", left: 2, grace: 90 }]],
  [
    "a route that takes longer than the workers",
    [gateway(), ...app(900)],
    [{ needs: 240, by: "default", left: 2, grace: 270 }],
  ],
  ["no hook", [gateway({ lifecycle: {} }, { terminationGracePeriodSeconds: 300 })], ["gateway-stops-early"]],
  [
    "a hook that is too short",
    [gateway(nativeSleep(2), { terminationGracePeriodSeconds: 300 })],
    ["gateway-stops-early"],
  ],
  ["a hook that may be", [gateway(hook("/drain"), { terminationGracePeriodSeconds: 300 })], []],
  [
    "no hook, and reported already",
    [
      gateway({ lifecycle: {} }, { terminationGracePeriodSeconds: 300 }),
      apisixRoute("apisix"),
      {
        ...behind(gateway())[1]!,
        props: {
          ...behind(gateway())[1]!.props,
          metadata: { name: "apisix", namespace: "shop" },
          spec: { selector: name("apisix"), ports: [{ port: 80 }] },
        },
      },
    ],
    [],
  ],
  ["the controller", [controller({}, { terminationGracePeriodSeconds: 10 })], []],
  ["a controller with grace 0", [controller({}, { terminationGracePeriodSeconds: 0 })], ["controller-shutdown"]],
  ["a controller whose hook fails", [controller(hook("sh", "-c", "sleep", "5"))], ["controller-shutdown"]],
  ["a controller beside a gateway", [controller(), gateway()], [{ needs: 240, by: "default", left: 2, grace: 270 }]],
  [
    "an excused one",
    [
      gateway(
        {},
        {},
        { annotations: { "ignore.apisix-graceful-termination/apisix-rollout-advice": "it is drained by hand" } },
      ),
    ],
    ["excused"],
  ],
];

describe("advice on APISIX's own Pods", () => {
  for (const [what, resources, expected, settings] of cases) {
    it(what, () => {
      const found = ofGateway(resources, settings).map(({ code, data, excuses, policy }) => {
        assert.equal(policy, "apisix-rollout-advice");
        if (excuses.length > 0) return "excused";
        if (code !== "gateway-cuts-requests") return code;
        const { workload, ...others } = data;
        assert.equal(workload, "Deployment shop/apisix");
        return others;
      });
      assert.deepEqual(found, expected);
    });
  }

  it("takes them for no app that nothing leads to", () => {
    const { printed } = judged([gateway({}, { terminationGracePeriodSeconds: 270 })]);
    assert.deepEqual(printed, ["apisix-route-blind-spots: no-routes-seen"]);
  });

  it("tells no time that is a secret", async () => {
    const resources = [gateway({}, { terminationGracePeriodSeconds: secret(31) })];
    const { violations } = await preview(resources);
    const [message] = violations.filter(({ code }) => code === "gateway-cuts-requests");
    assert.match(message?.message ?? "", /at most \(secret\) s left/);
    assert.doesNotMatch(JSON.stringify(violations), /31|261|271/);
  });

  it("says what is said of an app that is annotated, once", () => {
    const codes = ofGateway([gateway({ lifecycle: {} }, {}, routed)]).map(({ code }) => code);
    assert.deepEqual(codes, ["gateway-cuts-requests"]);
  });
});
