import { strict as assert } from "node:assert";
import fc from "fast-check";
import { readPod, type Pod } from "../../src/kubernetes/workload";
import {
  judge,
  mendedGracePeriod,
  neededGracePeriod,
  type Defect,
  type Fix,
  type Requirement,
} from "../../src/shutdown/judge";
import { timeline } from "../../src/shutdown/timeline";
import { container, exec, httpGet, pod, required, sh, sidecar, sleep, tcpSocket } from "../support/pods";
import { withUnknowns } from "../support/unreadable";

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
  [
    "perhaps a short sleep, and certainly a short grace period",
    pod([container("web", sh("sleep 2; drain"))], 11),
    ["hook-may-be-too-short? web", "grace-too-short web"],
  ],
  [
    "a sleep that is too short, and a grace period that perhaps is",
    pod([container("web", sh("sleep 1; sleep 3 &"))], 12),
    ["hook-too-short web", "grace-may-be-too-short? web"],
  ],
  [
    "grace 1 counts as 1",
    pod([container("web", sleep(0))], 1),
    ["hook-too-short web", "grace-too-short"],
    { shutdownSeconds: 2 },
  ],
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

const distroless = (name: string, lifecycle?: unknown) => ({
  ...container(name, lifecycle),
  image: "example.com/distroless/static",
});
const forever = sh("while true; do sleep 1; done");
const perhaps = (lifecycle: unknown, grace?: number) =>
  readPod({
    terminationGracePeriodSeconds: grace,
    containers: [container("web", sleep(5))],
    initContainers: [{ ...container("x", lifecycle), restartPolicy: 5 }],
  });

