/**
 * Random Pods that the Kubernetes API accepts, or nearly: hooks of many forms, native sidecars, grace periods. Those it
 * refuses are refused for one reason only, a native sleep that is longer than the grace period.
 */
import fc from "fast-check";

/** Seconds of a sleep: mostly around the numbers that rules are about. */
const seconds = fc.oneof(fc.constantFrom(0, 1, 4, 5, 6, 10, 20, 25, 29, 30, 31), fc.nat(120));

const probe = fc.constantFrom(
  { httpGet: { path: "/ready", port: 8080 } },
  { tcpSocket: { port: 8080 } },
  { exec: { command: ["cat", "/tmp/ready"] } },
);

/** Scripts of a shell, as people write them. */
const script = seconds.chain((n) =>
  fc.constantFrom(
    `sleep ${n}`,
    `sleep ${n}s`,
    `sleep ${n}.5`,
    ` sleep ${n} `,
    `sleep ${n} ${n}`,
    `sleep ${n} &`,
    `sleep ${n} & wait`,
    `sleep ${n} >/dev/null 2>&1 &`,
    `sleep ${n}; nginx -s quit`,
    `sleep ${n} && nginx -s quit`,
    `nginx -s quit; sleep ${n}`,
    `sleep ${n}; kill 1`,
    `kill 1; sleep ${n}`,
    `sleep 2; kill -TERM 1; sleep ${n}`,
    `echo draining; sleep ${n}`,
    `drain && sleep ${n}`,
    `drain || sleep ${n}`,
    `for i in 1 2 3; do sleep ${n}; done`,
    `while true; do sleep ${n || 1}; done`,
    `while drain; do sleep ${n}; done`,
    `if drain; then sleep ${n}; else sleep 3; fi`,
    "sleep $DELAY",
    `sleep \${DELAY:-${n}}`,
    `sleep "${n}`,
    "sleep infinity",
    "sleep",
    "exit 1",
    "",
  ),
);

const command = fc.oneof(
  script.chain((text) =>
    fc.constantFrom(
      ["/bin/sh", "-c", text],
      ["sh", "-c", text],
      ["bash", "-c", text],
      ["/bin/bash", "-lc", text],
      ["sh", "-ec", text],
      ["/usr/bin/env", "sh", "-c", text],
      // What people get wrong.
      ["sh", text],
      [text],
    ),
  ),
  seconds.chain((n) =>
    fc.constantFrom(
      ["sleep", `${n}`],
      ["/bin/sleep", `${n}`],
      ["sleep", `${n}m`],
      ["sleep", `${n}`, "1"],
      ["busybox", "sleep", `${n}`],
      ["timeout", "20", "sleep", `${n}`],
      ["python", "-c", `import time; time.sleep(${n})`],
      ["powershell", "-Command", `Start-Sleep -Seconds ${n}`],
      ["sh", "-c", "sleep", `${n}`],
      ["/bin/bash", "C", `sleep ${n}`],
      [`sleep ${n}`],
      [`/bin/sh -c 'sleep ${n}'`],
      ["sleep", "five"],
      ["sleep"],
      ["sleep", `-${n}`],
      ["sleep", `${n}sec`],
      ["sleep", "$DELAY"],
    ),
  ),
  fc.constantFrom(["/app/drain"], ["nginx", "-s", "quit"], ["kill", "1"], ["true"], ["catalina.sh", "stop"]),
);

/** A preStop hook that the Kubernetes API accepts. */
const arbitraryHook = fc.oneof(
  { weight: 3, arbitrary: seconds.map((n) => ({ sleep: { seconds: n } })) },
  { weight: 6, arbitrary: command.filter((argv) => argv[0] !== "").map((argv) => ({ exec: { command: argv } })) },
  { weight: 1, arbitrary: fc.constant({ httpGet: { path: "/drain", port: 8080 } }) },
  { weight: 1, arbitrary: fc.constant({ tcpSocket: { port: 8080 } }) },
);

