import { strict as assert } from "node:assert";
import fc from "fast-check";
import { readPod, type Pod } from "../../src/kubernetes/workload";
import { judge, mendedGracePeriod, neededGracePeriod, type Defect, type Requirement } from "../../src/shutdown/judge";
import { timeline } from "../../src/shutdown/timeline";
import { container, exec, httpGet, pod, sh, sidecar, sleep, tcpSocket } from "../support/pods";
import { withUnknowns } from "../support/unreadable";

const required: Requirement = {
  sleepSeconds: 5,
  shutdownSeconds: 10,
  kubernetesVersion: "1.34",
  hook: "auto",
  concerns: () => true,
};

/** A defect as `code container`; a question mark where it isn't certain. */
const brief = ({ code, certain, container }: Defect) =>
  `${code}${certain ? "" : "?"}${container ? ` ${container}` : ""}`;

const only = (...names: string[]): Partial<Requirement> => ({ concerns: ({ name }) => names.includes(name) });
const old: Partial<Requirement> = { kubernetesVersion: "1.29" };

/** `[name, Pod, findings, what is required besides]` */
const cases: [name: string, pod: Pod, findings: string[], requirement?: Partial<Requirement>][] = [
  // The delay of SIGTERM
  ["no hook", pod([container("web")]), ["no-hook web"]],
  ["postStart only", pod([container("web", { postStart: { exec: { command: ["true"] } } })]), ["no-hook web"]],
  ["native sleep", pod([container("web", sleep(5))]), []],
  ["longer than needed", pod([container("web", sleep(20))]), []],
  ["one second short", pod([container("web", sleep(4))]), ["hook-too-short web"]],
  ["sleep 0", pod([container("web", sleep(0))]), ["hook-too-short web"]],
  ["a numeric text", pod([container("web", sleep("5"))]), []],
  ["exec", pod([container("web", exec("sleep", "5"))]), []],
  ["a fraction short", pod([container("web", exec("sleep", "4.9"))]), ["hook-too-short web"]],
  ["by a shell", pod([container("web", sh("sleep 5"))]), []],
  ["by a shell, short", pod([container("web", sh("sleep 4"))]), ["hook-too-short web"]],
  ["a sleep that fails", pod([container("web", exec("sleep", "five"))]), ["hook-fails web"]],
  ["httpGet", pod([container("web", httpGet)]), ["hook-may-be-too-short? web"]],
  ["tcpSocket", pod([container("web", tcpSocket)]), ["hook-fails web"]],
  ["no handler", pod([container("web", { preStop: {} })]), ["hook-fails web"]],
  ["no command", pod([container("web", { preStop: { exec: {} } })]), ["hook-fails web"]],
  ["an empty command", pod([container("web", exec())]), ["hook-fails web"]],
  ["a negative sleep", pod([container("web", sleep(-5))]), ["hook-fails web"]],
  ["half a second", pod([container("web", sleep(7.5))]), ["hook-fails web"]],
  [
    "two handlers",
    pod([container("web", { preStop: { sleep: { seconds: 5 }, exec: { command: ["true"] } } })]),
    ["hook-fails web"],
  ],
  ["an unknown hook", pod([container("web", "sleep")]), ["hook-may-be-too-short? web"]],
  ["unknown seconds", pod([container("web", sleep("soon"))]), ["hook-may-be-too-short? web"]],
  [
    "an unknown command",
    pod([container("web", { preStop: { exec: { command: "sleep 5" } } })]),
    ["hook-may-be-too-short? web"],
  ],
  ["two containers", pod([container("web"), container("log", sleep(1))]), ["no-hook web", "hook-too-short log"]],
  ["unnamed containers", pod([{ image: "web" }, {}]), ["no-hook containers[0]", "no-hook containers[1]"]],
  ["no containers", pod([]), []],
  ["none that the rule is for", pod([container("istio-proxy")], 0), [], only("web")],
  ["one that the rule is for", pod([container("web"), container("istio-proxy")]), ["no-hook web"], only("web")],

  ["no operand", pod([container("web", exec("sh", "-c", "sleep", "5"))]), ["hook-fails web"]],
  ["a program that may fail", pod([container("web", sh("drain && sleep 5"))]), ["hook-may-be-too-short? web"]],
  ["a background job", pod([container("web", sh("sleep 5 &"))]), ["hook-may-be-too-short? web"]],
  ["it takes no time", pod([container("web", sh("true"))]), ["hook-too-short web"]],
  ["it stops the app at once", pod([container("web", sh("nginx -s quit; sleep 10"))]), ["hook-stops-app web"]],
  ["it stops the app too early", pod([container("web", sh("sleep 2; kill 1; sleep 10"))]), ["hook-stops-app web"]],
  ["it stops the app in time", pod([container("web", sh("sleep 5; nginx -s quit"))]), []],
  [
    "a sidecar isn't held by a hook that stops the app",
    pod([container("web", sh("kill 1; sleep 9"))], 30, [sidecar("proxy")]),
    ["hook-may-be-too-short? proxy"],
    only("proxy"),
  ],
  [
    "a sidecar that stops itself",
    pod([container("web", sleep(5))], 30, [sidecar("proxy", sh("kill 1; sleep 1"))]),
    ["hook-stops-app proxy"],
  ],

  [
    "a sidecar that stops itself at the end of its hook",
    pod([container("web", sleep(15))], 30, [sidecar("proxy", sh("sleep 3; kill 1"))]),
    ["hook-stops-app proxy"],
  ],
  [
    "a sidecar that may stop itself",
    pod([container("web", sleep(15))], 30, [sidecar("proxy", httpGet)]),
    ["hook-may-be-too-short? proxy"],
  ],
  [
    "a sidecar whose hook does something else",
    pod([container("web", sleep(15))], 30, [sidecar("proxy", sh("touch /x; sleep 3"))]),
    [],
  ],
  [
    "a request to shut down",
    pod([container("web", sh("curl -X POST localhost/shutdown; sleep 9"))]),
    ["hook-stops-app web"],
  ],
  ["a signal that may stop it", pod([container("web", sh("kill -QUIT 1; sleep 9"))]), ["hook-may-be-too-short? web"]],
  [
    "its own stop signal",
    pod([container("web", { ...sh("kill -QUIT 1; sleep 9"), stopSignal: "SIGQUIT" })]),
    ["hook-stops-app web"],
  ],

  // Clusters and images
  ["native sleep from 1.30 on", pod([container("web", sleep(5))]), [], { kubernetesVersion: "v1.30.1" }],
  ["native sleep on 1.29", pod([container("web", sleep(5))]), ["native-sleep-unsupported web"], old],
  ["exec on 1.29", pod([container("web", exec("sleep", "5"))]), [], old],
  [
    "distroless",
    pod([{ ...container("web", sh("sleep 5")), image: "example.com/distroless/static" }]),
    ["hook-may-not-run? web"],
  ],
  ["distroless, native", pod([{ ...container("web", sleep(5)), image: "example.com/distroless/static" }]), []],
  [
    "distroless, without a hook",
    pod([{ ...container("web"), image: "example.com/distroless/static" }]),
    ["no-hook web"],
  ],

  // Native sidecars
  ["a sidecar is held by the others", pod([container("web", sleep(5))], 30, [sidecar("proxy")]), []],
  ["which are to be repaired first", pod([container("web")], 30, [sidecar("proxy")]), ["no-hook web"]],
  ["or can't be told", pod([container("web", httpGet)], 30, [sidecar("proxy")]), ["hook-may-be-too-short? web"]],
  ["its own broken hook does no harm", pod([container("web", sleep(5))], 30, [sidecar("proxy", tcpSocket)]), []],
  [
    "one of which the rule isn't",
    pod([container("web", sleep(5)), container("log")], 30, [sidecar("proxy")]),
    [],
    only("proxy"),
  ],
  ["nobody holds it", pod([container("web")], 30, [sidecar("proxy")]), ["no-hook proxy"], only("proxy")],
  ["not long enough", pod([container("web", sleep(3))], 30, [sidecar("proxy")]), ["no-hook proxy"], only("proxy")],
  [
    "perhaps long enough",
    pod([container("web", httpGet)], 30, [sidecar("proxy")]),
    ["hook-may-be-too-short? proxy"],
    only("proxy"),
  ],
  ["held by a later sidecar", pod([container("web")], 30, [sidecar("a"), sidecar("b", sleep(5))]), [], only("a", "b")],
  [
    "not by an earlier one",
    pod([container("web")], 30, [sidecar("a", sleep(5)), sidecar("b")]),
    ["no-hook b"],
    only("a", "b"),
  ],
  [
    "before 1.29 they don't wait",
    pod([container("web", exec("sleep", "5"))], 30, [sidecar("proxy")]),
    ["no-hook proxy"],
    { kubernetesVersion: "1.28" },
  ],
  [
    "a short grace period is not their fault",
    pod([container("web", exec("sleep", "5"))], 3, [sidecar("proxy")]),
    ["grace-too-short web"],
  ],
  [
    "an unknown grace period isn't, either",
    pod([container("web", sleep(5))], "soon", [sidecar("proxy")]),
    ["grace-unknown?"],
  ],
  ["grace 0 isn't, either", pod([container("web", exec("sleep", "5"))], 0, [sidecar("proxy")]), ["grace-zero"]],
  [
    "perhaps a sidecar",
    readPod({ containers: [container("web", sleep(5))], initContainers: [{ name: "x", restartPolicy: 5 }] }),
    [],
  ],
  [
    "perhaps a sidecar, which no hook holds",
    readPod({ containers: [container("web")], initContainers: [{ name: "x", restartPolicy: 5 }] }),
    ["sidecar-unknown? x"],
    only("x"),
  ],
  ["init containers have ended", pod([container("web", sleep(5))], 30, [container("migrate")]), []],

  // The grace period
  ["just enough", pod([container("web", sleep(20))]), []],
  ["one second too long", pod([container("web", sleep(21))]), ["grace-too-short web"]],
  ["equal to the grace period", pod([container("web", sleep(30))]), ["grace-too-short web"]],
  ["native, longer than the grace period", pod([container("web", sleep(31))]), ["sleep-exceeds-grace web"]],
  ["exec, longer than the grace period", pod([container("web", exec("sleep", "31"))]), ["grace-too-short web"]],
  ["native, on a cluster that drops it", pod([container("web", sleep(31))]), ["native-sleep-unsupported web"], old],
  ["no hook, and too short for the app", pod([container("web")], 9), ["no-hook web", "grace-too-short"]],
  ["enough for the app", pod([container("web", sleep(5))], 15), []],
  ["no time needed", pod([container("web", sleep(5))], 5), [], { shutdownSeconds: 0 }],
  ["grace 0", pod([container("web", sleep(5))], 0), ["grace-zero"]],
  ["grace 0 in text", pod([container("web", sleep(5))], "0"), ["grace-zero"]],
  ["grace -1", pod([container("web", exec("sleep", "5"))], -1), ["grace-too-short web"]],
  ["grace -1, native", pod([container("web", sleep(5))], -1), ["sleep-exceeds-grace web"]],
  ["an unknown grace period", pod([container("web", sleep(5))], "soon"), ["grace-unknown?"]],
  [
    "the longest hook counts",
    pod([container("a", sleep(5)), container("b", exec("sleep", "25"))]),
    ["grace-too-short b"],
  ],
  [
    "not that of an ignored container",
    pod([container("a", sleep(5)), container("b", exec("sleep", "99"))]),
    [],
    only("a"),
  ],
  [
    "unless the API refuses it",
    pod([container("a", sleep(5)), container("b", sleep(99))]),
    ["sleep-exceeds-grace b"],
    only("a"),
  ],
  ["a sidecar's hook counts", pod([container("a", sleep(5))], 30, [sidecar("b", sleep(25))]), ["grace-too-short b"]],
  ["at least too long", pod([container("web", sh("sleep 25; drain"))]), ["grace-too-short web"]],
  ["at least long enough", pod([container("web", sh("sleep 5; drain"))]), ["grace-may-be-too-short? web"]],
  ["at most too long", pod([container("web", sh("sleep 5; sleep 20 &"))]), ["grace-may-be-too-short? web"]],
  ["the app is stopped before the hook ends", pod([container("web", sh("sleep 5; kill 1; sleep 40"))]), []],
  ["the app is stopped too late", pod([container("web", sh("sleep 25; kill 1; sleep 40"))]), ["grace-too-short web"]],
  ["it never ends, by a shell", pod([container("web", sh("while true; do sleep 1; done"))]), ["hook-never-ends web"]],
  ["it never ends", pod([container("web", exec("sleep", "infinity"))]), ["hook-never-ends web"]],
  ["nothing is known of it: one blind spot", pod([container("web", httpGet)], 60), ["hook-may-be-too-short? web"]],

  [
    "SIGKILL for a stop signal",
    pod([container("web", { ...sleep(5), stopSignal: "SIGKILL" })]),
    ["stop-signal-kills web"],
  ],
  [
    "SIGKILL, and an app that needs no time",
    pod([container("web", { ...sleep(5), stopSignal: "SIGKILL" })]),
    [],
    { shutdownSeconds: 0 },
  ],
  [
    "SIGKILL, and a hook that stops the app before",
    pod([container("web", { ...sh("sleep 5; kill 1; sleep 10"), stopSignal: "SIGKILL" })]),
    [],
  ],
  ["another stop signal", pod([container("web", { ...sleep(5), stopSignal: "SIGQUIT" })]), []],

  // What can't be read
  ["containers: null", readPod({ containers: null }), ["template-unknown?"]],
  ["no Pod spec", readPod(undefined), ["template-unknown?"]],
  ["text for a Pod spec", readPod("containers"), ["template-unknown?"]],
  ["unknown containers", readPod(withUnknowns({ containers: [] }, "containers")), ["template-unknown?"]],

  // Patches
  ["a patch that sets nothing", readPod({}, true), []],
  ["of nothing that is known", readPod(undefined, true), []],
  ["without a hook", readPod({ containers: [container("web")] }, true), []],
  ["with a short hook", readPod({ containers: [container("web", sleep(1))] }, true), ["hook-too-short web"]],
  ["with a hook that can't be told", readPod({ containers: [container("web", httpGet)] }, true), []],
  ["with a part of a hook", readPod({ containers: [container("web", { preStop: { exec: {} } })] }, true), []],
  ["with a grace period", readPod({ terminationGracePeriodSeconds: 60 }, true), []],
  ["with one that is too short", readPod({ terminationGracePeriodSeconds: 9 }, true), ["grace-too-short"]],
  ["with grace 0", readPod({ terminationGracePeriodSeconds: 0 }, true), ["grace-zero"]],
  [
    "with a hook that doesn't fit",
    readPod({ containers: [container("web", sleep(6))], terminationGracePeriodSeconds: 15 }, true),
    ["grace-too-short web"],
  ],
  ["with a hook alone", readPod({ containers: [container("web", sleep(99))] }, true), []],
];