/** What to do: `code container; fix; fix`. `[name, Pod, advice, what is required besides]` */
const advised: typeof cases = [
  [
    "a signal that kills",
    pod([container("log", sleep(5)), container("web", { ...sleep(5), stopSignal: "SIGKILL" })]),
    ["stop-signal-kills web; change-signal container=web"],
  ],
  [
    "no hook",
    pod([container("web")]),
    ['no-hook web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=false'],
  ],
  [
    "no hook, and no time for one",
    pod([container("web")], 14),
    ['no-hook web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=false; set-grace seconds=15'],
  ],
  [
    "no hook, and just the time for one",
    pod([container("web")], 15),
    ['no-hook web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=false'],
  ],
  [
    "no time for one, at the ceiling",
    pod([container("web")], 14),
    ['no-hook web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=false; set-grace seconds=15'],
    { maxGracePeriodSeconds: 15 },
  ],
  [
    "no time for one, above the ceiling",
    pod([container("web")], 12),
    ['no-hook web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=false'],
    { maxGracePeriodSeconds: 14 },
  ],
  [
    "the default is no time for one",
    pod([container("web")]),
    ['no-hook web; set-hook container=web hook={"sleep":{"seconds":25}} replaces=false; set-grace seconds=35'],
    { sleepSeconds: 25 },
  ],
  [
    "no hook, an unknown grace period",
    pod([container("web")], "soon"),
    [
      'no-hook web; set-hook container=web hook={"sleep":{"seconds":25}} replaces=false',
      "grace-unknown?; make-known field=terminationGracePeriodSeconds",
    ],
    { sleepSeconds: 25 },
  ],
  [
    "no hook beside one that never ends",
    pod([container("web"), container("log", forever)]),
    [
      'no-hook web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=false',
      "hook-never-ends log; end-hook container=log",
    ],
    only("web", "log"),
  ],
  [
    "no hook, no shell",
    pod([distroless("web")]),
    ["no-hook web; set-hook-without-shell container=web seconds=5 replaces=false"],
    { kubernetesVersion: "1.29" },
  ],
  [
    "a hook that fails, no shell",
    pod([distroless("web", tcpSocket)]),
    ["hook-fails web; set-hook-without-shell container=web seconds=5 replaces=true"],
    { kubernetesVersion: "1.29" },
  ],
  [
    "a sleep that needs the shell that isn't there",
    pod([distroless("web", sh("sleep 5"))]),
    ['hook-may-not-run? web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=true'],
  ],
  [
    "held by a native sleep, needs no shell",
    pod([container("web", sleep(5))], 30, [{ ...sidecar("proxy"), ...distroless("proxy", sh("sleep 1")) }]),
    [],
    only("proxy"),
  ],
  [
    "a short sleep",
    pod([container("web", sleep(4))], 14),
    ["hook-too-short web; sleep-first container=web seconds=5 plain=true stopsApp=false; set-grace seconds=15"],
  ],
  [
    "a hook that does more, too short",
    pod([container("web", sh("sleep 1; touch x"))], 15),
    ["hook-too-short web; sleep-first container=web seconds=5 plain=false stopsApp=false; set-grace seconds=16"],
  ],
  [
    "a hook that stops the app",
    pod([container("web", sh("sleep 1; kill 1; sleep 3"))], 15),
    ["hook-stops-app web; sleep-first container=web seconds=5 plain=false stopsApp=true; set-grace seconds=16"],
  ],
  [
    "a hook that does more, and is long enough",
    pod([container("web", sh("sleep 5; touch x"))], 14),
    ["grace-too-short web; set-grace seconds=15"],
  ],
  [
    "a broken sleep of a longer time",
    pod([container("web", exec("sh", "-c", "sleep", "7"))]),
    ['hook-fails web; set-hook container=web hook={"sleep":{"seconds":7}} replaces=true'],
  ],
  [
    "a broken sleep of this time",
    pod([container("web", exec("sh", "-c", "sleep", "5"))]),
    ['hook-fails web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=true'],
  ],
  [
    "a broken sleep up to the ceiling",
    pod([container("web", exec("sh", "-c", "sleep", "35"))]),
    ['hook-fails web; set-hook container=web hook={"sleep":{"seconds":35}} replaces=true; set-grace seconds=45'],
    { maxGracePeriodSeconds: 45 },
  ],
  [
    "a broken sleep above the ceiling",
    pod([container("web", exec("sh", "-c", "sleep", "36"))]),
    ['hook-fails web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=true'],
    { maxGracePeriodSeconds: 45 },
  ],
  [
    "a broken sleep of a fraction",
    pod([container("web", exec("sh", "-c", "sleep", "6.5"))]),
    ['hook-fails web; set-hook container=web hook={"sleep":{"seconds":7}} replaces=true'],
  ],
  [
    "a sleep that the cluster drops",
    pod([container("web", sleep(9))], 18),
    [
      'native-sleep-unsupported web; set-hook container=web hook={"exec":{"command":["/bin/sh","-c","sleep 9"]}} replaces=true; set-grace seconds=19; raise-version',
    ],
    { kubernetesVersion: "1.29" },
  ],
  [
    "two handlers",
    pod([container("web", { preStop: { sleep: { seconds: 5 }, exec: { command: ["true"] } } })], 14),
    ["hook-fails web; keep-one-handler container=web; set-grace seconds=15"],
  ],
  [
    "an unknown hook",
    pod([container("web", withUnknowns({ preStop: {} }, "preStop"))], 14),
    ["hook-may-be-too-short? web; make-known field=lifecycle.preStop container=web"],
  ],
  [
    "a hook of unknown length",
    pod([container("web", httpGet)], 14),
    ["hook-may-be-too-short? web; sleep-then-request container=web seconds=5; set-grace seconds=15"],
  ],
  [
    "a sidecar that is perhaps held",
    pod([container("web", httpGet)], 14, [sidecar("proxy")]),
    [
      'hook-may-be-too-short? proxy; set-hook container=proxy hook={"sleep":{"seconds":5}} replaces=false; set-grace seconds=15',
    ],
    only("proxy"),
  ],
  ["perhaps a sidecar, with a hook", perhaps(sleep(1), 14), ["grace-too-short web; set-grace seconds=15"]],
  [
    "perhaps a sidecar, whose hook stops it",
    perhaps(sh("kill 1; sleep 1")),
    ["sidecar-unknown? x; sleep-first container=x seconds=5 plain=false stopsApp=true"],
  ],
  ["perhaps a sidecar, whose hook is long enough", perhaps(sleep(6)), []],
  ["an unknown template", readPod({ containers: null }), ["template-unknown?; make-known field=the Pod template"]],
  ["grace 0", pod([container("web", sleep(5))], 0), ["grace-zero; set-grace seconds=15"]],
  [
    "grace 0 above the ceiling",
    pod([container("web", sleep(5))], 0),
    ["grace-zero; shorten needed=15 ceiling=14"],
    { maxGracePeriodSeconds: 14 },
  ],
  [
    "grace 0 and a hook that never ends",
    pod([container("log", sleep(5)), container("web", forever)], 0),
    ["grace-zero; end-hook container=web"],
  ],
  [
    "an unknown grace period",
    pod([container("web", sleep(5))], "soon"),
    ["grace-unknown?; make-known field=terminationGracePeriodSeconds"],
  ],
  ["a hook that never ends", pod([container("web", forever)], 20), ["hook-never-ends web; end-hook container=web"]],
  [
    "a sleep that the API refuses",
    pod([container("web", sleep(31))]),
    ["sleep-exceeds-grace web; set-grace seconds=41"],
  ],
  [
    "as long as the grace period",
    pod([container("web", exec("sleep", "30"))], 30),
    ["grace-too-short web; set-grace seconds=40"],
  ],
  ["one second less", pod([container("web", exec("sleep", "29"))], 30), ["grace-too-short web; set-grace seconds=39"]],
  ["two seconds less", pod([container("web", exec("sleep", "28"))], 30), ["grace-too-short web; set-grace seconds=38"]],
  [
    "at the ceiling",
    pod([container("web", exec("sleep", "28"))]),
    ["grace-too-short web; set-grace seconds=38"],
    { maxGracePeriodSeconds: 38 },
  ],
  [
    "above the ceiling",
    pod([container("web", exec("sleep", "28"))]),
    ["grace-too-short web; shorten needed=38 ceiling=37"],
    { maxGracePeriodSeconds: 37 },
  ],
  [
    "declared beyond the ceiling",
    pod([container("web", sleep(30))], 600),
    ["grace-too-short web; shorten needed=40 ceiling=25"],
    { maxGracePeriodSeconds: 25 },
  ],
  [
    "the default beyond the ceiling",
    pod([container("web", sh("sleep 90"))]),
    ["grace-too-short web; shorten needed=100 ceiling=25"],
    { maxGracePeriodSeconds: 25 },
  ],
  [
    "declared beyond the ceiling, and within it",
    pod([container("web", sleep(5))], 600),
    [],
    { maxGracePeriodSeconds: 15 },
  ],
  [
    "a hook that may be cut at the ceiling",
    pod([container("web", sh("sleep 5; curl -m 10 localhost"))], 600),
    ["grace-may-be-too-short? web; end-hook container=web within=14 shutdown=10"],
    { maxGracePeriodSeconds: 24 },
  ],
  [
    "stopped too late",
    pod([container("web", sh("sleep 25; kill 1; sleep 9"))]),
    ["grace-too-short web; set-grace seconds=35"],
  ],
  [
    "no hook and too short for the app",
    pod([container("web"), container("log")], 9),
    [
      'no-hook web; set-hook container=web hook={"sleep":{"seconds":5}} replaces=false; set-grace seconds=15',
      'no-hook log; set-hook container=log hook={"sleep":{"seconds":5}} replaces=false; set-grace seconds=15',
      "grace-too-short; set-grace seconds=15",
    ],
  ],
  [
    "grace -1",
    pod([container("web", exec("sleep", "5"))], -1),
    ["grace-too-short web; set-grace seconds=5"],
    { shutdownSeconds: 0 },
  ],
  [
    "grace -1, and nothing to wait for",
    pod([container("web", exec("sleep", "1"))], -1),
    [],
    { shutdownSeconds: 0, sleepSeconds: 1 },
  ],
  [
    "perhaps too long, without a bound",
    pod([container("a", sleep(5)), container("web", sh("sleep 5; drain"))], 20),
    ["grace-may-be-too-short? web; end-hook container=web within=10 shutdown=10"],
  ],
  [
    "perhaps too long, up to a bound",
    pod([container("a", sleep(5)), container("web", sh("sleep 5; sleep 20 &"))]),
    ["grace-may-be-too-short? web; set-grace seconds=35"],
  ],
  [
    "perhaps too long and certainly too short",
    pod([container("a"), container("web", sh("sleep 5; drain"))], 20),
    [
      'no-hook a; set-hook container=a hook={"sleep":{"seconds":5}} replaces=false',
      "grace-may-be-too-short? web; end-hook container=web within=10 shutdown=10",
    ],
  ],
  [
    "a patch of the grace period",
    readPod({ terminationGracePeriodSeconds: 9 }, true),
    ["grace-too-short; set-grace seconds=10"],
  ],
  [
    "a patch of the grace period and a container that the rules are not for",
    readPod({ terminationGracePeriodSeconds: 9, containers: [container("log")] }, true),
    [],
    only("web"),
  ],
  ["no containers, too short", pod([], 5), []],
];

