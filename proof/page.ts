/** docs/proof.md, its picture, and README's first lines: all made of proof/proof.json. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import type { Retries } from "./data-plane";
import { picture, shown } from "./picture";
import type { Kind, OldPod, Result, Rollout } from "./result";
import { slowSeconds } from "./scenarios";

const root = join(__dirname, "..");
export const resultFile = join(__dirname, "proof.json");
const readme = join(root, "README.md");

/** What each scenario is about; one that isn't here can't be shown. */
const about: Record<string, string> = {
  "no-hook": "no hook",
  "one-replica": "no hook, one replica",
  "short-sleep": "a sleep that is shorter than t",
  "short-grace": "no hook, a short grace period",
  "sleep-fills-grace": "a sleep as long as the grace period",
  "no-delay": "no hook, an idle cluster",
};

/** Each file with its text. @throws Error where the result isn't what the texts say */
export async function generatedFiles(): Promise<[path: string, text: string][]> {
  const result = JSON.parse(readFileSync(resultFile, "utf8")) as Result;
  const problems = contradictions(result);
  if (problems.length > 0) throw new Error(`The proof doesn't show what it should: ${problems.join("; ")}`);
  return [
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
    const lost = lostOf(rollout);
    return [
      ...(rollout.repaired && lost > 0 ? [`${name}: ${lost} requests are lost`] : []),
      ...(!rollout.repaired && rollout.delaySeconds > 0 && lost === 0 ? [`${name}: no request is lost`] : []),
      ...rollout.pods.flatMap((pod) => {
        if (!pod.measured) return [`${name}: measure has no t of a Pod`];
        return difference(pod) > tolerance ? [`${name}: measure is ${seconds(difference(pod))} off`] : [];
      }),
    ];
  });
}

/** Of both data planes. */
function lostOf({ requests }: Rollout): number {
  return [requests.off, requests.default]
    .flatMap(({ quick, slow }) => [quick, slow])
    .reduce((n, { lost }) => n + lost, 0);
}

function page(result: Result): string {
  const { machine, rates, rollouts } = result;
  return `# The proof

<!-- Written by proof/page.ts from proof/proof.json: \`npm run proof\`. -->

One app is rolled out under load, as it was written and as the pack repairs it (\`check --fix\`), and the requests that
get no answer, or a 5xx, are counted.

![Requests a second during two roll-outs](pictures/proof.svg)

The picture is of the first two rows, without retries.

## Requests lost

The app closes its port on SIGTERM, finishes what it was asked before, and ends: none could do better. It is asked
${rates.quick} times a second for something quick, and ${rates.slow} times for something that takes it ${slowSeconds} s; half of each are POSTs.
The same load goes through APISIX twice: without retries, and with those that APISIX makes by default, one for each
further node.

| | Pods | t | preStop sleep | grace period | quick, no retries | slow, no retries | quick, retries | slow, retries |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
${rollouts.map(row).join("\n")}

- **No hook**: from its SIGTERM until APISIX has let go of it, a Pod refuses what it is sent.
- **Retries** hide refused connections while another node answers. They don't help a single replica, nor when APISIX
  hears of new Pods later than the last old one closes its port, nor a POST that was sent already.
- **A sleep shorter than t** loses the rest of t.
- **A grace period** that ends before the slow answers do kills the app under them. A sleep counts against it: one that
  is as long as the grace period leaves the app 2 s.
- **On an idle cluster** t is as short as the kubelet's way to SIGTERM, and chance decides about single requests. This is
  what a try on a laptop shows, and what production doesn't: [how long t is](how-long.md).

## Times

In seconds since the Pod's deletion. The deletion is the API server's (its audit log), the SIGTERM the app's own, and a
Pod is gone when the data plane doesn't have its address any more. [\`measure\`](measure.md) ran beside it, and knows
nothing of these clocks.

| | SIGTERM | gone from APISIX (t) | \`measure\` is off by at most |
|---|--:|--:|--:|
${rollouts.map(timesRow).join("\n")}

## What is real

kube-apiserver, etcd, kube-controller-manager and kubelet ${machine.kubernetes}, containerd ${machine.containerd}, the bridge plugin of CNI, and
the APISIX ingress controller 1.8.4. The roll-out is what \`kubectl rollout restart\` starts, with the defaults of a
Deployment.

**APISIX's data plane is a stand-in** (\`proof/data-plane.ts\`): it takes what the controller writes through the Admin API,
and proxies as APISIX's nginx does, in turn, with kept connections and retries. Of t it lacks what APISIX and etcd, or the
sync of a controller 2.x, would add. In its place it waits 2 s, in all but the last two rows: as long as syncs of 1,500
routes take ([how long t is](how-long.md)). There is one node, which does little else.

Run on ${machine.day} with ${machine.cpus} cores and ${machine.gibibytes} GiB, Linux ${machine.kernel} and Node ${machine.node}.

## Run it

\`\`\`sh
npm run proof
\`\`\`

It needs root on Linux, and Go 1.26; the first run builds Kubernetes, for about ten minutes, and each run takes eight. It
runs in a network namespace of its own, and leaves nothing behind but this page, its picture, \`proof/proof.json\` and
README's first lines.
`;
}

function row({ scenario, repaired, replicas, sleepSeconds, gracePeriodSeconds, requests, pods }: Rollout): string {
  const cell = (retries: Retries, kind: Kind) => {
    const { lost, sent } = requests[retries][kind];
    return lost === 0 ? "0" : `**${lost}** of ${thousands(sent)}`;
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
  const title = about[scenario];
  if (title === undefined) throw new Error(`${scenario}: what is it about?`);
  return repaired ? "– repaired" : title;
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(2));
  return least === most ? `${least} s` : `${least} to ${most} s`;
}

const seconds = (value: number) => `${value.toFixed(2)} s`;
const thousands = (value: number) => value.toLocaleString("en-US");
const cells = (...texts: (string | number)[]) => `| ${texts.join(" | ")} |`;

const start = "<!-- Written by proof/page.ts from proof/proof.json: `npm run proof`. -->";
const end = "<!-- End of what is written. -->";

/** README with the claim, in one line, and the picture. */
function withFirstLines(text: string, { rates, rollouts }: Result): string {
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${readme} lacks the comments around its first lines`);
  const of = (name: string) => rollouts.find(({ scenario, repaired }) => scenario === name && !repaired);
  const [three, one] = [of(shown), of("one-replica")];
  if (!three || !one) throw new Error("The result lacks a roll-out that README tells of");
  const lost = ({ quick, slow }: Rollout["requests"][Retries]) => quick.lost + slow.lost;
  const lines = `**Requests lost in one roll-out** at ${rates.quick + rates.slow} a second, while t is ${three.delaySeconds} s: three Pods lose ${lost(three.requests.off)} without retries, a single Pod
loses ${lost(one.requests.default)} in spite of APISIX's retries, and **none are lost** once the pack has repaired them.
[The proof](docs/proof.md) runs a real Kubernetes and ingress controller, and a stand-in for APISIX's data plane.

![Requests a second during a roll-out: many are lost without a hook, and none once it is repaired](docs/pictures/proof.svg)
`;
  return `${text.slice(0, from)}${start}\n\n${lines}\n${text.slice(to)}`;
}
