/** docs/proof.md, its picture, and README's first lines: all made of proof/proof.json. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { withWritten } from "../tools/written-part";
import type { Retries } from "./data-plane";
import { picture, shown } from "./picture";
import { lostOf, type Kind, type OldPod, type Result, type Rollout } from "./result";
import { scenarios, slowSeconds } from "./scenarios";

const root = join(__dirname, "..");
const resultFile = join(__dirname, "proof.json");
const readme = join(root, "README.md");

const start = "<!-- Written by proof/page.ts from proof/proof.json: `npm run proof`. -->";

/** What the proof found last. */
export const lastResult = () => JSON.parse(readFileSync(resultFile, "utf8")) as Result;

/** Each file with its text. @throws Error where the result isn't what the texts say */
export async function generatedFiles(result: Result): Promise<[path: string, text: string][]> {
  const problems = contradictions(result);
  if (problems.length > 0) throw new Error(`The proof doesn't show what it should: ${problems.join("; ")}`);
  return [
    [resultFile, await format(JSON.stringify(result), { parser: "json", printWidth: 120 })],
    [join(root, "docs", "pictures", "proof.svg"), await picture(result)],
    ...(await Promise.all(
      [
        [join(root, "docs", "proof.md"), page(result)],
        [readme, withFirstLines(readFileSync(readme, "utf8"), result)],
      ].map(async ([path = "", text = ""]): Promise<[string, string]> => [
        path,
        await format(text, { ...(await resolveConfig(path)), parser: "markdown" }),
      ]),
    )),
  ];
}

/** Seconds by which `measure` may be away from the proof's own clocks. */
const tolerance = 0.2;

/** Where a result isn't what the texts say. */
export function contradictions({ rollouts }: Result): string[] {
  return rollouts.flatMap((rollout) => {
    const name = `${rollout.scenario}${rollout.repaired ? ", repaired" : ""}`;
    const lost = lostOf(rollout.requests.off) + lostOf(rollout.requests.default);
    return [
      ...(rollout.repaired && lost > 0 ? [`${name}: ${lost} requests are lost`] : []),
      ...(!rollout.repaired && rollout.delaySeconds > 0 && lost === 0 ? [`${name}: no request is lost`] : []),
      ...(rollout.bins?.some((bin) => bin.at < 0 && bin.lost > 0)
        ? [`${name}: requests are lost before it begins`]
        : []),
      ...rollout.pods.flatMap((pod) => {
        if (pod.sigterm === undefined) return [`${name}: a Pod had no SIGTERM`];
        if (!pod.measured) return [`${name}: measure has no t of a Pod`];
        return difference(pod) > tolerance ? [`${name}: measure is ${seconds(difference(pod))} off`] : [];
      }),
    ];
  });
}

function page({ machine, rates, rollouts }: Result): string {
  const delay = rollouts.find(({ scenario }) => scenario === shown)?.delaySeconds;
  return `# The proof

${start}

One app is rolled out under load, as written and as the pack repairs it (\`check --fix\`), and the requests that it
doesn't answer are counted. Kubernetes and the ingress controller are real, APISIX's data plane is
[a stand-in](#what-is-real), and most of t is set: ${delay} s.

![Requests a second during two roll-outs](pictures/proof.svg)

## Requests lost

At SIGTERM the app closes its port, finishes open requests, and ends, as most servers' graceful shutdown does. Two data
planes ask it at the same time: one doesn't retry, the other one does as APISIX does by default, once for each further
node. Each sends ${rates.quick} quick requests a second, and ${rates.slow} that take the app ${slowSeconds} s; half of each are POSTs. Each row is one
roll-out.

| | Pods | t | preStop sleep | grace period | quick, no retries | slow, no retries | quick, retries | slow, retries |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
${rollouts.map(row).join("\n")}

- **No hook**: a Pod refuses requests from its SIGTERM until it is gone from APISIX.
- **Retries** hide that while another node answers: not for a single replica, not when APISIX hears of new Pods after the
  last old one has closed its port, and not for a POST that was sent already. How many are lost then is a matter of
  moments, and differs from run to run.
- **A sleep shorter than t** loses the rest of t, where nothing retries.
- **A grace period** that ends before slow requests do kills the app under them. The sleep counts against it: one that is
  as long as the grace period leaves the app 2 s.
- **No added delay**: on this one idle node, the ingress controller and the stand-in need a few hundredths of a second,
  no more than the kubelet needs to send SIGTERM: an idle cluster may show no loss at all. What makes t longer in a
  cluster is in [how long t is](how-long.md).

## Times

In seconds since the Pod's deletion. The deletion is the API server's (its audit log), the SIGTERM the app's own, and a
Pod is gone when the data plane doesn't have its address any more. [\`measure\`](measure.md) ran beside it, and had the
API server's watches and the data plane's Control API to go by.

| | SIGTERM | gone from APISIX (t) | \`measure\` differs by up to |
|---|--:|--:|--:|
${rollouts.map(timesRow).join("\n")}

## What is real

kube-apiserver, etcd, kube-controller-manager and kubelet ${machine.kubernetes}, containerd ${machine.containerd}, the bridge plugin of CNI, and
the APISIX ingress controller 1.8.4. The roll-out is what \`kubectl rollout restart\` starts, with the defaults of a
Deployment. There is one node, idle but for this, and neither a scheduler nor a kube-proxy: Pods name their node, and
APISIX sends to Pods.

**APISIX's data plane is a stand-in** (\`proof/data-plane.ts\`): it takes what the controller writes through the Admin API,
and proxies as APISIX's nginx does by default, as far as lost requests go: nodes in turn, kept connections, retries. Its
one worker uses new nodes at once, or ${delay} s later where the table says so. That stands for what is missing of t: etcd,
APISIX's workers, or the syncs of a controller 2.x, two of which take ${delay} s with 1,500 routes.

Run on ${machine.day} with ${machine.cpus} cores and ${machine.gibibytes} GiB, Linux ${machine.kernel} and Node ${machine.node}.

## Run it

\`\`\`sh
npm run proof
\`\`\`

It needs root on Debian or another Linux with its packages, and Go 1.26. The first run builds Kubernetes, for about ten
minutes, into a cache of 1.5 GB; the roll-outs take eight. They run in a network namespace of their own. Nothing is
written where a repaired roll-out loses a request, or \`measure\` differs by more than ${tolerance} s: then the command fails. Run it
alone: whatever else the machine does shows in the times.
`;
}