const lifecycle = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 5,
    arbitrary: fc
      .record(
        { postStart: fc.constant({ exec: { command: ["/bin/true"] } }), preStop: arbitraryHook },
        { requiredKeys: ["preStop"] },
      )
      .map((lifecycle) => ({ lifecycle })),
  },
  { weight: 1, arbitrary: fc.constant({ lifecycle: { postStart: { exec: { command: ["/bin/true"] } } } }) },
);

const image = fc.constantFrom("example.com/web:1.4", "busybox", "example.com/distroless/static:nonroot", "nginx:1.27");

const environment = fc.constantFrom(
  {},
  { env: [{ name: "DELAY", value: "7" }] },
  { env: [{ name: "DELAY", valueFrom: { configMapKeyRef: { name: "web", key: "delay" } } }] },
  {
    env: [
      { name: "KEY", valueFrom: { secretKeyRef: { name: "web", key: "key" } } },
      { name: "DELAY", value: "" },
    ],
  },
  { env: [{ name: "SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE", value: "45s" }] },
  { env: [{ name: "SERVER_SHUTDOWN", value: "graceful" }] },
);

type Kind = "ordinary" | "sidecar" | "init";

function container(name: string, kind: Kind): fc.Arbitrary<object> {
  // An ordinary init container may have neither probes nor hooks.
  if (kind === "init") return fc.record({ name: fc.constant(name), image, command: fc.constant(["true"]) });
  return fc
    .tuple(
      fc.record(
        {
          image,
          ports: fc.constant([{ name: `p-${name}`, containerPort: 8080 }]),
          readinessProbe: probe,
          args: fc.constant(["--serve"]),
        },
        { requiredKeys: ["image"] },
      ),
      environment,
      lifecycle,
    )
    .map(([rest, env, hook]) => ({
      name,
      ...(kind === "sidecar" ? { restartPolicy: "Always" } : {}),
      ...rest,
      ...env,
      ...hook,
    }));
}

/** A Pod's spec. Native sleeps may be longer than its grace period, everything else the Kubernetes API accepts. */
export const arbitraryPodSpec: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.array(fc.constantFrom<Kind>("sidecar", "init"), { maxLength: 3 }),
    fc.option(fc.oneof(fc.constantFrom(-1, 0, 1, 5, 15, 30, 60), fc.nat(200)), { nil: undefined }),
    fc.constantFrom({}, { serviceAccountName: "web" }, { nodeSelector: { "kubernetes.io/arch": "amd64" } }),
  )
  .chain(([ordinary, init, terminationGracePeriodSeconds, rest]) =>
    fc
      .tuple(
        fc.tuple(...Array.from({ length: ordinary }, (_, i) => container(`c${i}`, "ordinary"))),
        fc.tuple(...init.map((kind, i) => container(`i${i}`, kind))),
      )
      .map(([containers, initContainers]) => ({
        ...rest,
        ...(initContainers.length > 0 ? { initContainers } : {}),
        containers,
        ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
      })),
  );

const metadata = { name: "web", namespace: "default" };
const labels = { app: "web" };

/** A whole object of one of Kubernetes' own workload kinds around such a Pod. */
export const arbitraryWorkload: fc.Arbitrary<Record<string, unknown>> = arbitraryPodSpec.chain((spec) => {
  const template = { metadata: { labels }, spec };
  const apps = (kind: string, more = {}) => ({
    ...{ apiVersion: "apps/v1", kind, metadata },
    spec: { ...more, selector: { matchLabels: labels }, template },
  });
  return fc.constantFrom<Record<string, unknown>>(
    apps("Deployment", { replicas: 2 }),
    apps("StatefulSet", { serviceName: "web" }),
    apps("DaemonSet"),
    apps("ReplicaSet"),
    { apiVersion: "v1", kind: "ReplicationController", metadata, spec: { selector: labels, template } },
    { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, labels }, spec },
  );
});
