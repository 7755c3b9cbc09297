import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readEvents } from "../../src/report/events";
import { json } from "../../src/report/json";
import { buildReport, emptyReading } from "../../src/report/model";
import { summary } from "../../src/report/text";
import { cpuSeconds } from "../support/cpu";
import { description, fullReport, hostile, line, log, message, policyEvent, summaryEvent, urn } from "./samples";

const read = (text: string) => readEvents(text, "events.jsonl");
const other = policyEvent({ policyPackName: "company-pack" });

describe("report/events: readEvents", () => {
  it("reads a finding, its parts and its run", () => {
    const { findings, stacks, policies, problems } = read(log(policyEvent({ severity: "high" }), summaryEvent()));
    assert.deepEqual(problems, []);
    assert.deepEqual(policies, [{ name: "pre-stop-sleep", description }]);
    assert.deepEqual(stacks, [
      {
        stack: "dev",
        project: "shop",
        source: "events.jsonl",
        at: "2026-09-21T14:13:20.000Z",
        preview: true,
        result: "failed",
        packVersion: "0.1.0",
      },
    ]);
    const [one] = findings;
    assert.equal(findings.length, 1);
    assert.match(one?.fingerprint ?? "", /^[0-9a-f]{32}$/);
    assert.deepEqual(one, {
      policy: "pre-stop-sleep",
      level: "mandatory",
      severity: "high",
      resource: {
        kind: "Deployment",
        namespace: "shop",
        name: "web",
        urn: urn("web"),
        stack: "dev",
        project: "shop",
      },
      what: 'Container "web" gets SIGTERM at once when its Pod terminates, while APISIX may send it requests for 5 s more.',
      evidence: ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"],
      fix: 'lifecycle.preStop.sleep.seconds: 5 on "web".',
      docs: "docs/policies/pre-stop-sleep.md",
      fingerprint: one?.fingerprint,
    });
  });

  describe("finds the events in", () => {
    const event = line(3, policyEvent());
    const end = line(4, summaryEvent());
    const forms: [string, string][] = [
      ["JSON lines", `${event}\n${end}\n`],
      ["Windows line ends", `${event}\r\n${end}\r\n`],
      ["a byte order mark", `\ufeff${event}\n${end}`],
      [
        "lines of other tools",
        `npm warn x\n\n{ not json\n{"level":"info"}\n[1]\n"x"\n${event}\nnull\n{\n\n}\n${end}\nDone`,
      ],
      ["lines with a time before them", `2026-11-22T10:00:00.1Z ${event}\n2026-11-22T10:00:00.2Z ${end}`],
      ["an array", JSON.stringify([JSON.parse(event), JSON.parse(end)])],
      ["an array that is written over lines", JSON.stringify([JSON.parse(event), JSON.parse(end)], undefined, 2)],
      ["an update's output, which begins with its preview's digest", `{\n  "changeSummary": {}\n}\n${event}\n${end}`],
      ["a batch", JSON.stringify({ events: [JSON.parse(event), JSON.parse(end)] })],
      ["a document between lines", `x\n${JSON.stringify({ events: [JSON.parse(event)] }, undefined, 4)}\n${end}`],
      [
        "unknown kinds and newer fields",
        [
          line(0, { brandNewEvent: { a: 1 } }),
          line(1, { somethingElse: 1 }),
          line(2, { policyEvent: null }),
          line(3, { ...policyEvent({ newField: { deep: [1] } }), newTopField: true }),
          end,
        ].join("\n"),
      ],
    ];
    for (const [name, text] of forms) {
      it(name, () => {
        const { findings, problems } = read(text);
        assert.equal(findings.length, 1);
        assert.deepEqual(problems, []);
      });
    }
  });

  describe("says with file and line what it could not read", () => {
    const complete = log(policyEvent(), summaryEvent(), { cancelEvent: {} });
    const cases: [string, string, number, (number | undefined)[], RegExp][] = [
      ["a cut last line", complete + line(9, policyEvent()).slice(0, 90), 1, [4], /last line is cut off/],
      ["a damaged event", line(0, policyEvent()).slice(0, -5) + "\n" + complete, 1, [1], /damaged event/],
      ["no summary", line(0, policyEvent()), 1, [undefined], /without a summary/],
      ["a cut document", complete + '{\n  "schemaVersion": 1,\n  "findings": [', 1, [4], /cut off/],
      ["an empty file", "", 0, [undefined], /no events/],
      ["only other tools' lines", "hello\n", 0, [undefined], /no events/],
      ["the digest of preview --json", '{\n  "steps": [],\n  "changeSummary": {}\n}', 0, [1], /STREAMING_JSON/],
      ["two digests", '{"changeSummary": {}}\n{"changeSummary": {}}', 0, [1, 2], /STREAMING_JSON/],
      ["a digest of another run, after the events", `${complete}{"changeSummary": {}}`, 1, [4], /STREAMING_JSON/],
      ["an event without a message", log(policyEvent({ message: 5 }), summaryEvent()), 0, [1], /no message/],
      ["an unknown level", log(policyEvent({ enforcementLevel: "lethal" }), summaryEvent()), 1, [1], /level/],
      ["a report of a newer version", '{"schemaVersion": 2, "findings": []}', 0, [1], /version 2/],
      ["a report with a damaged finding", '{"schemaVersion": 1, "findings": [{"policy": 1}, 5]}', 0, [1], /2 of its/],
      [
        "a report whose findings have no level",
        `{"schemaVersion": 1, "findings": [{"policy":"p","what":"w","resource":{"kind":"A","name":"b"}}]}`,
        0,
        [1],
        /1 of its/,
      ],
    ];
    for (const [name, text, findings, lines, says] of cases) {
      it(name, () => {
        const reading = read(text);
        assert.equal(reading.findings.length, findings);
        assert.deepEqual(
          reading.problems.map((one) => one.line),
          lines,
        );
        assert.match(reading.problems[0]?.message ?? "", says);
        assert.equal(reading.problems[0]?.source, "events.jsonl");
      });
    }

    it("and marks what may have cost findings", () => {
      assert.equal(read(line(0, policyEvent())).problems[0]?.incomplete, true);
      assert.equal(read(log(policyEvent({ enforcementLevel: "x" }), summaryEvent())).problems[0]?.incomplete, false);
    });

    it("without quoting the line", () => {
      const { problems } = read(line(0, policyEvent({ message: "password" })).slice(0, -5));
      assert.doesNotMatch(JSON.stringify(problems), /password/);
    });

    it("but no more than a few times", () => {
      const { problems } = read(`${'{"sequence":1,\n'.repeat(500)}${log(summaryEvent())}`);
      assert.equal(problems.length, 21);
      assert.match(problems.at(-1)?.message ?? "", /480 more/);
    });
  });

  describe("reads what a real engine wrote (pulumi 3.259.0, examples/shop)", () => {
    const cases: [string, string, (string | undefined)[]][] = [
      ["remediate", "No findings, 2 repairs (2 roll out), 9 resources judged.", []],
      ["advisory", "2 advisory findings on 2 resources, 9 resources judged.", ["api", "storefront"]],
      ["mandatory", "2 mandatory findings on 2 resources, 9 resources judged.", ["api", "storefront"]],
      ["analyze", "2 mandatory findings on 2 resources, 2 would be repaired.", ["api", "storefront"]],
    ];
    for (const [name, says, resources] of cases) {
      it(name, () => {
        const reading = read(readFileSync(join(__dirname, "pulumi", `${name}.jsonl`), "utf8"));
        assert.deepEqual(reading.problems, []);
        assert.equal(reading.stacks.length, 1);
        assert.equal(reading.stacks[0]?.packVersion, "0.1.0");
        const report = buildReport([reading]);
        assert.equal(summary(report), says);
        assert.deepEqual(
          report.findings.map(({ resource }) => resource.namespace === "shop" && resource.name),
          resources,
        );
        for (const one of report.findings) {
          assert.equal(one.policy, "apisix-routed-workloads");
          assert.match(one.what, /^Container "\w+" gets SIG/);
          assert.match(one.evidence[0] ?? "", / › Deployment shop\/\w+$/);
          assert.ok(one.fix && one.docs === "docs/policies/apisix-routed-workloads.md");
        }
      });
    }

    it("the repairs", () => {
      const { repairs } = read(readFileSync(join(__dirname, "pulumi/remediate.jsonl"), "utf8"));
      assert.deepEqual(
        repairs.flatMap(({ changes }) => changes),
        [
          {
            path: 'spec.template.spec.containers["web"].lifecycle.preStop.sleep.seconds',
            kind: "added",
            after: "5 s",
          },
          { path: "spec.template.spec.terminationGracePeriodSeconds", kind: "added", after: "50 s" },
        ],
      );
    });
  });

  it("knows an organization's pack of another name by its policies", () => {
    const own = policyEvent({ policyPackName: "acme-graceful-termination", policyPackVersionTag: "3.0.0" });
    const text = log(own, policyEvent({ policyPackName: "other", policyName: "s3" }), summaryEvent());
    const { findings, otherPacks, stacks } = readEvents(text, "a", {
      policies: [{ name: "pre-stop-sleep", description }],
    });
    assert.equal(findings.length, 1);
    assert.equal(stacks[0]?.packVersion, "3.0.0");
    assert.deepEqual(
      otherPacks.map(({ name }) => name),
      ["other"],
    );
  });

  it("keeps other packs apart, and counts them", () => {
    const remediation = { policyRemediationEvent: { resourceUrn: urn("web"), policyPackName: "company-pack" } };
    const advisory = policyEvent({ policyPackName: "company-pack", enforcementLevel: "advisory" });
    const { findings, repairs, otherPacks } = read(log(other, advisory, remediation, policyEvent(), summaryEvent()));
    assert.equal(findings.length, 1);
    assert.equal(repairs.length, 0);
    assert.deepEqual(otherPacks, [{ name: "company-pack", findings: 2, mandatory: 1, repairs: 1 }]);
  });

  it("takes a resource's name in the cluster from whatever tells it", () => {
    const inputs = (metadata: object) => ({
      resourcePreEvent: { metadata: { urn: urn("web"), new: { inputs: { metadata } } } },
    });
    const plain = policyEvent({ message: `${description}\nSomething.` });
    const cases: [string, object[], object][] = [
      ["the chain", [policyEvent()], { namespace: "shop", name: "web" }],
      ["a step after it", [plain, inputs({ namespace: "ns", name: "web-12" })], { namespace: "ns", name: "web-12" }],
      ["a secret name", [plain, inputs({ name: { "4dabf18193072939515e22adb298388d": "x" } })], { name: "web" }],
      ["nothing", [plain], { name: "web" }],
      ["another finding on it", [plain, policyEvent()], { namespace: "shop", name: "web" }],
    ];
    for (const [name, events, expected] of cases) {
      const { kind, urn, stack, project, ...identity } =
        read(log(...events, summaryEvent())).findings[0]?.resource ?? {};
      assert.deepEqual([kind, urn, stack, project], ["Deployment", urn, "dev", "shop"]);
      assert.deepEqual(identity, expected, name);
    }
  });

  it("names the workload when a stack policy reports on the stack", () => {
    const onStack = policyEvent({ resourceUrn: "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev" });
    const { resource } = read(log(onStack, summaryEvent())).findings[0] ?? {};
    assert.equal(resource?.kind, "Deployment");
    assert.equal(resource?.name, "web");
  });

  it("shows a repair without what the resource holds", () => {
    const pod = (lifecycle: object, grace?: number) => ({
      metadata: { name: "web", namespace: "shop", annotations: { token: "hunter2" } },
      spec: {
        template: {
          spec: {
            terminationGracePeriodSeconds: grace,
            containers: [{ name: "web", env: [{ name: "PASSWORD", value: "hunter2" }], ...lifecycle }],
          },
        },
      },
    });
    const remediation = (before: unknown, after: unknown) =>
      read(
        log(
          {
            policyRemediationEvent: {
              resourceUrn: urn("web"),
              policyName: "pre-stop-sleep",
              policyPackName: "apisix-graceful-termination",
              before,
              after,
            },
          },
          summaryEvent(),
        ),
      ).repairs[0];
    const exec = (...command: string[]) => ({ lifecycle: { preStop: { exec: { command } } } });
    const sleep = (seconds: unknown) => ({ lifecycle: { preStop: { sleep: { seconds } } } });
    const path = 'spec.template.spec.containers["web"].lifecycle.preStop';
    const grace = "spec.template.spec.terminationGracePeriodSeconds";
    const cases: [string, unknown, unknown, object[]][] = [
      ["a new hook", pod({}), pod(sleep(5)), [{ path: `${path}.sleep.seconds`, kind: "added", after: "5 s" }]],
      [
        "a longer hook and grace period",
        pod(sleep(1), 30),
        pod(sleep(5), 45),
        [
          { path: grace, kind: "changed", before: "30 s", after: "45 s" },
          { path: `${path}.sleep.seconds`, kind: "changed", before: "1 s", after: "5 s" },
        ],
      ],
      [
        "a broken command",
        pod(exec("sh", "-c", "curl -u me:hunter2 x")),
        pod(exec("/bin/sh", "-c", "sleep 5")),
        [{ path: `${path}.exec.command`, kind: "changed", after: "sleep 5 s" }],
      ],
      [
        "a command of someone else",
        pod({}),
        pod(exec("/bin/sh", "-c", "sleep 5; echo hunter2")),
        [{ path: `${path}.exec.command`, kind: "added" }],
      ],
      [
        "another field",
        pod({ image: "hunter2" }),
        pod({ image: "hunter22" }),
        [{ path: 'spec.template.spec.containers["web"].image', kind: "changed" }],
      ],
      [
        "a secret number",
        pod(sleep({ "4dabf18193072939515e22adb298388d": "hunter2" })),
        pod(sleep(5)),
        [{ path: `${path}.sleep.seconds`, kind: "changed", after: "5 s" }],
      ],
      ["nothing to compare", undefined, undefined, []],
    ];
    for (const [name, before, after, changes] of cases) {
      const repair = remediation(before, after);
      assert.deepEqual(repair?.changes, changes, name);
      assert.doesNotMatch(JSON.stringify(repair), /hunter2/, name);
    }
    assert.equal(remediation(pod({}), pod(sleep(5)))?.resource.namespace, "shop");
  });

  it("reads many operations of many stacks, in one file and in several", () => {
    const at = (stack: string) => policyEvent({ resourceUrn: urn("web", undefined, stack) });
    const judged = (name: string, stack: string) => ({
      policyAnalyzeSummaryEvent: {
        resourceUrn: urn(name, undefined, stack),
        policyPackName: "apisix-graceful-termination",
        passed: ["pre-stop-sleep"],
      },
    });
    const clean = log(
      { preludeEvent: { config: {} } },
      judged("a", "qa"),
      judged("b", "qa"),
      judged("a", "qa"),
      summaryEvent({ result: "succeeded" }),
    );
    const reading = read(log({ preludeEvent: {} }, at("dev"), summaryEvent()) + clean);
    assert.deepEqual(
      reading.stacks.map(({ stack, result, judged }) => [stack, result, judged]),
      [
        ["dev", "failed", undefined],
        ["qa", "succeeded", 2],
      ],
    );
    const report = buildReport([reading, read(log(at("live"), summaryEvent())), read(log(at("live"), summaryEvent()))]);
    assert.deepEqual(
      report.findings.map((one) => one.resource.stack),
      ["dev", "live"],
    );
    assert.equal(report.totals.stacks, 3);
  });

  it("has the word of a file's last operation, and counts what both say once", () => {
    const repair = (after: object) => ({
      policyRemediationEvent: { ...policyEvent().policyEvent, before: {}, after },
    });
    const twice =
      log(policyEvent(), repair({ a: 1 }), summaryEvent()) + log(policyEvent(), repair({ b: 1 }), summaryEvent());
    const { findings, repairs, stacks } = read(twice);
    assert.deepEqual([findings.length, repairs.length, stacks.length], [1, 1, 2]);
    assert.equal(repairs[0]?.changes[0]?.path, "b");
  });

  it("reads a state of several stacks as one operation", () => {
    const at = (stack: string) => policyEvent({ resourceUrn: urn("web", undefined, stack) });
    const { stacks, problems } = read(log(at("a"), at("b"), at("a"), summaryEvent()));
    assert.deepEqual(problems, []);
    assert.deepEqual(
      stacks.map(({ stack }) => stack),
      ["a", "b"],
    );
  });

  it("reads a log that was cut off and begun again", () => {
    const { problems, stacks } = read(
      `${line(0, { preludeEvent: {} })}\n${line(1, policyEvent())}\n${log(summaryEvent())}`,
    );
    assert.equal(stacks.length, 2);
    assert.match(problems[0]?.message ?? "", /without a summary/);
  });

  it("reads its own JSON back, alone and between other lines", () => {
    const report = fullReport();
    for (const text of [json(report), `npm notice\n${json(report)}bye\n`, JSON.stringify(report)]) {
      const reading = read(text);
      const again = buildReport([reading], { createdAt: report.createdAt ?? "", version: "0.1.0" });
      assert.deepEqual(again, report);
    }
  });

  it("takes a clean report of its own for one", () => {
    assert.deepEqual(read(json(buildReport([emptyReading()]))).problems, []);
  });

  it("takes away colors", () => {
    const colored = message.replace("Container", "<{%fg 1%}>\u001b[31mContainer\u001b[0m<{%reset%}>");
    const { findings } = read(log(policyEvent({ message: colored }), summaryEvent()));
    assert.match(findings[0]?.what ?? "", /^Container "web" gets/);
  });

  it("cuts huge messages and still reads fast", () => {
    const { findings } = read(log(policyEvent({ message: "m".repeat(5_000_000) }), summaryEvent()));
    assert.match(findings[0]?.what ?? "", /^m{10000}… \(4990000 more characters\)$/);
  });

  it("stays fast when every line looks like the start of a document", () => {
    const text = '{\n "a":\n'.repeat(50_000) + "}\n";
    assert.ok(cpuSeconds(() => read(text)) < 3);
  });

  describe("reads URNs of every legal form", () => {
    const names = ["web", "a::b", "::", "urn:pulumi:a::b::c::d", "with space/and$dollar", "ünïcode ☃", "", ...hostile];
    for (const name of names) {
      it(JSON.stringify(name.slice(0, 60)), () => {
        const type = "my:component:Shop$kubernetes:apps/v1:Deployment";
        const event = policyEvent({ resourceUrn: urn(name, type), message: "x" });
        const { resource } = read(log(event, summaryEvent())).findings[0] ?? {};
        assert.deepEqual([resource?.kind, resource?.name, resource?.stack], ["Deployment", name, "dev"]);
      });
    }
    it("and what is none", () => {
      for (const resourceUrn of [undefined, "", "urn:pulumi:dev", "nonsense", 5]) {
        const { findings } = read(log(policyEvent({ resourceUrn, message: "x" }), summaryEvent()));
        assert.equal(findings[0]?.resource.kind, "Resource");
      }
    });
  });

  it("never throws, whatever the text and the values", () => {
    const anyEvent = fc.oneof(
      fc.record({ policyEvent: fc.anything() }),
      fc.record({ policyRemediationEvent: fc.anything(), sequence: fc.anything(), timestamp: fc.anything() }),
      fc.record({ policyEvent: fc.dictionary(fc.string(), fc.anything()), resourcePreEvent: fc.anything() }),
      fc.record({ schemaVersion: fc.integer(), findings: fc.array(fc.anything()), timelines: fc.anything() }),
      fc.record({ summaryEvent: fc.anything(), events: fc.anything() }),
    );
    const chunk = fc.oneof(
      fc.string(),
      fc.json(),
      anyEvent.map((event) => {
        try {
          return JSON.stringify(event) ?? "";
        } catch {
          return "";
        }
      }),
    );
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const reading = read(chunks.join("\n"));
        json(buildReport([reading]));
      }),
      { numRuns: 300 },
    );
  });

  it("leaves nothing out when a log is cut anywhere: it says so", () => {
    const whole = log(policyEvent(), policyEvent({ resourceUrn: urn("b") }), summaryEvent());
    for (let length = 1; length < whole.length - 2; length++) {
      const { findings, problems } = read(whole.slice(0, length));
      assert.ok(findings.length === 2 || problems.some((one) => one.incomplete), `cut at ${length}`);
    }
  });
});
