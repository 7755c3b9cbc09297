import assert from "node:assert/strict";
import { codes, explain, faultText, findingText, messageOf, type Finding } from "../../src/assess";
import { finding, ofDefect } from "../../src/assess/finding";
import { readPod, type Pod } from "../../src/kubernetes/workload";
import type { Excuse } from "../../src/settings/exemptions";
import { policyNames } from "../../src/settings/schema";
import { judge, type Requirement } from "../../src/shutdown/judge";
import { packVersion } from "../../src/version";
import { judged } from "../support/findings";
import { container, exec, httpGet, pod, required, sh, sidecar, sleep, tcpSocket } from "../support/pods";
import { apisixRoute, deployment, service } from "../support/resources";

const policy = "apisix-rollout-advice";
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
    "shorten the hook or the shutdown: the Pod needs 50 s, and maxGracePeriodSeconds is 45.",
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
    pod([container("web", sh("sleep 2; nginx -s quit; sleep 10"))]),
    'The preStop hook of container "web" stops it 2 s after its Pod starts to terminate, but APISIX may send it requests for 5 s.',
    'make the hook on container "web" sleep 5 s before it stops the app.',
  ],
  [
    pod([container("web", sleep(3))], 30, [sidecar("proxy")]),
    'Container "web" receives SIGTERM 3 s after its Pod starts to terminate, but APISIX may send it requests for 5 s: its preStop hook sleeps 3 s.',
    'make the hook on container "web" sleep 5 s.',
  ],
  [
    pod([container("web", exec("sleep", "40"))], 30),
    'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 40 s and the grace period is 30 s, which leaves only the 2 s that the kubelet always grants.',
    "terminationGracePeriodSeconds: 40.",
    { shutdownSeconds: 0 },
  ],
  [
    pod([container("web", sh("sleep 0.5"))]),
    'Container "web" receives SIGTERM 0.5 s after its Pod starts to terminate, but APISIX may send it requests for 5 s: its preStop hook sleeps 0.5 s.',
    'make the hook on container "web" sleep 5 s.',
  ],
  [
    pod([{ name: "web", lifecycle: { preStop: { sleep: { seconds: 5 }, exec: { command: ["sleep", "5"] } } } }]),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s: its preStop hook has more than one handler, which the Kubernetes API refuses.',
    'keep exactly one handler in the hook on container "web".',
  ],
  [
    pod([container("web", httpGet)], 30, [sidecar("proxy")]),
    'Can\'t tell whether container "proxy" delays its SIGTERM by 5 s: it has no preStop hook, and the hooks of the containers it waits for have unknown length.',
    'lifecycle.preStop.sleep.seconds: 5 on container "proxy".',
    only("proxy"),
  ],
  [
    pod([{ ...container("web", tcpSocket), image: "example.com/distroless/java:17" }]),
    'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s: its preStop hook is a tcpSocket, which the API accepts and the kubelet fails at once.',
    'replace the hook on container "web" with one that sleeps 5 s and needs no shell.',
    old,
  ],
  [
    pod([container("web", sh("sleep 5; drain"))], 20),
    'Can\'t tell whether the grace period of 20 s leaves container "web" the 10 s that it may need after SIGTERM: its preStop hook takes at least 5 s: it runs a program that may take any time, fail or be missing.',
    'make the hook on container "web" end within 10 s, or set terminationGracePeriodSeconds to the longest time that the hook can take plus 10 s.',
  ],
  [
    pod([container("web", sh("sleep 1; sleep 3 &"))]),
    'Container "web" receives SIGTERM 1 to 4 s after its Pod starts to terminate, but APISIX may send it requests for 5 s: its preStop hook takes 1 to 4 s: a job in the background may hold it open.',
    'make the hook on container "web" sleep 5 s before anything else.',
  ],
  [
    pod([container("web", sh("sleep 25; sleep 3 &"))]),
    'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 25 to 28 s and the grace period is 30 s (the default), which leaves at most 5 s, and the app may need 10 s after SIGTERM.',
    "terminationGracePeriodSeconds: 38.",
  ],
  [
    pod([container("web", sh("sleep 25; drain"))]),
    'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes at least 25 s and the grace period is 30 s (the default), which leaves at most 5 s, and the app may need 10 s after SIGTERM.',
    "terminationGracePeriodSeconds: 35.",
  ],
  [
    pod([{ ...container("web", sh("sleep 5")), image: "example.com/distroless/java:17" }]),
    'Can\'t tell whether the preStop hook of container "web" runs: its image looks like one without a shell and sleep.',
    'replace the hook on container "web" with lifecycle.preStop.sleep.seconds: 5.',
  ],
];

