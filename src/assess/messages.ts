/**
 * All of the product's sentences about findings, by code. Those about routes that can't be followed are in
 * blind-spot-messages.ts, as there are many.
 *
 * Sentences name fields and containers, never what they hold: an environment or a command may hold a secret.
 */
import type { PolicyName } from "../settings/schema";
import { annotationPrefix, type Excuse } from "../settings/exemptions";
import type { Defect, DefectCode, DefectData, Fix, GracePeriod, Shown } from "../shutdown/judge";
import type { MeshName } from "../shutdown/app/injected";
import type { Interval } from "../shutdown/interval";
import { hidden } from "../kubernetes/secrets";
import { docsUrl } from "../version";
import type { BlindSpotCode, Mark } from "../routing";
import type { Gap } from "./advice/nothing-takes-over";
import { blindSpotMessages, lineFix, lineText, noteText } from "./blind-spot-messages";
import { cleaned } from "./clean";
import { examples } from "./examples";
import { deadFix, deadText } from "./refusal-messages";
import { faultSources, longestSleep, reasonText, symptomOf, tooLongText, upgradeText } from "./latency-messages";
import type { Code, Finding, FindingData, OtherData, Remark } from "./finding";

/** The words for one code. */
interface Message<D> {
  /** What is wrong, with which numbers: one or two sentences. */
  what: (data: D, container: string) => string;
  /** Why it matters: for `explain`, and docs/findings.md. */
  why: string;
  /** The policies that report it. */
  policies: readonly PolicyName[];
}

const sleepPolicies = ["pre-stop-sleep", "apisix-routed-workloads"] as const;
const gracePolicies = ["termination-grace-period", "apisix-routed-workloads"] as const;
const blind = ["apisix-route-blind-spots"] as const;
const advice = ["apisix-rollout-advice"] as const;

/** Up to four times in a row: why a signal that comes too early loses requests. */
const tooEarly =
  "When a Pod is deleted, its endpoint is withdrawn and its containers are stopped at the same moment. APISIX learns of the endpoint some seconds later, and sends requests to a container that has closed its port.";

