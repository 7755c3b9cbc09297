/**
 * Measures on a real kubelet when the containers of the Pods in tests/kubelet/pods.ts get their SIGTERM and end, and
 * writes a Markdown table. Needs root on Linux. Takes some minutes.
 *
 *     npx ts-node tools/measure-hooks.ts [part of a Pod's name] > table.md
 */
import { measure, type Times } from "../tests/kubelet/measure";
import { measuredPods } from "../tests/kubelet/pods";
import { canRunNode, startApiServer, startNode, type Node } from "../tests/support/kubernetes";
import { freePorts } from "../tests/support/kubernetes/processes";
import { kubernetesVersion } from "./kubernetes";

async function main(part = ""): Promise<void> {
  const missing = canRunNode();
  if (missing !== undefined) throw new Error(`Can't measure: ${missing}.`);
  const api = await startApiServer();
  let node: Node | undefined;
  try {
    node = await startNode(api);
    const [port] = await freePorts(1);
    const pods = measuredPods(port!).filter(({ name }) => name.includes(part));
    const measured = await measure(api, node, pods, { tell: (progress) => console.error(progress) });
    const rows = pods.flatMap(({ name, about, spec }) =>
      [...measured.get(name)!.containers].map(([container, times]) => {
        const app = measured.get(name)!.containers.size > 1 ? `${about}: ${container}` : about;
        return [app, spec.terminationGracePeriodSeconds ?? 30, seconds(times.sigterm), end(times)];
      }),
    );
    const table = [["Pod", "grace", "SIGTERM", "gone"], ["---", "---:", "---:", "---:"], ...rows];
    console.log(table.map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n"));
    const startUp = [...measured.values()].map(({ startUp }) => startUp);
    console.log(
      `\nMeasured on kubelet ${kubernetesVersion}, in seconds from the delete call. The kubelet itself took ` +
        `${seconds(Math.min(...startUp))} to ${seconds(Math.max(...startUp))} for Pods whose hook takes no time.`,
    );
  } finally {
    node?.stop();
    api.stop();
  }
}

const seconds = (time: number | undefined) => (time === undefined ? "never" : time.toFixed(1));
const end = ({ gone, killed }: Times) => seconds(gone) + (killed ? ", killed" : "");
const cell = (value: string | number) => String(value).replaceAll("|", "\\|").replaceAll("\r", "");

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