/** Of what isn't a Pod's defect: the sentences whose words depend on the data. */
const sentences: [finding: Finding, what: string, fix?: string][] = [
  [
    finding("timeout-exceeds-grace", { timeout: 30.5, left: 19.2, grace: 42, fits: 19 }, { policy }),
    'A request to container "" may take 30.5 s by its route\'s timeout, and the container has at most 19.2 s left after SIGTERM: a slow request is cut off.',
    "terminationGracePeriodSeconds: 42 if the app finishes its requests after SIGTERM; or lower the route's timeout to 19 s.",
  ],
  ...([0, 2] as const).map((others): [Finding, string] => [
    finding("exemption-without-effect", { source: "exempt[0]", workload: "Deployment shop/web", others }, { policy }),
    `exempt[0] has no effect: the policy reports nothing about Deployment shop/web${others === 0 ? "" : " and 2 more"}.`,
  ]),
  ...(["1", "2"] as const).map((line): [Finding, string, string] => [
    finding(
      "controller-line",
      {
        route: "ApisixRoute shop/web",
        others: 0,
        note: { code: "controller-line", line, because: { code: "no-class" } },
      },
      { policy },
    ),
    `Only APISIX ingress controller ${line}.x takes ApisixRoute shop/web: for ${line === "1" ? "2" : "1"}.x, it has no class.`,
    `set controller: "${line}" if that is what the cluster runs; otherwise set spec.ingressClassName to the name of APISIX's IngressClass.`,
  ]),
  [
    finding(
      "controller-line",
      {
        route: "ApisixRoute shop/web",
        others: 1,
        note: {
          code: "controller-line-unclear",
          line: "2",
          because: { code: "gateway-proxy-not-in-stack", data: { proxy: "edge/apisix", by: "Gateway edge/public" } },
        },
      },
      { policy },
    ),
    "Only APISIX ingress controller 2.x is sure to take ApisixRoute shop/web and 1 more. Gateway edge/public names GatewayProxy edge/apisix, which is not in this stack. Without it, APISIX ingress controller 2.x pushes nothing.",
    'set controller: "2" if that is what the cluster runs; otherwise add "edge/apisix" to gatewayProxies if another stack has it.',
  ],
  [
    finding("exemption-policy-unknown", { annotation: "ignore.x/y", hint: '; did you mean "z"?' }, { policy }),
    'The annotation ignore.x/y has no effect: there is no such policy; did you mean "z"?',
  ],
  [
    finding("exemption-policy-unknown", { annotation: "ignore.x/y", hint: "" }, { policy }),
    "The annotation ignore.x/y has no effect: there is no such policy.",
  ],
  [
    finding("helm-release", { releases: '"a"', count: 1 }, { policy }),
    'Can\'t see what Helm release "a" installs: routes, Services and workloads in it are not judged.',
  ],
  [
    finding("helm-release", { releases: '"a", "b"', count: 2 }, { policy }),
    'Can\'t see what Helm releases "a", "b" installs: routes, Services and workloads in it are not judged.',
  ],
  [
    finding("gitops-objects", { objects: ["Application argocd/shop"], others: 0 }, { policy }),
    "Can't see what Application argocd/shop installs in the cluster: routes, Services and workloads in it are not judged.",
  ],
  [
    finding("gitops-objects", { objects: ["Kustomization flux/a", "Kustomization flux/b"], others: 2 }, { policy }),
    "Can't see what Kustomization flux/a, Kustomization flux/b and 2 more install in the cluster: routes, Services and workloads in it are not judged.",
  ],
  [
    finding("no-routes-seen", { apisix: "Deployment edge/apisix", others: 0, mayAnnotate: true }, { policy }),
    "APISIX is in this stack (Deployment edge/apisix), but no route to a Service is. Routes that are made through APISIX's Admin API or a dashboard, or in another stack, aren't seen.",
  ],
  [
    finding("no-routes-seen", { apisix: 'Helm release "apisix"', others: 1, mayAnnotate: false }, { policy }),
    "APISIX is in this stack (Helm release \"apisix\" and 1 more), but no route to a Service is. Routes that are made through APISIX's Admin API or a dashboard, or in another stack, aren't seen.",
  ],
  [
    finding("nothing-to-judge", { workloads: 1, mayAnnotate: true }, { policy }),
    "Nothing could be judged here: 1 workload looks reachable, but no route, route catalog or annotation says whether APISIX sends requests to it.",
  ],
  [
    finding("nothing-to-judge", { workloads: 2, mayAnnotate: true }, { policy }),
    "Nothing could be judged here: 2 workloads look reachable, but no route, route catalog or annotation says whether APISIX sends requests to them.",
  ],
];

describe("what people read of all else", () => {
  for (const [of, what, fix] of sentences) {
    it(what, () => {
      const text = findingText(of);
      assert.equal(text.what, what);
      if (fix !== undefined) assert.equal(text.fix, fix);
    });
  }

  it("is a mirrored workload's defects", () => {
    const defects = judge(pod([container("web")]), required);
    const text = findingText(finding("mirror-only", { workload: "Deployment shop/web", defects }, { policy }));
    assert.match(text.what, /doesn't shut down gracefully\. Container "web" receives SIGTERM/);
    assert.equal(text.fix, 'lifecycle.preStop.sleep.seconds: 5 on container "web".');
  });

  it("is why an exemption doesn't hold", () => {
    const source = "exempt[0]";
    const faults: [excuse: Excuse, remark: string | undefined][] = [
      [{ source, reason: "x" }, undefined],
      [
        { source, reason: "x", until: "2026-01-31", fault: "expired" },
        "The exemption (exempt[0]) expired on 2026-01-31.",
      ],
      [
        { source, reason: "", fault: "no-reason" },
        'The exemption (exempt[0]) doesn\'t hold: it gives no reason; write "<reason> until 2027-01-31".',
      ],
      [
        { source, reason: "x", fault: "not-a-date" },
        "The exemption (exempt[0]) doesn't hold: its date is not a date; write it as 2027-01-31.",
      ],
      [
        { source, reason: "", fault: "unknown-value" },
        "The exemption (exempt[0]) may not hold: it depends on a value that is unknown in this preview.",
      ],
    ];
    for (const [excuse, remark] of faults) {
      const { evidence } = findingText(
        finding("helm-release", { releases: "", count: 1 }, { policy, excuses: [excuse] }),
      );
      assert.deepEqual(evidence, remark === undefined ? [] : [remark]);
    }
    assert.equal(faultText({}), "it is in force");
  });
});

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