/** A Pod's own defects. Their fixes are fields and values (`fixText`). */
const defects: { [C in DefectCode]: Message<DefectData[C]> } = {
  "no-hook": {
    what: (data, container) =>
      `${early(data, container)}${data.waits && data.protects.atMost > 0 ? ": it has no preStop hook, and the containers it waits for end sooner" : ""}.`,
    why: `${tooEarly} A preStop hook that sleeps keeps the container serving until APISIX knows.`,
    policies: sleepPolicies,
  },
  "hook-too-short": {
    what: (data, container) => `${early(data, container)}: ${clause(data.because)}.`,
    why: `${tooEarly} The hook has to last until APISIX knows.`,
    policies: sleepPolicies,
  },
  "hook-fails": {
    what: (data, container) => `${early(data, container)}: ${clause(data.because)}.`,
    why: "A hook that fails is an event of the Pod and nothing else: the container gets its SIGTERM at once, and the deployment looks healthy. It is the most common way to have a sleep that isn't there.",
    policies: sleepPolicies,
  },
  "hook-stops-app": {
    what: ({ t, protects }, container) =>
      protects.atMost === 0
        ? `The preStop hook of container "${container}" stops it as soon as its Pod terminates, but APISIX may keep sending it requests for another ${t} s.`
        : `The preStop hook of container "${container}" stops it ${seconds(protects)} after its Pod starts to terminate, but APISIX may send it requests for ${t} s.`,
    why: "A hook that stops the app itself (nginx -s quit, kill 1) is a SIGTERM by another name: what the hook does after it protects no request.",
    policies: sleepPolicies,
  },
  "native-sleep-unsupported": {
    what: (data, container) =>
      `${early(data, container)}: clusters before Kubernetes 1.30 drop its native sleep, and kubernetesVersion is ${data.kubernetesVersion}.`,
    why: "API servers that don't know lifecycle.preStop.sleep (KEP-3960) drop the field without an error.",
    policies: sleepPolicies,
  },
  "hook-may-be-too-short": {
    what: ({ t, because }, container) =>
      `Can't tell whether container "${container}" delays its SIGTERM by ${t} s: ${
        because === undefined
          ? "it has no preStop hook, and the hooks of the containers it waits for have unknown length"
          : clause(because)
      }.`,
    why: "How long this hook takes can't be read from the manifest. It may be long enough; only whoever knows the program can say so.",
    policies: blind,
  },
  "hook-may-not-run": {
    what: (_, container) =>
      `Can't tell whether the preStop hook of container "${container}" runs: its image looks like one without a shell and sleep.`,
    why: "An exec hook runs in the container's image. Distroless and scratch images have neither a shell nor sleep, and a hook that can't start is skipped.",
    policies: blind,
  },
  "sidecar-unknown": {
    what: (_, container) =>
      `Can't tell whether container "${container}" is a native sidecar: its restartPolicy is unknown in this preview, or malformed. If it is one, it may receive SIGTERM while APISIX still sends requests.`,
    why: "An init container with restartPolicy: Always is a sidecar that stops with the Pod (KEP-753) and needs its own delay; any other init container has ended long before.",
    policies: blind,
  },
  "template-unknown": {
    what: () => "Can't judge the containers: the Pod template is unknown in this preview, or malformed.",
    why: "Some values are only known once the program has run. A template that isn't known can't be judged before.",
    policies: blind,
  },
  "grace-unknown": {
    what: () =>
      "Can't tell whether the grace period covers the shutdown: terminationGracePeriodSeconds is unknown in this preview, or not a number.",
    why: "Without the grace period it is open when SIGKILL comes, and whether a sleep fits. Nothing is repaired either: the API refuses a native sleep that is longer than the grace period.",
    policies: blind,
  },
  "grace-zero": {
    what: () =>
      "The containers receive SIGTERM within 1 s and SIGKILL 2 s later, whatever their hooks do, while APISIX may still send the Pod requests: terminationGracePeriodSeconds is 0.",
    why: "A grace period of 0 is a forced deletion: the API removes the Pod at once, and the kubelet gives its containers 1 s.",
    policies: gracePolicies,
  },
  "sleep-exceeds-grace": {
    what: ({ sleep, grace }, container) =>
      `The Kubernetes API refuses the Pod: the preStop hook of container "${container}" sleeps ${sleep} s, longer than the grace period of ${period(grace)}.`,
    why: "The API server checks a native sleep against terminationGracePeriodSeconds, and refuses a Pod in which the sleep is longer.",
    policies: gracePolicies,
  },
  "hook-never-ends": {
    what: ({ grace }, container) =>
      `Container "${container}" receives SIGTERM only when its grace period of ${period(grace)} is over, and SIGKILL 2 s later: its preStop hook never ends.`,
    why: "The kubelet cuts a hook at the end of the grace period and leaves the app 2 s: every rollout takes the whole grace period and ends with SIGKILL.",
    policies: gracePolicies,
  },
  "grace-too-short": {
    what: ({ grace, hook, left, stopsApp, ...shown }, container) => {
      const needs = shown.shutdown === 0 ? "" : `, and ${needsAfterSignal(shown)}`;
      if (!hook)
        return `${container === "" ? "The app" : `Container "${container}"`} may receive SIGKILL before it has shut down: the grace period is ${period(grace)}${needs}.`;
      const leaves =
        left === undefined
          ? "only the 2 s that the kubelet always grants"
          : `${hook.atMost > hook.atLeast ? "at most " : ""}${round(left)} s`;
      const takes = stopsApp ? `stops it after ${seconds(hook)}` : `takes ${seconds(hook)}`;
      return `Container "${container}" may receive SIGKILL before it has shut down: its preStop hook ${takes} and the grace period is ${period(grace)}, which leaves ${leaves}${needs}.`;
    },
    why: "terminationGracePeriodSeconds is one clock for the whole Pod, and it starts with the deletion: the hook spends it. What is left must be enough for the app to finish its requests.",
    policies: gracePolicies,
  },
  "stop-signal-kills": {
    what: (shown, container) =>
      `Container "${container}" receives SIGKILL instead of SIGTERM, and ${
        shown.source === undefined ? `the app may need ${shown.shutdown} s to shut down` : needsAfterSignal(shown)
      }: its lifecycle.stopSignal is SIGKILL.`,
    why: "lifecycle.stopSignal (KEP-4960) replaces SIGTERM. An app can't handle SIGKILL: it ends at once, with every request that it is answering.",
    policies: gracePolicies,
  },
  "spot-nodes": {
    what: ({ label, grants, needed }) =>
      `Can't tell whether the Pods get the ${needed} s that they need to terminate: they may run on nodes with the label ${label}, which may grant ${grants} s.`,
    why: "Spot and preemptible nodes are taken away at short notice, whatever grace period a Pod declares. How much such a node grants is a fact of the cluster.",
    policies: blind,
  },
  "grace-may-be-too-short": {
    what: ({ grace, because, ...shown }, container) => {
      const about = because === undefined ? [] : [clause(because)];
      if (!shown.isAssumed) {
        const needs =
          shown.source === undefined ? "it may need after SIGTERM" : `its app gives itself (${shown.source})`;
        const [why = "the hooks of the containers it waits for have unknown length"] = about;
        return `Can't tell whether the grace period of ${period(grace)} leaves container "${container}" the ${round(shown.shutdown)} s that ${needs}: ${why}.`;
      }
      const start = `Can't tell whether the grace period of ${period(grace)} is long enough for`;
      return container === ""
        ? `${start} the injected sidecar: it may give itself ${round(shown.shutdown)} s (${shown.source}).`
        : `${start} container "${container}": ${[...about, needsAfterSignal(shown)].join(", and ")}.`;
    },
    why: "The hook spends the grace period. How much of it the hook takes, or how much of it the app needs, can't be read from the manifest for sure: the time may be a framework's default, which the image may change.",
    policies: blind,
  },
  "signal-lost": {
    what: (_, container) =>
      `The app in container "${container}" never receives SIGTERM: its command starts dash, which stays PID 1 and doesn't pass the signal on. The app runs until SIGKILL.`,
    why: "SIGTERM goes to PID 1 of each container. A shell never passes it on to what it has started: the app doesn't shut down, every rollout takes the whole grace period, and SIGKILL cuts the connections that are open. docs/signals.md lists what is judged.",
    policies: gracePolicies,
  },
  "signal-may-be-lost": {
    what: (_, container) =>
      `The app in container "${container}" may never receive SIGTERM: its command starts a shell that may stay PID 1 and doesn't pass the signal on then (Debian's dash is one). The app would run until SIGKILL.`,
    why: "SIGTERM goes to PID 1 of each container, and a shell never passes it on. Some shells replace themselves with the last command of a script, so that the app is PID 1; others don't, and the manifest doesn't say which one the image has. docs/signals.md lists what is judged.",
    policies: blind,
  },
  "injected-proxy-may-stop-first": {
    what: ({ t, proxy: { mesh, proxy, waits } }) => {
      const goesOn =
        waits === undefined
          ? `its annotations don't say that it waits (${byDefault[mesh]})`
          : `by its annotations it waits ${round(waits)} s`;
      return `Can't tell whether the container "${proxy}" that ${mesh} injects outlives the requests: unless it is a native sidecar, it is stopped as soon as its Pod terminates, and ${goesOn}, but APISIX may send requests for ${t} s.`;
    },
    why: "A mesh's proxy isn't in the Pod template. As an ordinary container it receives SIGTERM while the app's hook still sleeps, and what goes through it fails. Native sidecars end after the app. Which one it is, and how long it waits, may be set for the whole mesh, where the pack doesn't see it.",
    policies: blind,
  },
};

