/** Reports as large as they come, and as varied. */
import { buildReport, emptyReading, finding, type Report, type WorkloadTimeline } from "../../src/report/model";
import { container, short, timeline } from "./samples";

/** Every sort of timeline that a picture has to cope with. */
export function timelines(): WorkloadTimeline[] {
  const workload = (name: string) => ({
    kind: "Deployment",
    namespace: "gallery",
    name,
    stack: "dev",
    project: "shop",
  });
  const maybe = container({
    name: "envoy",
    sidecar: true,
    hook: { atLeast: 3, atMost: 8 },
    sigterm: { atLeast: 3, atMost: 8 },
    left: { atLeast: 22, atMost: 27 },
    verdict: "short",
    because: "Its hook may end after 3 s, before APISIX has stopped sending requests.",
  });
  const unknown = container({
    name: "api",
    hook: { atLeast: 0, atMost: null },
    sigterm: { atLeast: 0, atMost: null },
    left: { atLeast: 0, atMost: 30 },
    verdict: "unknown",
    because: "How long an httpGet hook lasts is decided by the server.",
  });
  const long = container({
    hook: { atLeast: 15, atMost: 15 },
    sigterm: { atLeast: 15, atMost: 15 },
    left: { atLeast: 3585, atMost: 3585 },
    sigkill: 3600,
  });
  const cut = container({
    hook: { atLeast: 60, atMost: 60 },
    sigterm: { atLeast: 30, atMost: 30 },
    left: { atLeast: 2, atMost: 2 },
    sigkill: 32,
    verdict: "short",
    because: "Its hook is cut at the end of the grace period.",
  });
  const zero = container({
    ...short,
    sigterm: null,
    left: { atLeast: 0, atMost: 0 },
    sigkill: 0,
    because: "A grace period of 0 is a forced deletion.",
  });
  const noEnd = container({ left: { atLeast: 0, atMost: null }, sigkill: null, verdict: "unknown", because: "" });
  return [
    { workload: workload("repaired"), t: 5, before: timeline([short], 30), after: timeline([container()], 30) },
    { workload: workload("three-containers"), t: 5, after: timeline([container(), maybe, unknown], 30) },
    { workload: workload("long-grace-period"), t: 15, after: timeline([long], 3600) },
    {
      workload: workload("cut-hook"),
      t: 15,
      before: timeline([cut], 30),
      after: timeline([{ ...long, sigkill: 45 }], 45),
    },
    { workload: workload("no-grace-period"), t: 5, before: timeline([zero], 0), after: timeline([container()], 30) },
    { workload: workload("unknown-grace-period"), t: 5, after: timeline([noEnd], null) },
    { workload: workload("late-route"), t: 40, after: timeline([{ ...short, sigkill: 30 }], 30) },
  ];
}

/** So many findings on half as many workloads of five stacks, each with a picture before and after. */
export function bigReport(findings: number): Report {
  const reading = emptyReading();
  for (let stack = 0; stack < 5; stack++) {
    reading.stacks.push({ source: `stack-${stack}.jsonl`, stack: `live-${stack}`, project: "shop", result: "failed" });
  }
  for (let i = 0; i < findings / 2; i++) {
    const [stack, project, namespace, name] = [`live-${i % 5}`, "shop", `team-${i % 40}`, `service-${i}`];
    const urn = `urn:pulumi:${stack}::${project}::kubernetes:apps/v1:Deployment::${name}`;
    const resource = { kind: "Deployment", namespace, name, stack, project, urn };
    for (const [policy, level] of [
      ["pre-stop-sleep", "mandatory"],
      ["termination-grace-period", "advisory"],
    ] as const) {
      reading.findings.push(
        finding({
          policy,
          level,
          resource,
          what: `Container "web" of ${name} gets SIGTERM at once when its Pod terminates, while APISIX may send it requests for 5 s more.`,
          evidence: [
            `ApisixRoute ${namespace}/${name} › Service ${namespace}/${name}:80 › Deployment ${namespace}/${name}`,
          ],
          fix: 'lifecycle.preStop.sleep.seconds: 5 on "web".',
          docs: `docs/policies/${policy}.md`,
        }),
      );
    }
    reading.timelines.push({
      workload: resource,
      t: 5,
      before: timeline([short, container({ name: "log" })]),
      after: timeline([container()]),
    });
  }
  return buildReport([reading]);
}
