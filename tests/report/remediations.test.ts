import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readEvents, type EventOptions, type EventProperties } from "../../src/report/events";
import { log, policyEvent, summaryEvent, urn } from "./samples";

const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
const prelude = { preludeEvent: { config: {} } };

/** A Deployment's properties, as far as a repair looks at them. */
function inputs(seconds?: number, grace?: number, more: object = {}) {
  const lifecycle = seconds === undefined ? {} : { lifecycle: { preStop: { sleep: { seconds } } } };
  const spec = { containers: [{ name: "web", ...lifecycle, ...more }] };
  return {
    metadata: { name: "web", namespace: "shop" },
    spec: { template: { spec: grace === undefined ? spec : { ...spec, terminationGracePeriodSeconds: grace } } },
  };
}

/** With a sidecar before it, and its containers in another order than the program's. */
const reordered = {
  spec: { template: { spec: { containers: [{ name: "proxy" }, ...inputs(5).spec.template.spec.containers] } } },
};
const hidden = { spec: { template: { spec: { containers: secret } } } };

function remediation(before: unknown, after: unknown, over: object = {}) {
  const { policyEvent: own } = policyEvent({ policyName: "pre-stop-sleep", ...over });
  return { policyRemediationEvent: { ...own, before, after } };
}

interface States {
  old?: unknown;
  new?: unknown;
  outputs?: unknown;
  diff?: string[];
}

/** The events of one step; of one that isn't done, the first alone. */
function step(op: string, states: States, end: string | undefined = "resOutputsEvent"): object[] {
  const of = (inputs: unknown, outputs?: unknown) => (inputs === undefined ? null : { inputs, outputs });
  const metadata = (outputs?: unknown) => ({
    ...{ op, urn: urn("web"), old: of(states.old), new: of(states.new, outputs) },
    detailedDiff: states.diff ? Object.fromEntries(states.diff.map((path) => [path, { diffKind: "add" }])) : null,
  });
  const started = { resourcePreEvent: { metadata: metadata({}) } };
  return end === "" ? [started] : [started, { [end]: { metadata: metadata(states.outputs) } }];
}

const [bare, repaired] = [inputs(), inputs(5)];
const hook = remediation(bare, repaired);
const otherPack = (before: unknown, after: unknown) =>
  remediation(before, after, { policyName: "company", policyPackName: "company-pack" });

function outcomes(events: object[], options?: EventOptions): string[] {
  return readEvents(log(prelude, ...events, summaryEvent()), "events.jsonl", options).repairs.map(
    ({ policy, outcome, because, changes }) =>
      [
        outcome ?? "?",
        because,
        policy === "pre-stop-sleep" ? undefined : policy,
        changes.length === 1 ? undefined : changes.length,
      ]
        .filter((part) => part !== undefined)
        .join(" "),
  );
}