/** How long a mesh's proxy goes on if nothing is set. */
const byDefault: Readonly<Record<MeshName, string>> = {
  Istio: "the default is 5 s",
  Linkerd: "the default is 0 s",
  Dapr: "by default it doesn't",
};

/** The rest: each with the sentence that says what to do. */
const others: { [C in keyof OtherData]: Message<OtherData[C]> & { fix: (data: OtherData[C]) => string } } = {
  "publishes-not-ready": {
    what: ({ service }) =>
      `${service} publishes not-ready addresses: a terminating Pod stays ready, and APISIX sends it requests until it is gone. No sleep helps.`,
    fix: () =>
      "publishNotReadyAddresses: false on the Service that APISIX routes to; give peers a headless Service of their own.",
    why: "publishNotReadyAddresses is for peers that have to find each other before they are ready. On a routed Service it keeps terminating Pods in the endpoints.",
    policies: ["apisix-routed-workloads"],
  },
  "repair-undone": {
    what: ({ workload, path, isGone }) => {
      if (path !== undefined)
        return `The pack repaired ${workload} in this run, and Pulumi dropped the repair: ignoreChanges holds ${path}.`;
      const why = isGone
        ? "the stack doesn't hold the repair: most likely Pulumi replaced the resource, and drops repairs then"
        : "the stack doesn't hold all of the repair: something changed it afterwards";
      return `The pack repaired ${workload} in this run, and ${why}.`;
    },
    fix: ({ path, isGone, lands, blocks, fixes }) => {
      const fields = fixText(fixes).slice(0, -1);
      if (path !== undefined) return `let ignoreChanges leave out what the repair changes: ${fields}.`;
      if (!isGone) return `find what changes it, such as another policy pack or a webhook: ${fields}.`;
      const write = `write it into the program, or let its transform gracefulTermination() do that: ${fields}`;
      if (lands === "new-pod") {
        return `${write}; or make it a Deployment. Each run would replace the Pod again, and lose the repair.`;
      }
      // A run that is blocked is never followed by another.
      return blocks ? `${write}.` : `${write}; or run pulumi up once more, which repairs the new resource.`;
    },
    why: "A policy's repair is a change of what the program asked for. Pulumi compares the resource without what ignoreChanges holds, and starts again from the program's own properties when it replaces a resource: the repair is announced, and is not deployed. A later run may not announce it again; where a route, a catalog or an annotation makes the workload known, it is then reported for what it lacks.",
    policies: ["apisix-routed-workloads", "apisix-rollout-advice"],
  },
  "repair-waits": {
    what: ({ workload, lands }) =>
      lands === "next-pods"
        ? `The pack repairs ${workload} in each run, and only Pods that are made after the first repair have it: those made before stay as they are.`
        : `The repair of ${workload} waits until it is resumed: its running Pods stay as they are.`,
    fix: ({ lands }) =>
      lands === "next-pods"
        ? "replace the Pods that were made before, once; with the repair in the program this advice ends."
        : "resume it.",
    why: "ReplicaSets and ReplicationControllers never replace a Pod because its template changed, updateStrategy OnDelete leaves it to whoever deletes the Pods, and a paused controller waits.",
    policies: advice,
  },
  "mirror-only": {
    what: ({ workload, defects: all }) =>
      `${workload} only receives mirrored requests, whose answers APISIX drops, and it doesn't shut down gracefully. ${all.map(defectText).join(" ")}`,
    fix: ({ defects: all }) => fixText(all.flatMap(({ fixes }) => fixes)),
    why: "No client sees a mirrored request fail, so this is advice and not a violation. It matters if the mirror is compared with the original.",
    policies: advice,
  },
  "timeout-exceeds-grace": {
    what: ({ timeout, left }, container) =>
      `A request to container "${container}" may take ${timeout} s by its route's timeout, and the container has at most ${left} s left after SIGTERM: a slow request is cut off.`,
    fix: ({ grace, fits }) => {
      const ways = [
        ...(grace === undefined
          ? []
          : [`terminationGracePeriodSeconds: ${grace} if the app finishes its requests after SIGTERM`]),
        ...(fits === undefined ? [] : [`lower the route's timeout to ${fits} s`]),
      ];
      return `${ways.join("; or ")}.`;
    },
    why: "The sleep keeps new requests away. A request that is being answered when SIGTERM comes still has to end before SIGKILL.",
    policies: advice,
  },
  "gateway-stops-early": {
    what: ({ workload, defect }, container) => {
      const { protects } = defect.data as { protects: Interval };
      const when =
        protects.atMost === 0
          ? "as soon as its Pod terminates"
          : `${seconds(protects)} after its Pod starts to terminate`;
      return `${workload} runs APISIX: container "${container}" closes its ports ${when}, and clients and load balancers may still open connections to it.`;
    },
    fix: ({ defect }) => fixText(defect.fixes),
    why: "APISIX's own Pods are behind a Service or a load balancer, which learns of a Pod's end as late as APISIX learns of an app's. A preStop sleep keeps the gateway open until then.",
    policies: advice,
  },
  "gateway-cuts-requests": {
    what: ({ workload, needs, by, left }, container) =>
      `${workload} runs APISIX: container "${container}" has at most ${left} s left after its stop signal, and it may go on with its requests for ${needs} s (${takenBy[by]}). Those that take longer than what is left are cut off.`,
    fix: ({ grace }) =>
      grace === undefined
        ? "shorten its preStop hook, or the longest timeout of its routes: maxGracePeriodSeconds leaves no more."
        : `terminationGracePeriodSeconds: ${grace}.`,
    why: "On its stop signal, APISIX finishes the requests that it has, for at most worker_shutdown_timeout. The end of the grace period cuts them off. The public charts leave 2 s: their hook sleeps 30 s, as long as the default grace period.",
    policies: advice,
  },
  "controller-shutdown": {
    what: ({ workload, defects: all }) =>
      `${workload} runs the APISIX ingress controller, and doesn't terminate as its manifest says. ${all.map(defectText).join(" ")}`,
    fix: ({ defects: all }) => fixText(all.flatMap(({ fixes }) => fixes)),
    why: "The controller takes no requests, and needs no sleep. While none runs, APISIX learns of no Pod that ends: a controller that can't hand over in order makes t longer for all apps.",
    policies: advice,
  },
  "connections-cut": {
    what: ({ workload, mark, seconds: last }) =>
      `${connections[mark.kind]} to ${workload} stay on a Pod that terminates: unless the app closes them, they are cut when it ends${last === undefined ? "" : `, after at most ${round(last)} s`}. ${markText(mark)}`,
    fix: ({ mark: { kind }, mayRaise }) =>
      `${kind === "grpc" ? "stop the server gracefully on SIGTERM, so that clients open their streams on another Pod" : "make the app close its connections on SIGTERM, so that clients connect to another Pod"}${mayRaise ? "; or raise terminationGracePeriodSeconds to the time that a connection may last" : ""}.`,
    why: "The sleep keeps new requests away. A connection that is open stays on its Pod, whatever the endpoints say, until the app closes it or SIGKILL ends it.",
    policies: advice,
  },
  "nothing-takes-over": {
    what: ({ workload, gaps }) =>
      `A rollout of ${workload} may lose requests that no sleep protects: ${gaps.map(gapText).join("; ")}.`,
    fix: ({ gaps }) => `${gaps.map(gapFix).join(", and ")}.`,
    why: "A sleep keeps the old Pod serving until APISIX knows that it goes. That helps if another Pod is there by then, and ready to answer.",
    policies: advice,
  },
  "field-dropped": {
    what: ({ workload, fields, others: more }) => {
      const isOne = fields.length + more === 1;
      const paths = fields.map(({ path }) => path).join(", ");
      return `Kubernetes doesn't know ${isOne ? "this field" : "these fields"} of ${workload}, and drops or refuses ${isOne ? "it" : "them"}: ${paths}${andMore(more)}.`;
    },
    fix: ({ fields }) =>
      `${fields
        .map(({ path, meant = "the container that it is meant for", isTaken }) =>
          isTaken ? `remove ${path}, as ${meant} is set` : `move ${path} to ${meant}`,
        )
        .join(", and ")}.`,
    why: "The API server drops a field that it doesn't know, and says so in a warning at most: the hook or the grace period that it holds doesn't exist.",
    policies: advice,
  },
  "keep-alive-connections": {
    what: ({ workload, others: more }) =>
      `A sleep alone doesn't protect ${workload}${andMore(more)}: requests arrive through the Service's cluster IP, and APISIX's keep-alive connections to a Pod outlive its sleep.`,
    fix: () => "make the app close its connections on SIGTERM, or route to the Pods' endpoints.",
    why: "Through a cluster IP, APISIX doesn't know the Pods: a connection that is open stays on its Pod until the app closes it.",
    policies: advice,
  },
  "dns-ttl": {
    what: ({ workload, others: more }) =>
      `A sleep alone may not protect ${workload}${andMore(more)}: requests arrive through a DNS name, and APISIX uses a Pod's address until the record's TTL is over.`,
    fix: () => "set sleepSeconds above the record's TTL, or route to the Pods' endpoints.",
    why: "A DNS answer is used until its TTL ends (30 s in most clusters), whatever the endpoints say meanwhile.",
    policies: advice,
  },
  "sleep-below-advice": {
    what: ({ sleepSeconds: least, reason }) =>
      `sleepSeconds is ${least} s, and APISIX may send a Pod requests for up to ${reason.seconds} s: ${reasonText(reason).text}.`,
    fix: ({ reason }) =>
      reason.seconds > longestSleep
        ? `${tooLongText}.`
        : `set sleepSeconds to ${reason.seconds}, or measure it with \`apisix-graceful-termination advise --metrics\`.`,
    why: "How long APISIX takes to learn of an endpoint depends on the controller, its mode, the number of routes and the CPUs that it has. A sleep that ends before that loses requests. docs/how-long.md has the numbers, and their sources.",
    policies: advice,
  },
  "controller-version-loses-endpoints": {
    what: ({ id, version }) => `No sleep is long enough with controller ${version}: ${symptomOf(id)}.`,
    fix: ({ id }) => `${upgradeText(id)} (${faultSources(id).join(", ")}).`,
    why: "Some releases of the controller lose updates of endpoints, or hold them back for minutes. APISIX goes on sending requests to Pods that are gone, whatever their hooks do.",
    policies: advice,
  },
  "controller-line": {
    what: ({ note, route, others: more }) => lineText(note, `${route}${andMore(more)}`),
    fix: ({ note }) => `set controller: "${note.line}" if that is what the cluster runs; otherwise ${lineFix(note)}`,
    why: "The two lines of the APISIX ingress controller disagree about some routes. With controller: auto, the pack follows what either of them takes.",
    policies: advice,
  },
  "dead-route": {
    what: ({ refusals, route, others: more }) => deadText(refusals, `${route}${andMore(more)}`),
    fix: ({ refusals }) => deadFix(refusals),
    why: "The controller refuses such a route or passes it over, and APISIX gets none of it: its users get a 404, or the version of the route from before the change. It sends no requests, so the pack checks none of the workloads behind it. docs/routing.md lists the reasons.",
    policies: advice,
  },
  "exemption-without-effect": {
    what: ({ source, workload, others: more }) =>
      `${source} has no effect: the policy reports nothing about ${workload}${andMore(more)}.`,
    fix: () => "remove the exemption.",
    why: "An exemption that nothing needs hides the next problem of the same workload.",
    policies: advice,
  },
  "exemption-matches-nothing": {
    what: ({ source }) => `${source} has no effect: no workload of this stack matches it.`,
    fix: () => "remove the exemption, or correct the names in it.",
    why: "An exemption whose name is misspelled, or whose workload is gone, excuses nothing.",
    policies: advice,
  },
  "exemption-invalid": {
    what: ({ source, workload, fault }) =>
      fault === "unknown-value"
        ? `Can't tell whether ${source} excuses ${workload}: ${faultText({ fault })}.`
        : `${source} doesn't excuse ${workload}: ${faultText({ fault })}.`,
    fix: ({ fault }) =>
      fault === "unknown-value"
        ? "give it a value that is known in the preview."
        : 'write the exemption as "<reason> until 2027-01-31".',
    why: "An exemption needs a reason, and a date that exists if it has one. Otherwise the workload is judged, and repaired, as if there were none.",
    policies: advice,
  },
  "exemption-policy-unknown": {
    what: ({ annotation, hint }) =>
      `The annotation ${annotation} has no effect: there is no such policy${hint}${hint.endsWith("?") ? "" : "."}`,
    fix: () => "correct the annotation's name.",
    why: "The part after the slash is the name of the policy to be excused from.",
    policies: advice,
  },
  "annotation-not-boolean": {
    what: ({ annotation }) => `The annotation ${annotation} is neither "true" nor "false", and has no effect.`,
    fix: ({ annotation }) => `${annotation}: "true" or "false".`,
    why: "The annotation says whether the workload is behind APISIX. With another value the pack doesn't know.",
    policies: blind,
  },
  "annotation-not-seconds": {
    what: ({ annotation }) => `The annotation ${annotation} is not a whole number of seconds, and has no effect.`,
    fix: ({ annotation }) => `${annotation}: "15", a whole number of seconds in quotes.`,
    why: "The workload asks for more time than the settings give it, and the pack can't read how much.",
    policies: blind,
  },
  "annotation-above-ceiling": {
    what: ({ annotation, ceiling }) =>
      `The annotation ${annotation} asks for more than maxGracePeriodSeconds (${ceiling} s) leaves, and has no effect.`,
    fix: () => "lower it, or raise maxGracePeriodSeconds if the nodes grant more.",
    why: "The sleep and the shutdown after it must fit into the grace period, and the nodes grant no more than maxGracePeriodSeconds.",
    policies: blind,
  },
  "annotation-below-setting": {
    what: ({ annotation, setting, seconds: least }) =>
      `The annotation ${annotation} is below ${setting} (${least} s), and has no effect: a workload may only raise it.`,
    fix: ({ annotation, seconds: least }) => `remove the annotation ${annotation}, or raise it to ${least} or more.`,
    why: "How long APISIX needs is a fact of the cluster. A workload may ask for more, not for less.",
    policies: blind,
  },
  "catalog-undated": {
    what: ({ file }) => `The route catalog ${file} doesn't say when it was made.`,
    fix: () => "regenerate it with `apisix-graceful-termination routes`.",
    why: "maxCatalogAgeDays limits the age of the catalog, and without a date it can't be checked.",
    policies: advice,
  },
  "catalog-stale": {
    what: ({ file, days, most }) =>
      `The route catalog ${file} is ${days} days old, and maxCatalogAgeDays is ${most}: it lacks the routes made since.`,
    fix: () => "regenerate it with `apisix-graceful-termination routes`.",
    why: "Workloads behind newer routes aren't known to be routed.",
    policies: advice,
  },
  "helm-release": {
    what: ({ releases, count }) =>
      `Can't see what Helm ${count === 1 ? "release" : "releases"} ${releases} installs: routes, Services and workloads in it are not judged.`,
    fix: () =>
      "use kubernetes.helm.v4.Chart, which registers its resources, or run `helm template … | apisix-graceful-termination check -`.",
    why: "A kubernetes.helm.v3.Release is one resource to Pulumi. What it installs never reaches a policy.",
    policies: blind,
  },
  "gitops-objects": {
    what: ({ objects, others: more }) =>
      `Can't see what ${objects.join(", ")}${andMore(more)} ${objects.length + more === 1 ? "installs" : "install"} in the cluster: routes, Services and workloads in it are not judged.`,
    fix: () =>
      "run `apisix-graceful-termination check` on the folder with those manifests, in the CI of its repository, or `check --cluster` on what runs.",
    why: "Argo CD and Flux install what is in a repository or a chart. The stack holds only the object that says where that is.",
    policies: blind,
  },
  "no-routes-seen": {
    what: ({ apisix, others: more }) =>
      `APISIX is in this stack (${apisix}${andMore(more)}), but no route to a Service is. Routes that are made through APISIX's Admin API or a dashboard, or in another stack, aren't seen.`,
    fix: ({ mayAnnotate }) =>
      `list the Services that they lead to in a catalog${mayAnnotate ? ', or annotate the workloads behind them apisix-graceful-termination/routed: "true"' : ""}, in the stacks of those workloads.`,
    why: "The pack follows routes that are Kubernetes objects of the stack. What only APISIX's own store holds is no such object, and routes are often in the stacks of the apps.",
    policies: blind,
  },
  "resource-unreadable": {
    what: ({ resources, others: more }) => {
      const isOne = resources.length + more === 1;
      return `Can't read ${resources.join(", ")}${andMore(more)}, so the pack neither judges nor repairs ${isOne ? "it" : "them"}: ${isOne ? "it holds" : "they hold"} an asset, an archive or another value that Pulumi's policy SDK can't read.`;
    },
    fix: () => "write it as text.",
    why: "No Kubernetes object has assets or archives. Pulumi's policy SDK fails on some of them, and the preview would hang. So the pack leaves the resource out, and judges the rest.",
    policies: blind,
  },
  "nothing-to-judge": {
    what: ({ workloads }) =>
      `Nothing could be judged here: ${workloads === 1 ? "1 workload looks" : `${workloads} workloads look`} reachable, but no route, route catalog or annotation says whether APISIX sends requests to ${workloads === 1 ? "it" : "them"}.`,
    fix: ({ mayAnnotate }) =>
      `give the stack a catalog (\`apisix-graceful-termination routes\`)${mayAnnotate ? ', or annotate its routed workloads apisix-graceful-termination/routed: "true"' : ""}.`,
    why: "Silence would look like compliance. Where routes live in another stack, this stack alone doesn't say what is routed.",
    policies: blind,
  },
};

