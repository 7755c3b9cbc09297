import assert from "node:assert/strict";
import { cli } from "./run";

const route = `---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: apisix.apache.org/v2
kind: ApisixRoute
metadata: { name: web, namespace: shop }
spec: { http: [{ name: a, backends: [{ serviceName: web, servicePort: 80 }] }] }
`;

/** A Deployment whose Pod's spec begins in line 8, and its container in line 10 or below. */
const deployment = (container: string, spec = "", metadata = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop${metadata} }
spec:
  template:
    metadata: { labels: { app: web } }
    spec:${spec}
      containers:
        - name: web
          readinessProbe: { tcpSocket: { port: 80 } }${container}
${route}`;

const hook = (seconds: number) => `\n          lifecycle:\n            preStop: { sleep: { seconds: ${seconds} } }`;

const cases: [what: string, text: string, code: string, line: number, column: number][] = [
  ["a container without a hook", deployment(""), "no-hook", 9, 11],
  ["one with another hook", deployment("\n          lifecycle: { postStart: {} }"), "no-hook", 11, 11],
  ["a hook that is too short", deployment(hook(2)), "hook-too-short", 12, 13],
  ["a grace period", deployment(hook(5), "\n      terminationGracePeriodSeconds: 6"), "grace-too-short", 8, 7],
  ["one that isn't set, by the container", deployment(hook(25)), "grace-too-short", 9, 11],
  ["a grace period of 0", deployment(hook(5), "\n      terminationGracePeriodSeconds: 0"), "grace-zero", 8, 7],
  ["a hook in the wrong place", deployment("\n          preStop: { sleep: { seconds: 5 } }"), "field-dropped", 11, 11],
  [
    "an annotation",
    deployment(hook(5), "", ", annotations: { apisix-graceful-termination/routed: maybe }"),
    "annotation-not-boolean",
    3,
    56,
  ],
  [
    "a command that hides the app",
    deployment(`${hook(5)}\n          command: [sh, -c, "/app & wait"]`),
    "signal-may-be-lost",
    13,
    11,
  ],
  [
    "the object, where no one field is meant",
    deployment(hook(5)).replace(/\n *readiness.*/, ""),
    "nothing-takes-over",
    1,
    1,
  ],
];

describe("cli/field-of", () => {
  for (const [what, stdin, code, line, column] of cases) {
    it(`a finding is at ${what}`, async () => {
      const { stdout } = await cli(["check", "-", "--format", "json"], { stdin });
      const { findings } = JSON.parse(stdout) as { findings: { code: string; location?: object }[] };
      const found = findings.find((one) => one.code === code);
      assert.ok(found, findings.map((one) => one.code).join());
      assert.deepEqual(found.location, { file: "-", line, column });
    });
  }
});
