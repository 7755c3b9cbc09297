import { strict as assert } from "node:assert";
import { readPod } from "../../src/kubernetes/workload";
import { checkSettings } from "../../src/settings/settings";
import type { Requirement } from "../../src/shutdown/judge";
import { apply, graceRemedy, sleepRemedy } from "../../src/shutdown/remedy";
import { container, exec, podSpec, required, sleep } from "../support/pods";
import { loadRemedies, repair } from "../support/remedies";
import { withUnknowns } from "../support/unreadable";

/** The edits that both policies make to a Pod's spec, one after the other: `path = value`. */
function edits(spec: object, besides: Partial<Requirement> = {}, isPatch = false): string[] {
  const requirement = { ...required, ...besides };
  const first = sleepRemedy(readPod(spec, isPatch), requirement);
  apply(first);
  const second = graceRemedy(readPod(spec, isPatch), requirement);
  apply(second);
  return [...first, ...second].map(({ path, value }) => `${path} = ${JSON.stringify(value)}`);
}

describe("remedies, golden", () => {
  for (const { name, input, settings, output } of loadRemedies()) {
    it(name.replaceAll("-", " "), () => {
      checkSettings(settings);
      const repaired = structuredClone(input);
      repair(repaired, settings);
      assert.deepEqual(repaired, output);
      // As text: the order of keys is kept, and what is new comes last.
      assert.equal(JSON.stringify(repaired), JSON.stringify(output));
      assert.deepEqual(repair(repaired, settings), [], "a second run changes nothing");
    });
  }
});