/** Every code, in the order of the docs. */
export const codes: readonly Code[] = [
  ...(Object.keys(defects) as DefectCode[]),
  ...(Object.keys(others) as (keyof OtherData)[]),
  ...(Object.keys(blindSpotMessages) as BlindSpotCode[]),
];

/** A finding in words. */
export interface FindingText {
  what: string;
  /** Chains, and what to know of them. */
  evidence: readonly string[];
  /** What to do, without the label `Fix:`. */
  fix: string;
  /** The address of its page. */
  docs: string;
}

export function findingText(given: Finding): FindingText {
  const finding = cleaned(given);
  const { code, evidence, notes = [], remarks = [], excuses } = finding;
  const told = [...notes.map(noteText), ...remarks.map(remarkText)].map((text) => `Note: ${text}`);
  for (const excuse of excuses) if (excuse.fault) told.push(lapsed(excuse));
  const [what, fix] = [whatOf(finding), fixOf(finding)].map((text) => text.replaceAll("NaN", hidden));
  return { what: what ?? "", evidence: [...evidence, ...told], fix: fix ?? "", docs: pageOf(code) };
}

/** One finding, one message: what is wrong, the evidence, what to do, the page. */
export function messageOf(finding: Finding): string {
  const { what, evidence, fix, docs } = findingText(finding);
  return [what, ...evidence, `Fix: ${fix}`, docs].join("\n");
}

