/** Events, findings and reports that several tests use. */
import {
  buildReport,
  emptyReading,
  finding,
  packName,
  type Code,
  type Finding,
  type Report,
} from "../../src/report/model";
import type { ContainerTimeline, Repair, Timeline, WorkloadTimeline } from "../../src/report/model";

export const description = "Every container delays its SIGTERM until APISIX has stopped sending requests.";

export function urn(name: string, type = "kubernetes:apps/v1:Deployment", stack = "dev", project = "shop"): string {
  return `urn:pulumi:${stack}::${project}::${type}::${name}`;
}

export const message = [
  description,
  'Container "web" gets SIGTERM at once when its Pod terminates, while APISIX may send it requests for 5 s more.',
  "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
  'Fix: lifecycle.preStop.sleep.seconds: 5 on "web". docs/policies/pre-stop-sleep.md',
].join("\n");

/** One line of a log. */
export function line(sequence: number, event: object): string {
  return JSON.stringify({ sequence, timestamp: 1_790_000_000 + sequence, ...event });
}

export function policyEvent(over: object = {}): { policyEvent: object } {
  return {
    policyEvent: {
      resourceUrn: urn("web"),
      message,
      color: "never",
      policyName: "pre-stop-sleep",
      policyPackName: packName,
      policyPackVersion: "0.1.0",
      policyPackVersionTag: "0.1.0",
      enforcementLevel: "mandatory",
      ...over,
    },
  };
}

export function summaryEvent(over: object = {}): { summaryEvent: object } {
  return {
    summaryEvent: {
      maybeCorrupt: false,
      durationSeconds: 2,
      resourceChanges: { create: 3 },
      PolicyPacks: { [packName]: "v0.1.0" },
      isPreview: true,
      result: "failed",
      ...over,
    },
  };
}

export function log(...events: object[]): string {
  return events.map((event, i) => line(i, event)).join("\n") + "\n";
}

export function container(over: Partial<ContainerTimeline> = {}): ContainerTimeline {
  return {
    name: "web",
    sidecar: false,
    hook: { atLeast: 5, atMost: 5 },
    sigterm: { atLeast: 5, atMost: 5 },
    left: { atLeast: 25, atMost: 25 },
    sigkill: 30,
    verdict: "ok",
    because: "SIGTERM comes 5 s after the Pod began to terminate.",
    ...over,
  };
}

export const short: ContainerTimeline = container({
  hook: { atLeast: 0, atMost: 0 },
  sigterm: { atLeast: 0, atMost: 0 },
  left: { atLeast: 30, atMost: 30 },
  verdict: "short",
  because: "No preStop hook.",
});

export function timeline(containers = [container()], gracePeriod: number | null = 30): Timeline {
  return { gracePeriod, containers };
}

export function workloadTimeline(over: Partial<WorkloadTimeline> = {}): WorkloadTimeline {
  return {
    workload: { kind: "Deployment", namespace: "shop", name: "web", stack: "dev", project: "shop", urn: urn("web") },
    t: 5,
    before: timeline([short]),
    after: timeline(),
    ...over,
  };
}

export const aCode: Code = {
  code: "service-not-in-stack",
  policies: ["apisix-route-blind-spots"],
  why: "A route of this stack names a Service of another stack. What it selects can't be seen from here.",
  url: "https://example.org/docs/findings.md#service-not-in-stack",
};

export function aFinding(over: Partial<Finding> = {}): Finding {
  return finding({
    policy: "pre-stop-sleep",
    level: "mandatory",
    resource: {
      kind: "Deployment",
      namespace: "shop",
      name: "web",
      stack: "dev",
      project: "shop",
      urn: urn("web"),
    },
    what: 'Container "web" gets SIGTERM at once when its Pod terminates, while APISIX may send it requests for 5 s more.',
    evidence: ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"],
    fix: 'lifecycle.preStop.sleep.seconds: 5 on "web".',
    docs: "docs/policies/pre-stop-sleep.md",
    ...over,
  });
}

export function aRepair(over: Partial<Repair> = {}): Repair {
  return {
    policy: "termination-grace-period",
    resource: { kind: "Deployment", namespace: "shop", name: "api", stack: "dev", project: "shop", urn: urn("api") },
    changes: [
      { path: "spec.template.spec.terminationGracePeriodSeconds", kind: "changed", before: "30 s", after: "45 s" },
    ],
    outcome: "rolls-out",
    ...over,
  };
}

/** A repair of one container's hook. */
export function aHookRepair(container = "web", over: Partial<Repair> = {}): Repair {
  const path = `spec.template.spec.containers[${JSON.stringify(container)}].lifecycle.preStop.sleep.seconds`;
  return aRepair({ policy: "pre-stop-sleep", changes: [{ path, kind: "added", after: "5 s" }], ...over });
}

