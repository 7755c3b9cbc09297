import assert from "node:assert/strict";
import { codes, explain, findingText, messageOf } from "../../src/assess";
import { ofDefect } from "../../src/assess/finding";
import { readPod, type Pod } from "../../src/kubernetes/workload";
import { policyNames } from "../../src/settings/schema";
import { judge, type Requirement } from "../../src/shutdown/judge";
import { packVersion } from "../../src/version";
import { judged } from "../support/findings";
import { container, exec, httpGet, pod, sh, sidecar, sleep, tcpSocket } from "../support/pods";
import { apisixRoute, deployment, service } from "../support/resources";

const required: Requirement = {
  sleepSeconds: 5,
  shutdownSeconds: 10,
  kubernetesVersion: "1.34",
  hook: "auto",
  concerns: () => true,
};
const only = (...names: string[]): Partial<Requirement> => ({ concerns: ({ name }) => names.includes(name) });
const old: Partial<Requirement> = { kubernetesVersion: "1.29" };

/** What people read, word for word. */
const texts: [pod: Pod, what: string, fix: string, requirement?: Partial<Requirement>][] = [
  [
    pod([container("web")]),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s.',
    'lifecycle.preStop.sleep.seconds: 5 on container "web".',
  ],
  [
    pod([container("web")], 12),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s.',
    'lifecycle.preStop.sleep.seconds: 5 on container "web", and terminationGracePeriodSeconds: 15.',
  ],
  [
    pod([container("web")]),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s.',
    'lifecycle.preStop.exec.command: ["/bin/sh", "-c", "sleep 5"] on container "web".',
    old,
  ],
  [
    readPod({ containers: [container("web")], nodeSelector: { "kubernetes.io/os": "windows" } }),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s.',
    'give container "web" a preStop hook that sleeps 5 s and needs no shell.',
    old,
  ],
  [
    pod([container("web", sleep(3))]),
    'Container "web" receives SIGTERM 3 s after its Pod starts to terminate, but APISIX may send it requests for 5 s: its preStop hook sleeps 3 s.',
    'make the hook on container "web" sleep 5 s.',
  ],
  [
    pod([container("web", sleep(0))]),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s: its preStop hook sleeps 0 s.',
    'make the hook on container "web" sleep 5 s.',
  ],
  [
    pod([container("web", sleep(5))]),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s: clusters before Kubernetes 1.30 drop its native sleep, and kubernetesVersion is 1.29.',
    'replace the hook on container "web" with lifecycle.preStop.exec.command: ["/bin/sh", "-c", "sleep 5"]; or raise kubernetesVersion if no cluster is that old.',
    old,
  ],
  [
    pod([container("web", tcpSocket)]),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s: its preStop hook is a tcpSocket, which the API accepts and the kubelet fails at once.',
    'replace the hook on container "web" with lifecycle.preStop.sleep.seconds: 5.',
  ],
  [
    pod([container("web", httpGet)]),
    'Can\'t tell whether container "web" delays its SIGTERM by 5 s: its preStop hook is an httpGet: how long it takes is up to the server that answers.',
    'replace the httpGet on container "web" with an exec hook that sleeps 5 s and then makes the request.',
  ],
  [
    pod([container("web")], 30, [sidecar("proxy")]),
    'Container "proxy" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s.',
    'lifecycle.preStop.sleep.seconds: 5 on container "proxy".',
    only("proxy"),
  ],
  [
    pod([container("web", sleep(3))], 30, [sidecar("proxy")]),
    'Container "proxy" receives SIGTERM 3 s after its Pod starts to terminate, but APISIX may send it requests for 5 s: it has no preStop hook, and the containers it waits for end sooner.',
    'lifecycle.preStop.sleep.seconds: 5 on container "proxy".',
    only("proxy"),
  ],
  [
    pod([container("web", sleep(5))], 0),
    "The containers receive SIGTERM within 1 s and SIGKILL 2 s later, whatever their hooks do, while APISIX may still send the Pod requests: terminationGracePeriodSeconds is 0.",
    "terminationGracePeriodSeconds: 15.",
  ],
  [
    pod([container("web", sleep(40))]),
    'The Kubernetes API refuses the Pod: the preStop hook of container "web" sleeps 40 s, longer than the grace period of 30 s (the default).',
    "terminationGracePeriodSeconds: 50.",
  ],
  [
    pod([container("web", exec("sleep", "40"))]),
    'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 40 s and the grace period is 30 s (the default), which leaves only the 2 s that the kubelet always grants, and the app may need 10 s after SIGTERM.',
    "terminationGracePeriodSeconds: 50.",
  ],
  [
    pod([container("web", sleep(25))], 30),
    'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 25 s and the grace period is 30 s, which leaves 5 s, and the app may need 10 s after SIGTERM.',
    "terminationGracePeriodSeconds: 35.",
  ],
  [
    pod([container("web", exec("sleep", "40"))]),
    'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 40 s and the grace period is 30 s (the default), which leaves only the 2 s that the kubelet always grants, and the app may need 10 s after SIGTERM.',
    "shorten the hook or the shutdown: together they need 50 s, and maxGracePeriodSeconds is 45.",
    { maxGracePeriodSeconds: 45 },
  ],
  [
    pod([container("web", exec("sleep", "5"))], -1),
    'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 5 s and the grace period is -1 s (which counts as 1 s), which leaves only the 2 s that the kubelet always grants, and the app may need 10 s after SIGTERM.',
    "terminationGracePeriodSeconds: 15.",
  ],
  [
    pod([container("web", sleep(35))], 30),
    'The Kubernetes API refuses the Pod: the preStop hook of container "web" sleeps 35 s, longer than the grace period of 30 s.',
    "terminationGracePeriodSeconds: 35.",
    { shutdownSeconds: 0 },
  ],
  [
    pod([container("web", exec("sh", "-c", "sleep", "7"))], 10),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s: its preStop hook runs "sleep" without an operand; the 7 is $0.',
    'replace the hook on container "web" with lifecycle.preStop.sleep.seconds: 7, and terminationGracePeriodSeconds: 17.',
  ],
  [
    pod([container("web", sh("nginx -s quit; sleep 10"))]),
    'The preStop hook of container "web" stops it as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s.',
    'make the hook on container "web" sleep 5 s before it stops the app.',
  ],
  [
    pod([container("web", sh("sleep 25; kill 1; sleep 9"))]),
    'Container "web" may receive SIGKILL before it has shut down: its preStop hook stops it after 25 s and the grace period is 30 s (the default), which leaves 5 s, and the app may need 10 s after SIGTERM.',
    "terminationGracePeriodSeconds: 35.",
  ],
  [
    pod([container("web", sh("while true; do sleep 1; done"))], 60),
    'Container "web" receives SIGTERM only when its grace period of 60 s is over, and SIGKILL 2 s later: its preStop hook never ends.',
    'make the hook on container "web" end by itself.',
  ],
  [
    pod([container("web", sh("sleep 5; sleep 20 &"))]),
    'Can\'t tell whether the grace period of 30 s (the default) leaves container "web" the 10 s that it may need after SIGTERM: its preStop hook takes 5 to 25 s: a job in the background may hold it open.',
    "terminationGracePeriodSeconds: 35.",
  ],
  [
    readPod({ containers: null }),
    "Can't judge the containers: the Pod template is unknown in this preview, or malformed.",
    "give the Pod template a value that is known in the preview.",
  ],
  [
    pod([container("web", "sleep")]),
    "Can't tell whether container \"web\" delays its SIGTERM by 5 s: its preStop hook can't be known here.",
    'give lifecycle.preStop of container "web" a value that is known in the preview.',
  ],
  [
    pod([{ ...container("web", sh("sleep 5")), image: "example.com/distroless/java:17" }]),
    'Can\'t tell whether the preStop hook of container "web" runs: its image looks like one without a shell and sleep.',
    'replace the hook on container "web" with lifecycle.preStop.sleep.seconds: 5.',
  ],
];