/** The address of a code's section in the docs of the version that runs. */
export function pageOf(code: Code): string {
  return `${docsUrl("findings.md")}#${code}`;
}

/** What `explain CODE` prints and docs/findings.md holds: undefined where there is no such code. */
export function explain(
  code: string,
): { policies: readonly PolicyName[]; why: string; example: FindingText } | undefined {
  const known = codes.find((each) => each === code);
  if (known === undefined) return undefined;
  const finding = { code: known, container: "web", evidence: [], excuses: [], ...examples[known] };
  return { ...meaningOf(known), example: findingText(finding as unknown as Finding) };
}

/** Which policies report a code, and why it matters. */
export function meaningOf(code: Code): { policies: readonly PolicyName[]; why: string } {
  const { why, policies } = messages[code] as Message<unknown>;
  return { policies, why };
}

/** By what the time is known that the gateway takes. */
const takenBy: Readonly<Record<OtherData["gateway-cuts-requests"]["by"], string>> = {
  setting: "worker_shutdown_timeout of its config.yaml",
  default: "worker_shutdown_timeout, whose default this is",
  routes: "the longest timeout of the stack's routes",
};

const messages: { [C in Code]: Message<FindingData[C]> } = {
  ...defects,
  ...others,
  ...(Object.fromEntries(
    Object.entries(blindSpotMessages).map(([code, message]) => [
      code,
      { ...message, policies: message.advice ? advice : blind },
    ]),
  ) as unknown as { [C in BlindSpotCode]: Message<FindingData[C]> }),
};