/** A fix as `do field=value field=value`. */
const briefFix = (fix: Fix) =>
  Object.entries(fix)
    .map(([key, value]) =>
      key === "do" ? String(value) : `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    )
    .join(" ");

/** The numbers of a grace period that is too short. */
const numbers: [name: string, pod: Pod, data: object, requirement?: Partial<Requirement>][] = [
  [
    "the default",
    pod([container("web", exec("sleep", "25"))]),
    { grace: { seconds: 30, isDefault: true }, stopsApp: false, left: 5 },
  ],
  [
    "as long as the hook",
    pod([container("web", exec("sleep", "30"))], 30),
    { grace: { seconds: 30, isDefault: false }, left: undefined },
  ],
  ["one second longer", pod([container("web", exec("sleep", "29"))], 30), { left: undefined }],
  [
    "two seconds longer: the least that the kubelet grants",
    pod([container("web", exec("sleep", "28"))], 30),
    { left: 2 },
  ],
  ["a hook that stops the app", pod([container("web", sh("sleep 25; kill 1; sleep 9"))]), { stopsApp: true, left: 5 }],
  ["no hook", pod([container("web")], 9), { shutdown: 10, stopsApp: false, hook: undefined }],
  [
    "negative: it counts as 1",
    pod([container("web", exec("sleep", "5"))], -1),
    { shutdown: 0, left: undefined },
    { shutdownSeconds: 0 },
  ],
];

describe("judge", () => {
  for (const [name, of, expected, besides] of advised) {
    it(`advises on ${name}`, () => {
      const defects = judge(of, { ...required, ...besides });
      assert.deepEqual(
        defects.map((defect) => [brief(defect), ...defect.fixes.map(briefFix)].join("; ")),
        expected,
      );
    });
  }

  for (const [name, of, expected, besides] of numbers) {
    it(`counts a grace period: ${name}`, () => {
      const found = judge(of, { ...required, ...besides }).find(({ code }) => code === "grace-too-short");
      const data = (found?.data ?? {}) as Record<string, unknown>;
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, data[key]])), expected);
    });
  }

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
    const line = timeline(of, requirement);
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
    ["a hook that is long enough, and more", pod([container("web", sh("sleep 5; drain"))]), 15, 15],
    ["a hook that stops the app too early", pod([container("web", sh("sleep 2; kill 1; sleep 60"))]), 12, 17],
    ["a broken sleep of a longer time", pod([container("web", exec("sh", "-c", "sleep", "7"))]), 10, 17],
    ["the longest", pod([container("a", sleep(20)), container("b", sleep(25))]), 35, 35],
  ];
  for (const [name, of, seconds, repaired] of needs) {
    it(name, () => {
      assert.equal(needed(of), seconds);
      assert.equal(needed(of, required, true), repaired);
    });
  }

  it("doesn't count an ignored sleep of unknown length", () => {
    const of = pod([container("web", sleep(5)), container("log", sleep("soon"))]);
    assert.equal(needed(of, { ...required, ...only("web") }), 15);
  });

  it("is never 0", () => {
    assert.equal(needed(pod([container("web")]), { ...required, shutdownSeconds: 0 }), 1);
  });
});