describe("report/remediations: what becomes of a repair", () => {
  const cases: [string, object[], string[]][] = [
    ["it is created", [hook, ...step("create", { new: repaired })], ["rolls-out"]],
    ["it is updated", [hook, ...step("update", { old: bare, new: repaired })], ["rolls-out"]],
    ["nothing changes, and the state has it", [hook, ...step("same", { old: repaired, new: repaired })], ["kept"]],
    ["another field is updated", [hook, ...step("update", { old: repaired, new: repaired })], ["kept"]],
    ["the containers stand in another order", [hook, ...step("update", { old: reordered, new: reordered })], ["kept"]],
    [
      // The planned inputs of a step that changes nothing hold the repair all the same.
      "nothing changes, and the state lacks it: ignoreChanges",
      [hook, ...step("same", { old: bare, new: repaired })],
      ["not-applied ignored"],
    ],
    [
      "a part of it is ignored",
      [remediation(inputs(undefined, 2), inputs(5, 5)), ...step("same", { old: inputs(5, 2), new: inputs(5, 5) })],
      ["kept", "not-applied ignored"],
    ],
    [
      "it is replaced",
      [
        hook,
        ...step("delete-replaced", { old: bare }),
        ...step("replace", { old: bare, new: bare }),
        ...step("create-replacement", { old: bare, new: bare }),
      ],
      ["not-applied replaced"],
    ],
    [
      "it is replaced, and its successor has it",
      [hook, ...step("create-replacement", { old: repaired, new: repaired })],
      ["rolls-out"],
    ],
    [
      "it is imported, and then updated",
      [...step("import", { new: bare }), hook, ...step("update", { old: bare, new: repaired })],
      ["rolls-out"],
    ],
    ["it is imported, and no more is said", [hook, ...step("import", { new: repaired })], ["?"]],
    [
      "it is refreshed before",
      [...step("refresh", { old: bare, new: bare }), hook, ...step("same", { old: repaired, new: repaired })],
      ["kept"],
    ],
    [
      "a refresh comes between, and ends as another step",
      [
        hook,
        ...step("refresh", { old: bare, new: bare }, ""),
        {
          resOutputsEvent: { metadata: { op: "same", urn: urn("web"), old: { inputs: bare }, new: { inputs: bare } } },
        },
        ...step("update", { old: bare, new: repaired }),
      ],
      ["rolls-out"],
    ],
    [
      "the API answers that it doesn't have it",
      [hook, ...step("update", { old: bare, new: repaired, outputs: bare })],
      ["not-applied"],
    ],
    [
      "the API answers with more than was asked for",
      [hook, ...step("update", { old: bare, new: repaired, outputs: inputs(5, 30) })],
      ["rolls-out"],
    ],
    ["outputs without a spec say nothing", [hook, ...step("create", { new: repaired, outputs: {} })], ["rolls-out"]],
    ["the step fails", [hook, ...step("update", { old: bare, new: repaired }, "resOpFailedEvent")], ["?"]],
    ["the step doesn't end", [hook, ...step("update", { old: bare, new: repaired }, "")], ["?"]],
    ["there is no step", [hook], ["?"]],
    ["another resource has one", [hook, ...step("create", { new: repaired }).map((event) => rename(event))], ["?"]],
    [
      "a second policy goes on from it",
      [
        remediation(inputs(undefined, 2), inputs(5, 5)),
        remediation(inputs(5, 5), inputs(5, 15), { policyName: "termination-grace-period" }),
        ...step("update", { old: inputs(undefined, 2), new: inputs(5, 15) }),
      ],
      ["rolls-out 2", "rolls-out termination-grace-period"],
    ],
    [
      "another pack raises what it wrote",
      [hook, otherPack(repaired, inputs(9)), ...step("create", { new: inputs(9) })],
      ["rolls-out"],
    ],
    ["another pack takes it out", [hook, otherPack(repaired, bare), ...step("create", { new: bare })], ["not-applied"]],
    [
      "a handler goes with it",
      [
        remediation(
          inputs(undefined, undefined, { lifecycle: { preStop: { exec: { command: ["false"] } } } }),
          repaired,
        ),
        ...step("update", { old: bare, new: repaired }),
      ],
      ["rolls-out 2"],
    ],
    [
      "a secret hides it, and it is created",
      [remediation(hidden, hidden), ...step("create", { new: hidden })],
      ["rolls-out 0"],
    ],
    [
      "a secret hides it, and its hook is updated",
      [
        remediation(hidden, hidden),
        ...step("update", { old: hidden, new: hidden, diff: ["spec.template.spec.containers[0].lifecycle"] }),
      ],
      ["rolls-out 0"],
    ],
    [
      "a secret hides it, and its grace period is updated",
      [
        remediation(hidden, hidden),
        ...step("update", { old: hidden, new: hidden, diff: ["spec.template.spec.terminationGracePeriodSeconds"] }),
      ],
      ["rolls-out 0"],
    ],
    [
      "a secret hides it, and its image is updated",
      [
        remediation(hidden, hidden),
        ...step("update", { old: hidden, new: hidden, diff: ["spec.template.spec.containers[0].image"] }),
      ],
      ["? 0"],
    ],
    [
      "a secret hides it, and nothing changes",
      [remediation(hidden, hidden), ...step("same", { old: hidden, new: hidden })],
      ["unchanged 0"],
    ],
    [
      "a secret hides it, and it is replaced",
      [remediation(hidden, hidden), ...step("create-replacement", { old: hidden, new: hidden })],
      ["? 0"],
    ],
    ["a secret hides what is planned", [hook, ...step("update", { old: bare, new: hidden })], ["?"]],
    ["what is planned is unknown", [hook, ...step("update", { old: bare, new: { spec: "04da6b54" } })], ["?"]],
    ["it is malformed", [hook, ...step("update", { old: null, new: { spec: { template: null } } })], ["not-applied"]],
  ];
  for (const [name, events, expected] of cases) it(name, () => assert.deepEqual(outcomes(events), expected));

  it("takes the pack's word for it where a secret hides it", () => {
    const what = "The pack repaired it in this run, and the stack doesn't hold the repair.";
    const message = `${what}\nDeployment shop/web\nFix: x.\nhttps://example.org/docs/findings.md#repair-undone`;
    const undone = policyEvent({ policyName: "apisix-routed-workloads", message: `Description.\n${message}` });
    const events = [remediation(hidden, hidden), ...step("same", { old: hidden, new: hidden }), undone];
    assert.deepEqual(outcomes(events), ["not-applied 0"]);
  });

  it("asks how an update reaches running Pods, and only then", () => {
    const asked: EventProperties[] = [];
    const landsOf = (of: EventProperties) => (asked.push(of), "waits" as const);
    assert.deepEqual(outcomes([hook, ...step("create", { new: repaired })], { landsOf }), ["rolls-out"]);
    assert.deepEqual(outcomes([hook, ...step("same", { old: repaired, new: repaired })], { landsOf }), ["kept"]);
    assert.deepEqual(asked, []);
    assert.deepEqual(outcomes([hook, ...step("update", { old: bare, new: repaired })], { landsOf }), ["waits"]);
    assert.deepEqual(asked, [{ urn: urn("web"), when: "planned", properties: repaired }]);
    assert.deepEqual(outcomes([hook, ...step("update", { old: bare, new: repaired })], { landsOf: () => undefined }), [
      "?",
    ]);
  });

  it("tells what the run leaves the resource with", () => {
    const left = (...events: object[]) => {
      const seen: unknown[] = [];
      const onProperties = ({ when, properties }: EventProperties) => when === "planned" && seen.push(properties);
      readEvents(log(prelude, hook, ...events, summaryEvent()), "a", { onProperties });
      return seen;
    };
    assert.deepEqual(left(...step("update", { old: bare, new: repaired })), [repaired]);
    assert.deepEqual(left(...step("same", { old: bare, new: repaired })), [bare]);
    assert.deepEqual(left(...step("same", { old: bare, new: repaired, outputs: inputs(undefined, 30) })), [
      inputs(undefined, 30),
    ]);
    assert.deepEqual(left(...step("update", { old: bare, new: repaired }, "resOpFailedEvent")), []);
  });
});