function whatOf({ code, data, container = "" }: Finding): string {
  return (messages[code] as Message<unknown>).what(data, container);
}

/** A defect in words, outside a finding of its own. */
function defectText({ code, data, container = "" }: Defect): string {
  return (defects[code] as Message<unknown>).what(data, container);
}

function fixOf({ code, data, fixes }: Finding): string {
  if (fixes) return fixText(fixes);
  const own = code in others ? others[code as keyof OtherData] : blindSpotMessages[code as BlindSpotCode];
  return (own as { fix: (data: unknown) => string }).fix(data);
}

/** What to do about a Pod's defect: fields and values to copy, as one sentence. */
function fixText(fixes: readonly Fix[]): string {
  // The same fix may be part of several defects'.
  const of = (isAlternative: boolean) => [
    ...new Set(fixes.filter((fix) => (fix.do === "raise-version") === isAlternative).map(fixPart)),
  ];
  const [parts, alternatives] = [of(false), of(true)];
  return `${[parts.join(", and "), ...alternatives].filter((text) => text !== "").join("; or ")}.`;
}

function fixPart(fix: Fix): string {
  switch (fix.do) {
    case "set-hook": {
      const hook = hookField(fix.hook);
      return fix.replaces
        ? `replace the hook on container "${fix.container}" with ${hook}`
        : `${hook} on container "${fix.container}"`;
    }
    case "set-hook-without-shell": {
      const hook = `that sleeps ${fix.seconds} s and needs no shell`;
      return fix.replaces
        ? `replace the hook on container "${fix.container}" with one ${hook}`
        : `give container "${fix.container}" a preStop hook ${hook}`;
    }
    case "sleep-first": {
      const before = fix.stopsApp ? " before it stops the app" : fix.plain ? "" : " before anything else";
      return `make the hook on container "${fix.container}" sleep ${fix.seconds} s${before}`;
    }
    case "sleep-then-request":
      return `replace the httpGet on container "${fix.container}" with an exec hook that sleeps ${fix.seconds} s and then makes the request`;
    case "keep-one-handler":
      return `keep exactly one handler in the hook on container "${fix.container}"`;
    case "end-hook":
      return fix.within === undefined
        ? `make the hook on container "${fix.container}" end by itself`
        : `make the hook on container "${fix.container}" end within ${Math.max(0, fix.within)} s, or set terminationGracePeriodSeconds to the longest time that the hook can take plus ${fix.shutdown} s`;
    case "change-signal":
      return `remove lifecycle.stopSignal on container "${fix.container}", or set a signal on which the app shuts down`;
    case "exec-app":
      return `start the app of container "${fix.container}" with exec, as the last command of the script: exec <app>`;
    case "hold-proxy": {
      const { native, wait } = holdProxy[fix.mesh];
      const ways = [...(fix.mayBeNative ? [native] : []), wait(fix.seconds, fix.endsWhenIdle)];
      return `annotate the Pod template ${ways.join(", or ")}`;
    }
    case "set-grace":
      return Number.isNaN(fix.seconds)
        ? "raise terminationGracePeriodSeconds to the longest hook and the time that the app needs to shut down"
        : `terminationGracePeriodSeconds: ${fix.seconds}`;
    case "shorten":
      return `shorten the hook or the shutdown: the Pod needs ${fix.needed} s, and maxGracePeriodSeconds is ${fix.ceiling}`;
    case "make-known": {
      const of = fix.container === undefined ? "" : ` of container "${fix.container}"`;
      return `give ${fix.field}${of} a value that is known in the preview`;
    }
    case "set-ceiling":
      return "set maxGracePeriodSeconds to what the nodes grant";
    case "raise-version":
      return "raise kubernetesVersion if no cluster is that old";
  }
}

