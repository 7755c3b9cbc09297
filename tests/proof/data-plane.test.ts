import assert from "node:assert/strict";
import { Agent, createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { startDataPlane, type DataPlane, type Retries } from "../../proof/data-plane";
import { until } from "../support/kubernetes/processes";

/** What a node is, as far as a proxy sees. */
type App = "answers" | "refuses" | "hangs up" | "hangs up when asked again" | "hangs up once when asked again";

interface Case {
  about: string;
  /** In the order in which they are asked. */
  apps: App[];
  method?: "POST";
  /** The request is the second over the same connections. */
  again?: true;
  status: Record<Retries, number>;
}

const cases: Case[] = [
  { about: "one that answers", apps: ["answers"], status: { off: 200, default: 200 } },
  { about: "none", apps: [], status: { off: 503, default: 503 } },
  { about: "refused, then answered", apps: ["refuses", "answers"], status: { off: 502, default: 200 } },
  { about: "a POST, refused", apps: ["refuses", "answers"], method: "POST", status: { off: 502, default: 200 } },
  { about: "all refuse", apps: ["refuses", "refuses"], status: { off: 502, default: 502 } },
  { about: "the only one refuses", apps: ["refuses"], status: { off: 502, default: 502 } },
  { about: "sent, no answer", apps: ["hangs up", "answers"], status: { off: 502, default: 200 } },
  { about: "a POST that was sent", apps: ["hangs up", "answers"], method: "POST", status: { off: 502, default: 502 } },
  // A kept connection that was closed meanwhile counts as no try.
  {
    about: "a kept connection, closed",
    apps: ["hangs up when asked again", "answers"],
    again: true,
    status: { off: 200, default: 200 },
  },
  {
    about: "the same of the only one",
    apps: ["hangs up once when asked again"],
    again: true,
    status: { off: 200, default: 200 },
  },
  {
    about: "a POST on a kept connection, closed",
    apps: ["hangs up when asked again", "answers"],
    again: true,
    method: "POST",
    status: { off: 502, default: 502 },
  },
];

describe("the proof's stand-in for a data plane", () => {
  const servers: Server[] = [];
  let plane: DataPlane;
  beforeEach(async () => (plane = await startDataPlane()));
  afterEach(() => {
    plane.stop();
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  async function portOf(app: App): Promise<number> {
    let asked = 0;
    const server = createServer((request, response) => {
      asked++;
      const again =
        app === "hangs up when asked again" ? asked > 1 : app === "hangs up once when asked again" && asked === 2;
      if (app === "hangs up" || again) request.socket.destroy();
      else response.end("an umbrella");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    if (app !== "refuses") servers.push(server);
    else await new Promise((resolve) => server.close(resolve));
    return port;
  }

  function put(nodes: { host: string; port: number }[]): void {
    const route = { uris: ["/shop/*"], upstream_id: "u" };
    const pushed: [string, Map<string, unknown>][] = [
      ["routes", new Map([["r", route]])],
      ["upstreams", new Map([["u", { nodes }]])],
    ];
    plane.put(new Map(pushed));
  }

  for (const { about, apps, method = "GET", again, status } of cases) {
    for (const retries of ["off", "default"] as const) {
      it(`${method}, retries ${retries}: ${about}`, async () => {
        const nodes = [];
        for (const app of apps) nodes.push({ host: "127.0.0.1", port: await portOf(app) });
        put(nodes);
        // Each node once, so that the next one is the first again, over a connection that was kept.
        for (let i = 0; again && i < nodes.length; i++)
          assert.equal(await ask(`${plane.proxies[retries]}/shop/`, "GET"), 200);
        assert.equal(await ask(`${plane.proxies[retries]}/shop/`, method), status[retries]);
      });
    }
  }

  it("takes nodes in turn", async () => {
    const asked = [0, 0];
    const nodes = await Promise.all(
      asked.map(async (_, i) => {
        const server = createServer((_request, response) => response.end(String(asked[i]!++)));
        servers.push(server);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
      }),
    );
    put(nodes);
    for (let i = 0; i < 10; i++) await ask(`${plane.proxies.off}/shop/`, "GET");
    assert.deepEqual(asked, [5, 5]);
  });

  it("never goes back to what was put earlier", async () => {
    plane.delaySeconds = 0.2;
    put([{ host: "10.0.0.1", port: 80 }]);
    plane.delaySeconds = 0;
    put([{ host: "10.0.0.2", port: 80 }]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.match(await (await fetch(`${plane.controlApi}/v1/upstreams`)).text(), /10\.0\.0\.2/);
  });

  it("has no route for another path", async () => {
    put([]);
    assert.equal(await ask(`${plane.proxies.off}/else`, "GET"), 404);
  });

  it("uses what is put after its delay, and tells by its Control API and since when an address is gone", async () => {
    const held = async () => JSON.stringify(await (await fetch(`${plane.controlApi}/v1/upstreams`)).json());
    put([{ host: "10.0.0.1", port: 80 }]);
    assert.match(await held(), /10\.0\.0\.1/);
    plane.delaySeconds = 0.3;
    const before = Date.now();
    put([{ host: "10.0.0.2", port: 80 }]);
    assert.match(await held(), /10\.0\.0\.1/);
    await until(async () => /10\.0\.0\.2/.test(await held()), "the change is used", 30, 20);
    assert.doesNotMatch(await held(), /10\.0\.0\.1/);
    assert.ok(plane.removals.get("10.0.0.1")! - before >= 290);
    assert.equal(plane.removals.get("10.0.0.2"), undefined);
  });
});

function ask(url: string, method: string): Promise<number | undefined> {
  const agent = new Agent();
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { method, agent }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode));
    });
    asked.on("error", reject).end(method === "POST" ? "1 umbrella" : undefined);
  });
}