describe("report/remediations: an analysis of a state", () => {
  const repairs = (...events: object[]) => readEvents(log(...events), "a").repairs.map(({ outcome }) => outcome);
  const analyzed = summaryEvent({ isPreview: false, resourceChanges: {} });
  it("would repair", () => assert.deepEqual(repairs(hook, analyzed), ["would-be-repaired"]));
  const others: [string, object[]][] = [
    ["a log without its end", [hook]],
    ["a log of policies alone, as its summary shows", [hook, summaryEvent({ isPreview: false })]],
    ["a preview", [hook, summaryEvent({ isPreview: true, resourceChanges: {} })]],
    ["a program that ran", [prelude, hook, analyzed]],
    ["a step of another resource", [hook, ...step("create", { new: bare }).map(rename), analyzed]],
  ];
  for (const [name, events] of others) it(`isn't ${name}`, () => assert.deepEqual(repairs(...events), [undefined]));
});

/** The same event of another resource. */
function rename(event: object): object {
  return JSON.parse(JSON.stringify(event).replaceAll(urn("web"), urn("other"))) as object;
}

describe("report/remediations: what a real engine and Kubernetes provider wrote", () => {
  /** Of the first run with the pack: the update does what its preview says. */
  const first = {
    cart: "rolls-out",
    fixed: "not-applied ignored",
    halved: "rolls-out",
    imported: "rolls-out",
    moved: "rolls-out",
    new: "rolls-out",
    set: "rolls-out",
    slow: "rolls-out",
  };
  const cases: [string, Record<string, string>][] = [
    ["preview-repairs", first],
    ["up-repairs", first],
    [
      "preview-kept",
      {
        cart: "unchanged",
        halved: "kept",
        imported: "kept",
        moved: "kept",
        new: "kept",
        set: "kept",
        slow: "kept",
      },
    ],
    [
      "preview-replaced",
      {
        cart: "unchanged",
        halved: "kept",
        imported: "kept",
        moved: "not-applied replaced",
        new: "kept",
        set: "kept",
        slow: "kept",
      },
    ],
    [
      "analyze-proposed",
      Object.fromEntries(
        ["cart", "fixed", "halved", "moved", "set", "slow"].map((name) => [name, "would-be-repaired"]),
      ),
    ],
    ["up-lost", { fixed: "not-applied ignored", moved: "rolls-out", pod: "not-applied replaced" }],
  ];
  for (const [name, expected] of cases) {
    it(name, () => {
      const { repairs, problems } = readEvents(readFileSync(join(__dirname, "pulumi", `${name}.jsonl`), "utf8"), name);
      assert.deepEqual(problems, []);
      const found = repairs.map(({ resource, outcome, because }) => [
        resource.name,
        [outcome ?? "?", because].filter((part) => part !== undefined).join(" "),
      ]);
      assert.deepEqual(Object.fromEntries(found.sort()), expected);
      assert.equal(found.length, Object.keys(expected).length);
    });
  }
});