/** The annotations that make a proxy a native sidecar, or that make it wait. */
const holdProxy: Readonly<
  Record<MeshName, { native: string; wait: (seconds: number, endsWhenIdle: boolean) => string }>
> = {
  Istio: {
    native: 'sidecar.istio.io/nativeSidecar: "true"',
    wait: (t, endsWhenIdle) =>
      endsWhenIdle
        ? `proxy.istio.io/config with MINIMUM_DRAIN_DURATION: "${t}s" in its proxyMetadata`
        : `proxy.istio.io/config: "terminationDrainDuration: ${t}s"`,
  },
  Linkerd: {
    native: 'config.alpha.linkerd.io/proxy-enable-native-sidecar: "true" (Linkerd 2.15)',
    wait: (t) => `config.alpha.linkerd.io/proxy-wait-before-exit-seconds: "${t}"`,
  },
  Dapr: {
    native: 'dapr.io/enable-native-sidecar: "true" (Dapr 1.18)',
    wait: (t) => `dapr.io/block-shutdown-duration: "${t}s"`,
  },
};

function remarkText(remark: Remark): string {
  switch (remark.about) {
    case "denies-route":
      return "its annotation says that it is not routed; the route says that it is.";
    case "lands":
      return landsText[remark.lands];
    case "ignored":
      return `ignoreChanges holds ${remark.path}: Pulumi doesn't deploy the change until it is taken out.`;
    case "not-selected": {
      const annotate = remark.mayAnnotate
        ? `annotate it ${annotationPrefix}routed: "true"`
        : "put its Service into the catalog";
      return remark.select === "routed"
        ? `select is "routed", and the pack repairs what it knows to be routed before it sees a route. To have it repaired, ${annotate}.`
        : `the pack repairs what looks reachable, and no container here declares a port or has a readiness probe. To have it repaired, declare the port, ${annotate}, or set select: "all".`;
    }
  }
}