describe("judge", () => {
  for (const [name, of, findings, besides] of cases) {
    it(`${name}: ${findings.join(", ") || "nothing"}`, () => {
      assert.deepEqual(judge(of, { ...required, ...besides }).map(brief), findings);
    });
  }

  it("never throws, and never calls certain what can't be read", () => {
    const malformed = fc.oneof(
      fc.constant(null),
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.jsonValue(), { maxLength: 2 }),
    );
    const places: ((value: unknown) => object)[] = [
      (containers) => ({ containers }),
      (initContainers) => ({ containers: [container("web", sleep(5))], initContainers }),
      (value) => ({ containers: [container("web", sleep(5)), value] }),
      (lifecycle) => ({ containers: [{ ...container("web"), lifecycle: lifecycle ?? "" }] }),
      (preStop) => ({ containers: [container("web", { preStop: preStop ?? "" })] }),
      (seconds) => ({ containers: [container("web", sleep(seconds ?? ""))] }),
      (terminationGracePeriodSeconds) => ({ terminationGracePeriodSeconds, containers: [container("web", sleep(5))] }),
      (restartPolicy) => ({ containers: [container("web", sleep(5))], initContainers: [{ name: "x", restartPolicy }] }),
      (ports) => ({ containers: [{ ...container("web", sleep(5)), ports }] }),
    ];
    // A number may be too short, but text that isn't one may be anything.
    const isNumber = (value: unknown) =>
      typeof value === "number" || (typeof value === "string" && /^\s*-?\d/.test(value));
    fc.assert(
      fc.property(malformed, fc.constantFrom(...places), (value, place) => {
        fc.pre(!isNumber(value) && !(Array.isArray(value) && value.every((each) => typeof each === "object" && each)));
        for (const finding of judge(readPod(place(value)), required)) {
          assert.ok(!finding.certain, `${JSON.stringify(place(value))}: ${finding.code}`);
        }
      }),
    );
  });
});

describe("neededGracePeriod", () => {
  const needed = (of: Pod, requirement = required, repaired = false) => {
    const line = timeline(of, requirement.kubernetesVersion);
    assert.ok(line);
    return repaired ? mendedGracePeriod(line, requirement) : neededGracePeriod(line, requirement);
  };
  const needs: [name: string, pod: Pod, seconds: number | undefined, repaired: number | undefined][] = [
    ["no hook", pod([container("web")]), 10, 15],
    ["a hook", pod([container("web", sleep(20))]), 30, 30],
    ["a short hook", pod([container("web", sleep(2))]), 12, 15],
    ["a fraction", pod([container("web", exec("sleep", "20.5"))]), 31, 31],
    ["any time: its lower bound", pod([container("web", httpGet)]), 10, 15],
    ["no containers", pod([]), 10, 10],
    ["the longest", pod([container("a", sleep(20)), container("b", sleep(25))]), 35, 35],
  ];
  for (const [name, of, seconds, repaired] of needs) {
    it(name, () => {
      assert.equal(needed(of), seconds);
      assert.equal(needed(of, required, true), repaired);
    });
  }

  it("is never 0", () => {
    assert.equal(needed(pod([container("web")]), { ...required, shutdownSeconds: 0 }), 1);
  });
});