describe("remedies", () => {
  it("write into the object itself, and leave everything else as it is", () => {
    const env = [{ name: "KEY", valueFrom: { secretKeyRef: { name: "payment", key: "key" } } }];
    const web = withUnknowns({ ...container("web"), env, command: ["secret"] }, "command", "image");
    const spec = withUnknowns({ ...podSpec([web], 12), volumes: [] }, "volumes", "serviceAccountName");
    assert.deepEqual(edits(spec), [
      'containers[0].lifecycle = {"preStop":{"sleep":{"seconds":5}}}',
      "terminationGracePeriodSeconds = 15",
    ]);
    assert.deepEqual((web as { lifecycle?: unknown }).lifecycle, sleep(5));
    assert.equal(web.env, env);
    // What can't be read still can't: it was neither read nor replaced.
    assert.throws(() => web.command);
    assert.throws(() => (spec as { volumes?: unknown }).volumes);
  });

  it("give each container a hook of its own", () => {
    const [a, b] = [container("a"), container("b")] as { lifecycle?: { preStop: object } }[];
    edits(podSpec([a, b]));
    assert.notEqual(a?.lifecycle?.preStop, b?.lifecycle?.preStop);
  });

  /** What nobody knows is left alone: `[name, spec]`. */
  const untouched: [name: string, spec: object][] = [
    ["an unknown grace period", withUnknowns(podSpec([container("web")], 30), "terminationGracePeriodSeconds")],
    ["unknown containers", withUnknowns(podSpec([container("web")]), "containers")],
    ["an unknown container", podSpec(withUnknowns([container("web"), container("log")], 1))],
    ["an unknown lifecycle", podSpec([withUnknowns(container("web", {}), "lifecycle")])],
    ["an unknown hook", podSpec([container("web", withUnknowns({ preStop: {} }, "preStop"))])],
    ["an unknown handler", podSpec([container("web", { preStop: withUnknowns({ exec: {} }, "exec") })])],
    ["unknown seconds", podSpec([container("web", { preStop: { sleep: withUnknowns({ seconds: 1 }, "seconds") } })])],
    [
      "an unknown command",
      podSpec([container("web", { preStop: { exec: withUnknowns({ command: [] }, "command") } })]),
    ],
    [
      "an unknown operand",
      podSpec([container("web", { preStop: { exec: { command: withUnknowns(["sleep", "1"], 1) } } })]),
    ],
    [
      "what may be a sidecar",
      {
        ...podSpec([container("web", sleep(5))]),
        initContainers: [withUnknowns({ name: "x", restartPolicy: "" }, "restartPolicy")],
      },
    ],
    ["no containers", podSpec([])],
  ];
  for (const [name, spec] of untouched) it(`leave alone: ${name}`, () => assert.deepEqual(edits(spec), []));

  /** Commands, and what becomes of them if 7 s are needed; undefined: they are left alone. */
  const commands: [command: string[], repaired: string[] | undefined][] = [
    [
      ["sleep", "5"],
      ["sleep", "7"],
    ],
    [
      ["sleep", "5s"],
      ["sleep", "7s"],
    ],
    [
      ["sleep", "0.1m"],
      ["sleep", "7"],
    ],
    [
      ["sleep", "2", "3"],
      ["sleep", "2", "5"],
    ],
    [
      ["env", "sleep", "5"],
      ["env", "sleep", "7"],
    ],
    [
      ["sh", "-c", "sleep 5"],
      ["sh", "-c", "sleep 7"],
    ],
    [
      ["sh", "-ec", "exec /bin/sleep '5';"],
      ["sh", "-ec", "exec /bin/sleep '7';"],
    ],
    [
      ["sh", "-c", "sleep 5 # seconds"],
      ["sh", "-c", "sleep 7 # seconds"],
    ],
    // GNU's or busybox's `sleep` may refuse these, or read them in its own way.
    [["sleep", "--", "5"], undefined],
    [["sleep", "1e1"], undefined],
    [["sleep", "+5"], undefined],
    [["sleep", "0x5"], undefined],
    [["sh", "-euo", "pipefail", "-c", "sleep 5"], undefined],
    // They do more.
    [["sh", "-c", "sleep 5 || true"], undefined],
    [["sh", "-c", "sleep 5 &"], undefined],
    [["sh", "-c", "sleep 5 >/dev/null"], undefined],
    [["sh", "-c", "sleep 5; kill 1"], undefined],
    [["timeout", "5", "sleep", "9"], undefined],
  ];
  for (const [command, repaired] of commands) {
    it(`${JSON.stringify(command)}: ${repaired ? JSON.stringify(repaired) : "left alone"}`, () => {
      const spec = podSpec([container("web", exec(...command))]);
      edits(spec, { sleepSeconds: 7 });
      assert.deepEqual(spec, podSpec([container("web", exec(...(repaired ?? command)))]));
      assert.deepEqual(edits(spec, { sleepSeconds: 7 }), [], "a second run changes nothing");
    });
  }

  it("repair one container where another can't be known well enough", () => {
    const spec = podSpec([withUnknowns(container("web", {}), "lifecycle"), container("log")]);
    assert.deepEqual(edits(spec), ['containers[1].lifecycle = {"preStop":{"sleep":{"seconds":5}}}']);
  });

  it("keep below the ceiling, also with the sleep", () => {
    const spec = podSpec([container("web"), container("log", exec("sh", "-c", "sleep", "90"))]);
    const besides = { sleepSeconds: 20, maxGracePeriodSeconds: 40 };
    // The 90 s that were meant don't fit, and t does.
    assert.deepEqual(edits(spec, besides), [
      'containers[0].lifecycle = {"preStop":{"sleep":{"seconds":20}}}',
      'containers[1].lifecycle.preStop = {"sleep":{"seconds":20}}',
    ]);
  });

  it("use no grace period that is above the ceiling: the nodes don't grant it", () => {
    const spec = podSpec([container("web")], 120);
    assert.deepEqual(edits(spec, { sleepSeconds: 50, maxGracePeriodSeconds: 40 }), []);
  });

  const nodes: [name: string, spec: object, isRepaired: boolean][] = [
    ["os.name: windows", { os: { name: "windows" } }, false],
    ["os.name: linux", { os: { name: "linux" } }, true],
    ["an unknown os.name", { os: withUnknowns({ name: "linux" }, "name") }, false],
    ["a node selector for Windows", { nodeSelector: { "kubernetes.io/os": "windows" } }, false],
    ["its beta label", { nodeSelector: { "beta.kubernetes.io/os": "windows" } }, false],
    ["another node selector", { nodeSelector: { disk: "ssd" } }, true],
  ];
  for (const [name, node, isRepaired] of nodes) {
    it(`a hook that needs a shell, by ${name}`, () => {
      const spec = { ...podSpec([container("web")]), ...node };
      assert.equal(edits(spec, { kubernetesVersion: "1.29" }).length > 0, isRepaired);
      assert.equal(edits({ ...podSpec([container("web")]), ...node }).length, 1);
    });
  }

  /** `[image, does it look like one without a shell?]` */
  const images: [image: string, lacksShell: boolean][] = [
    ["example.com/web:1.4", false],
    ["web", false],
    ["example.com/distroless/static", true],
    ["example.com/distroless/java:17", true],
    ["example.com/distroless/java:17-debug", false],
    ["example.com/distroless/base@sha256:0000", true],
    ["localhost:5000/distroless/base:debug@sha256:0000", false],
    ["example.com/chainguard/nginx:latest", true],
    ["example.com/chainguard/nginx:latest-dev", false],
    ["example.com/chainguard/wolfi-base", false],
    ["example.com/distroless-tools:1", false],
    ["scratch", true],
    ["", false],
  ];
  for (const [image, lacksShell] of images) {
    it(`a hook that needs a shell, in ${image || "no image"}`, () => {
      const made = edits(podSpec([{ ...container("web"), image }]), { kubernetesVersion: "1.29" });
      assert.equal(made.length, lacksShell ? 0 : 1);
    });
  }

  /** Patches: `[name, what it sets, edits]` */
  const patches: [name: string, spec: object, expected: string[]][] = [
    ["sets nothing", {}, []],
    ["sets no hook", podSpec([container("web")], 60), []],
    ["sets a short hook, and no grace period that it has to fit", podSpec([container("web", sleep(1))]), []],
    [
      "sets a short hook and the grace period",
      podSpec([container("web", sleep(1))], 10),
      ["containers[0].lifecycle.preStop.sleep.seconds = 5", "terminationGracePeriodSeconds = 15"],
    ],
    [
      "sets a hook that fails: another handler would come beside it",
      podSpec([container("web", exec(["sleep"]))], 60),
      [],
    ],
    ["sets a part of a hook", podSpec([container("web", { preStop: { exec: {} } })], 60), []],
    [
      "sets a grace period that is too short for any app",
      { terminationGracePeriodSeconds: 3 },
      ["terminationGracePeriodSeconds = 10"],
    ],
    ["sets a grace period that may do", { terminationGracePeriodSeconds: 10 }, []],
  ];
  for (const [name, spec, expected] of patches) {
    it(`a patch that ${name}`, () => assert.deepEqual(edits(spec, {}, true), expected));
  }
});