describe("what people read", () => {
  for (const [of, what, fix, besides] of texts) {
    it(`${what}\n      ${fix}`, () => {
      const [first] = judge(of, { ...required, ...besides });
      assert.ok(first);
      const text = findingText(ofDefect(first, { policy: "apisix-routed-workloads" }));
      assert.deepEqual([text.what, text.fix], [what, fix]);
    });
  }

  it("is one message: what, evidence, fix, page", () => {
    const { findings } = judged([deployment("web"), service("web"), apisixRoute("web")]);
    const routed = findings.filter(({ policy }) => policy === "apisix-routed-workloads");
    assert.deepEqual(routed.map(messageOf), [
      [
        'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s.',
        "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
        'Fix: lifecycle.preStop.sleep.seconds: 5 on container "web".',
        `https://github.com/apisix-graceful-termination/apisix-graceful-termination/blob/v${packVersion()}/docs/findings.md#no-hook`,
      ].join("\n"),
    ]);
  });

  it("says when an exemption has expired, and that a route contradicts an annotation", () => {
    const annotations = {
      "apisix-graceful-termination/routed": "false",
      "ignore.apisix-graceful-termination/pre-stop-sleep": "moves until 2020-03-31",
    };
    const { findings } = judged([deployment("web", {}, { annotations }), service("web"), apisixRoute("web")]);
    const routed = findings.find(({ policy }) => policy === "apisix-routed-workloads");
    assert.ok(routed);
    assert.deepEqual(findingText(routed).evidence.slice(1), [
      "Note: its annotation says that it is not routed; the route says that it is.",
      "The exemption (ignore.apisix-graceful-termination/pre-stop-sleep) expired on 2020-03-31.",
    ]);
  });
});

/** What our own list of phrases calls stumbling; see CONTRIBUTING.md. */
const banned =
  /\b(told|said aloud|anew|nobody|whom|whose way|the way|colou[r]|behaviou[r]|is no (?!such)|can't be meant|can't be told|gets SIGTERM)\b/i;

describe("every code", () => {
  for (const code of codes) {
    it(code, () => {
      const found = explain(code);
      assert.ok(found);
      const { policies, why, example } = found;
      assert.ok(policies.length > 0 && policies.every((policy) => policyNames.includes(policy)));
      for (const text of [why, example.what, example.fix]) {
        assert.match(text, /([^.?]\.|\?)$/, text);
        assert.doesNotMatch(text, /undefined|NaN|Infinity|null|\[object|\.\.| {2}|\n/, text);
        assert.doesNotMatch(text, banned, text);
      }
      // A sentence may begin with a field's name or path.
      for (const text of [why, example.what]) assert.match(text, /^([A-Z]|[a-z]+[.:[/_A-Z])/);
      assert.doesNotMatch(example.fix, /^Fix/);
      assert.match(example.docs, new RegExp(`/docs/findings\\.md#${code}$`));
    });
  }

  it("is explained, and nothing else is", () => assert.equal(explain("no-hok"), undefined));
});