function row({ scenario, repaired, replicas, sleepSeconds, gracePeriodSeconds, requests, pods }: Rollout): string {
  const cell = (retries: Retries, kind: Kind) => {
    const { lost } = requests[retries][kind];
    return lost === 0 ? "0" : `**${lost}**`;
  };
  const t = Math.max(...pods.map(({ deleted, gone }) => gone - deleted));
  return cells(
    titleOf(scenario, repaired),
    replicas,
    seconds(t),
    sleepSeconds === undefined ? "none" : `${sleepSeconds} s`,
    `${gracePeriodSeconds} s`,
    cell("off", "quick"),
    cell("off", "slow"),
    cell("default", "quick"),
    cell("default", "slow"),
  );
}

function timesRow({ scenario, repaired, pods }: Rollout): string {
  const since = (at: (pod: OldPod) => number | undefined) =>
    range(pods.flatMap((pod) => (at(pod) === undefined ? [] : [at(pod)! - pod.deleted])));
  const off = Math.max(...pods.map(difference));
  return cells(
    titleOf(scenario, repaired),
    since(({ sigterm }) => sigterm),
    since(({ gone }) => gone),
    seconds(off),
  );
}

/** Seconds between what `measure` says and the proof's own clocks. */
function difference({ deleted, gone, measured }: OldPod): number {
  return Math.abs((measured?.seconds ?? NaN) - (gone - deleted));
}

function titleOf(scenario: string, repaired: boolean): string {
  const about = scenarios.find(({ name }) => name === scenario)?.about;
  if (about === undefined) throw new Error(`${scenario}: no such scenario any more: run the proof again`);
  return repaired ? "– repaired" : about;
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(2));
  return least === most ? `${least} s` : `${least} to ${most} s`;
}

const seconds = (value: number) => `${value.toFixed(2)} s`;
const cells = (...texts: (string | number)[]) => `| ${texts.join(" | ")} |`;

/** README with the claim, in one line, and the picture. */
function withFirstLines(text: string, { rates, rollouts }: Result): string {
  const of = (name: string) => rollouts.find(({ scenario, repaired }) => scenario === name && !repaired);
  const [three, one] = [of(shown), of("one-replica")];
  if (!three || !one) throw new Error("The result lacks a roll-out that README tells of");
  const { off, default: retried } = three.requests;
  const lines = `**Requests lost in one roll-out** at ${rates.quick + rates.slow} a second, with t set to ${three.delaySeconds} s: three Pods lose ${lostOf(off)}, or ${lostOf(retried)} if APISIX
retries, a single Pod loses ${lostOf(one.requests.default)}, and **none are lost** once the pack has repaired them. [The proof](docs/proof.md) runs
a real Kubernetes and ingress controller, and a stand-in for APISIX's data plane.

![Requests a second during a roll-out: many are lost without a hook, and none once it is repaired](docs/pictures/proof.svg)
`;
  return withWritten(text, start, lines, readme);
}