/** With everything that a report can have. */
export function fullReport(): Report {
  return buildReport(
    [
      {
        ...emptyReading(),
        stacks: [
          {
            source: "events.jsonl",
            stack: "dev",
            project: "shop",
            at: "2026-09-21T14:13:20.000Z",
            preview: true,
            result: "failed",
            packVersion: "0.1.0",
            judged: 12,
          },
        ],
        policies: [{ name: "pre-stop-sleep", description, url: "https://example.org/docs/pre-stop-sleep" }],
        codes: [aCode],
        findings: [
          aFinding(),
          aFinding({
            policy: "apisix-route-blind-spots",
            code: "service-not-in-stack",
            level: "advisory",
            severity: "low",
            resource: { kind: "ApisixRoute", namespace: "shop", name: "cart", stack: "dev", project: "shop" },
            what: 'Service "cart" is not in this stack, so its workloads can\'t be judged.',
            evidence: [],
            fix: 'add Service "cart" to the stack.',
            docs: "https://example.org/docs/findings.md#service-not-in-stack",
            location: { file: "manifests/shop web/routes.yaml", line: 12, column: 3 },
          }),
          aFinding({
            level: "advisory",
            resource: { kind: "Deployment", namespace: "legacy", name: "old", stack: "dev", project: "shop" },
            suppressed: { reason: "Drains by itself.", until: "2027-01-31" },
          }),
        ],
        repairs: [aRepair()],
        timelines: [workloadTimeline()],
        otherPacks: [{ name: "company-pack", findings: 3, mandatory: 1, repairs: 0 }],
        problems: [
          {
            source: "events.jsonl",
            line: 7,
            message: "This line is a damaged event: it is not JSON.",
            incomplete: true,
          },
        ],
      },
    ],
    { createdAt: "2026-09-21T14:20:00.000Z", version: "0.1.0" },
  );
}

/** Text that each format must show as text, in every place that a manifest, program or pack can fill. */
export const hostile = [
  `<script>alert(1)</script>`,
  `<img src=x onerror=alert(1)>`,
  `"><svg/onload=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</script><script>alert(1)</script>`,
  `</noscript><script>alert(1)</script>`,
  `</style><script>alert(1)</script>`,
  `<!-- --!> <b>`,
  `]]><x/>`,
  `&lt;script&gt; &#x3c; &nonexistent;`,
  "`code` ``more`` ```fence",
  `[link](javascript:alert(1)) ![image](https://evil.example/x.png)`,
  `| a | b |\n|---|---|\n| c | d |`,
  `# heading\n\n- list\n\n> quote\n\n/close\n\n    code`,
  `@everyone #1 !2 $3 ~bug GH-4 https://evil.example www.evil.example mail@evil.example`,
  `**bold** __bold__ ~~gone~~ $x^2$ :tada: \\escaped`,
  `</details></summary></table>`,
  `\u001b[31mred\u001b[0m \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007`,
  `\u0000\u0008\u000b\u001f\u007f\u0085\ud800 \ufffe`,
  `right-to-left \u202egnp.exe\u202c`,
  `{0} {1} {{0}} %s %n \${x}`,
  `constructor`,
  `__proto__`,
  `x`.repeat(5000),
];

/** A report that has the text everywhere. */
export function reportFull(of: string): Report {
  const id = `urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::${of}`;
  const resource = { kind: of, namespace: of, name: of, urn: id, stack: of, project: of };
  return buildReport(
    [
      {
        stacks: [{ source: of, stack: of, project: of, at: of, result: of, packVersion: of }],
        policies: [{ name: of, description: of, help: of, url: of }],
        codes: [{ code: of, policies: [of], why: of, url: of }],
        findings: [
          finding({
            policy: of,
            code: of,
            container: of,
            level: "mandatory",
            resource,
            what: of,
            evidence: [of, `${of} › ${of}`],
            fix: of,
            docs: of,
            location: { file: of, line: 1 },
          }),
          finding({
            policy: of,
            level: "advisory",
            resource,
            what: of,
            evidence: [],
            suppressed: { reason: of, until: of },
          }),
          finding({ policy: of, level: "advisory", resource, what: of, evidence: [] }),
        ],
        repairs: [
          { policy: of, resource, changes: [{ path: of, kind: "changed", before: of, after: of }] },
          { ...aHookRepair(of), resource, outcome: "would-be-repaired" },
        ],
        timelines: [
          {
            workload: resource,
            t: 5,
            after: timeline([container({ name: of, because: of })]),
            before: timeline([short]),
          },
        ],
        otherPacks: [{ name: of, findings: 1, mandatory: 1, repairs: 1 }],
        problems: [{ source: of, line: 1, message: of, incomplete: true }],
      },
    ],
    { version: of, createdAt: of },
  );
}