const landsText = {
  "new-pod":
    "a running Pod can't be changed: Pulumi replaces it, and kubectl apply is refused. Write the fix into the program or the manifest, or make it a Deployment.",
  "next-pods": "its running Pods stay as they are: only Pods that are made after the change have it.",
  "when-resumed": "it is paused: its running Pods stay as they are until it is resumed.",
};

/** The field of a new hook, with its value. */
function hookField(hook: object): string {
  const { sleep, exec } = hook as { sleep?: { seconds: number }; exec?: { command: readonly string[] } };
  return sleep
    ? `lifecycle.preStop.sleep.seconds: ${sleep.seconds}`
    : `lifecycle.preStop.exec.command: ${JSON.stringify(exec?.command).replaceAll('","', '", "')}`;
}

/** Connections that stay open, by their mark. */
const connections = { websocket: "WebSocket connections", grpc: "gRPC streams", stream: "TCP connections" };

function markText({ resource, field }: Mark): string {
  return field === undefined ? `Their route is ${resource}.` : `${resource} has ${field}.`;
}

function gapText(gap: Gap): string {
  switch (gap.is) {
    case "recreate":
      return "strategy Recreate stops all Pods before it starts new ones";
    case "all-unavailable":
      return gap.isSingle
        ? `maxUnavailable and maxSurge let its only Pod stop before the new one is ready (replicas is 1${gap.isDefault ? ", the default" : ""})`
        : "maxUnavailable lets all Pods stop before new ones are ready";
    case "stops-first":
      return `a StatefulSet stops its only Pod before it starts the new one (replicas is 1${gap.isDefault ? ", the default" : ""})`;
    case "no-scale-down-delay":
      return "scaleDownDelaySeconds is 0, and stops the old Pods as soon as the Service is switched";
    case "not-probed":
      return `container "${gap.container}" has no readiness probe, and may get requests before the app listens`;
    case "no-retries":
      return `APISIX doesn't try a request that fails at one Pod on another one (${gap.field} in ${gap.resource})`;
  }
}

function gapFix(gap: Gap): string {
  switch (gap.is) {
    case "recreate":
      return "strategy.type: RollingUpdate if two versions of the app can run side by side";
    case "all-unavailable":
      return "maxUnavailable: 0 and maxSurge: 1";
    case "stops-first":
      return "replicas: 2 if the app can run twice";
    case "no-scale-down-delay":
      return "leave scaleDownDelaySeconds at its default of 30";
    case "not-probed":
      return `give container "${gap.container}" a readinessProbe`;
    case "no-retries":
      return "remove retries: 0";
  }
}

/** Why an exemption doesn't hold, in words. */
export function faultText({ fault, until }: Pick<Excuse, "fault" | "until">): string {
  if (fault === undefined) return "it is in force";
  switch (fault) {
    case "expired":
      return `it expired on ${until}`;
    case "no-reason":
      return 'it gives no reason; write "<reason> until 2027-01-31"';
    case "not-a-date":
      return "its date is not a date; write it as 2027-01-31";
    case "unknown-value":
      return "it depends on a value that is unknown in this preview";
  }
}

function lapsed(excuse: Excuse): string {
  const { source, fault, until } = excuse;
  if (fault === "expired") return `The exemption (${source}) expired on ${until}.`;
  const can = fault === "unknown-value" ? "may not hold" : "doesn't hold";
  return `The exemption (${source}) ${can}: ${faultText(excuse)}.`;
}

/** A container that gets its SIGTERM while APISIX still sends it requests. */
function early({ t, protects }: { t: number; protects: Interval }, container: string): string {
  return protects.atMost === 0
    ? `Container "${container}" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another ${t} s`
    : `Container "${container}" receives SIGTERM ${seconds(protects)} after its Pod starts to terminate, but APISIX may send it requests for ${t} s`;
}

/** What an app needs, and where that stands. */
function needsAfterSignal({ shutdown, source, isAssumed }: Shown): string {
  return source === undefined
    ? `the app may need ${shutdown} s after SIGTERM`
    : `the app ${isAssumed ? "may give" : "gives"} itself ${round(shutdown)} s (${source})`;
}

function period({ seconds: written, isDefault, granted }: GracePeriod): string {
  const notes = [
    ...(isDefault ? ["the default"] : []),
    ...(written < 0 ? ["which counts as 1 s"] : []),
    ...(granted === undefined ? [] : [`the nodes grant ${granted} s`]),
  ];
  return `${written} s${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
}

/** `5 s`, `5 to 8 s`, `at least 5 s`. */
function seconds({ atLeast, atMost }: Interval): string {
  if (atLeast === atMost || Number.isNaN(atLeast)) return `${round(atLeast)} s`;
  return atMost === Infinity ? `at least ${round(atLeast)} s` : `${round(atLeast)} to ${round(atMost)} s`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Why, as a clause: the evaluator of hooks gives one, or what follows "its preStop hook". */
function clause(because: string): string {
  const text = because.replace(/[.\s]+$/, "");
  return /^(its|the|a|an) /i.test(text) ? lowerFirst(text) : `its preStop hook ${text}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function andMore(count: number): string {
  return count === 0 ? "" : ` and ${count} more`;
}
