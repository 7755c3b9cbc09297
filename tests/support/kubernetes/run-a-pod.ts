/** Starts a node with one Pod on it, writes the name of its folder to standard output, and waits for its end. */
import { images, startApiServer, startNode } from "./";
import { until } from "./processes";

async function main(): Promise<void> {
  const api = await startApiServer();
  const node = await startNode(api);
  const container = { name: "app", image: images.app, imagePullPolicy: "Never" };
  const spec = { nodeName: node.name, hostNetwork: true, containers: [container] };
  const pods = "/api/v1/namespaces/default/pods";
  await api.ask("POST", pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "app" }, spec });
  await until(
    async () => (await api.ask<{ status: { phase: string } }>("GET", `${pods}/app`)).status.phase === "Running",
    "the Pod runs",
    60,
  );
  console.log(api.folder);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
