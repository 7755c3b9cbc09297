/** HTTP servers on the loopback interface, which end with this process. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { atEnd } from "./kubernetes/processes";

/** @returns `http://127.0.0.1:…`, on a free port */
export async function serve(handler: RequestListener): Promise<{ url: string; stop: () => void }> {
  const server = createServer(handler);
  // It closes no connection under anybody.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const stop = atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
