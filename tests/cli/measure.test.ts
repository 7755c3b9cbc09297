import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { performance } from "node:perf_hooks";
import { readMeasurement } from "../../src/measure";
import type { MeasurementFile } from "../../src/schema/measurement";
import { inFolder } from "../support/folder";
import { startCli } from "./child";
import { cli, type RunOptions } from "./run";

const key = "hidden-key-4711";
/** With a kubectl on PATH that stands in for the real one. */
const env = { PATH: [join(__dirname, "..", "support", "kubectl"), process.env.PATH].join(delimiter) };

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Servers for as long as something uses them. */
async function serving<T>(handles: readonly Handle[], use: (...urls: string[]) => Promise<T>): Promise<T> {
  const servers = handles.map((handle) => createServer(handle));
  await Promise.all(servers.map((each) => new Promise<void>((done) => each.listen(0, "127.0.0.1", done))));
  try {
    return await use(...servers.map((each) => `http://127.0.0.1:${(each.address() as AddressInfo).port}`));
  } finally {
    for (const each of servers) {
      each.closeAllConnections();
      each.close();
    }
  }
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const pod = (name: string, more = {}) => ({ metadata: { name, namespace: "shop", uid: `uid-${name}`, ...more } });
const endpoint = (name: string, address: string, isTerminating = false) => ({
  addresses: [address],
  conditions: { ready: !isTerminating, serving: true, terminating: isTerminating },
  targetRef: { kind: "Pod", name, uid: `uid-${name}` },
});
const slice = (endpoints: object[]) => ({
  metadata: { name: "web-1", namespace: "shop" },
  ports: [{ name: "http", port: 8080 }],
  endpoints,
});

/** A cluster with one Service of two Pods, and an APISIX that routes to them. */
class World {
  service: object = { spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] } };
  /** Statuses that aren't 200, by a part of the path. */
  refused: Record<string, number> = {};
  nodes = ["10.0.0.1", "10.0.0.2"];
  /** When Pod a was deleted, and when APISIX dropped it. */
  deletedAt = 0;
  droppedAt = 0;
  /** How often APISIX was asked for its upstreams. */
  asked = 0;
  /** Whether the watches break off just before. */
  breaksOff = false;
  private isDeleted = false;
  private readonly watches = new Map<string, ServerResponse>();
  /** Kinds that are watched or, if that isn't allowed, were asked for. */
  private readonly reached = new Set<string>();
  /** Kinds whose change was told. */
  private readonly told = new Set<string>();
  private over = 0;

  private list(kind: string): object[] {
    if (kind !== "pods") return [slice([endpoint("a", "10.0.0.1", this.isDeleted), endpoint("b", "10.0.0.2")])];
    return [pod("a", this.isDeleted ? { deletionTimestamp: "2027-01-31T12:00:30Z" } : {}), pod("b")];
  }

  readonly kubernetes: Handle = (request, response) => {
    const url = request.url ?? "";
    assert.equal(request.method, "GET");
    const kind = /\/(services|pods|endpointslices)\b/.exec(url)?.[1] ?? "";
    const isWatch = url.includes("watch=1");
    const [part, status] = Object.entries(this.refused).find(([part]) => url.includes(part)) ?? [];
    if (status !== undefined) {
      this.reached.add(kind);
      if (part !== "watch=1") this.told.add(kind);
      const reason = { 403: "Forbidden", 404: "NotFound", 401: "Unauthorized" }[status];
      return json(response, { reason, message: `${url} is refused` }, status);
    }
    if (kind === "services") return json(response, this.service);
    if (isWatch) {
      response.writeHead(200).flushHeaders();
      this.watches.set(kind, response);
      this.reached.add(kind);
      return;
    }
    if (this.isDeleted) this.told.add(kind);
    json(response, { metadata: { resourceVersion: "7" }, items: this.list(kind) });
  };

  /** Deletes Pod a as soon as somebody looks, and has APISIX drop it later. @returns is all of it over, and told? */
  step(): boolean {
    const isWatched = this.reached.has("pods") && this.reached.has("endpointslices");
    if (!this.isDeleted && isWatched && this.asked >= 3) {
      if (this.breaksOff) {
        for (const response of this.watches.values()) response.destroy();
        this.watches.clear();
      }
      this.isDeleted = true;
      this.deletedAt = performance.now();
      for (const [kind, response] of this.watches) {
        for (const object of this.list(kind)) response.write(`${JSON.stringify({ type: "MODIFIED", object })}\n`);
        this.told.add(kind);
      }
      setTimeout(() => {
        this.nodes = ["10.0.0.2"];
        this.droppedAt = performance.now();
      }, 300);
    }
    if (this.over === 0 && this.droppedAt > 0 && this.told.size >= 2) this.over = performance.now();
    // What is on its way gets there.
    return this.over > 0 && performance.now() - this.over > 1000;
  }

  readonly control: Handle = (request, response) => {
    if (request.url === "/v1/upstreams") {
      this.asked++;
      const nodes = this.nodes.map((host) => ({ host, port: 8080, weight: 1 }));
      json(response, [{ key: "/apisix/upstreams/1", value: { id: "1", nodes } }]);
    } else json(response, []);
  };

  readonly admin: Handle = (request, response) => {
    if (request.headers["x-api-key"] !== key) return json(response, { error_msg: "failed to check token" }, 401);
    if (request.url !== "/apisix/admin/upstreams") return json(response, { list: {}, total: 0 });
    this.asked++;
    const nodes = this.nodes.map((host) => ({ host, port: 8080, weight: 1 }));
    json(response, { list: [{ key: "/apisix/upstreams/1", value: { id: "1", nodes } }], total: 1 });
  };
}

function kubeconfig(server: string): string {
  return JSON.stringify({
    clusters: [{ name: "test", cluster: { server } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "me" } }],
    "current-context": "test",
  });
}

interface Options extends RunOptions {
  apisix?: Handle;
  /** When the run is stopped. */
  isOver?: () => boolean;
}

/** A run, stopped when the Pod of the world is gone. @param args with `CONTROL` or `ADMIN` for the URL of APISIX */
function measure(world: World, args: string[], options: Options = {}) {
  const isAdmin = args.includes("ADMIN");
  const apisix = options.apisix ?? (isAdmin ? world.admin : world.control);
  return serving([world.kubernetes, apisix], (cluster, url) =>
    inFolder({ config: kubeconfig(cluster ?? ""), key: `${key}\n`, "bad-key": "two words" }, async (folder) => {
      const given = args.map((arg) =>
        arg === "CONTROL" || arg === "ADMIN" ? (url ?? "") : arg.replace("FOLDER", folder),
      );
      const all = ["measure", "--kubeconfig", join(folder, "config"), ...given];
      const isOver = options.isOver ?? (() => world.step());
      const stop = setInterval(() => isOver() && process.emit("SIGTERM"), 50);
      const ran = await cli(all, { ...options, env: { ...env, ...options.env } }).finally(() => clearInterval(stop));
      assert.doesNotMatch(ran.stdout + ran.stderr, new RegExp(key));
      return ran;
    }),
  );
}

const brief = ["--service", "shop/web", "--for", "50s", "--every", "100ms", "--format", "json"];

function file(text: string): MeasurementFile {
  const read = readMeasurement(text);
  assert.ok(!Array.isArray(read), JSON.stringify(read));
  return read;
}

/** What was measured of Pod a isn't longer than the truth, however slow the machine is. */
function assertTrue(world: World, { pods }: MeasurementFile): void {
  assert.deepEqual(
    pods.map(({ pod, uncounted }) => [pod, uncounted]),
    [["shop/a", undefined]],
  );
  const { seconds, plusMinus } = pods[0]!.gone!;
  const truth = (world.droppedAt - world.deletedAt) / 1000;
  assert.ok(seconds - plusMinus <= truth + 0.001, `${seconds} ± ${plusMinus}, ${truth}`);
}

describe("measure", () => {
  it("tells a Pod's t by the Control API", async () => {
    const world = new World();
    const { code, stdout, stderr } = await measure(world, [...brief, "--control-api", "CONTROL"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const read = file(stdout);
    assertTrue(world, read);
    assert.equal(read.pods[0]?.start, "deletion");
    assert.ok(read.pods[0]?.notReady);
    assert.equal(read.distribution?.n, 1);
    assert.equal(read.runs[0]?.service, "shop/web");
    // At most one request every 100 ms, and the one before the run.
    assert.ok(world.asked <= 2 + (read.runs[0]?.seconds ?? 0) * 10);
  });

  for (const [from, options, args] of [
    ["the environment", { env: { APISIX_ADMIN_KEY: key } }, []],
    ["a file", {}, ["--admin-key-file", "FOLDER/key"]],
  ] as const) {
    it(`tells a Pod's t by the Admin API, with the key from ${from}`, async () => {
      const world = new World();
      const { code, stdout } = await measure(world, [...brief, "--admin-api", "ADMIN", ...args], options);
      assert.equal(code, 0);
      assertTrue(world, file(stdout));
      // A reader of the file sees which API it is of.
      assert.match(file(stdout).runs[0]?.apis[0] ?? "", /^http:\/\/127\.0\.0\.1:\d+\/apisix\/admin$/);
    });
  }

  it("a Pod is gone when it is gone from all data planes", async () => {
    const [world, other] = [new World(), new World()];
    const { code, stdout } = await serving([other.control], (url) =>
      measure(world, [...brief, "--control-api", "CONTROL", "--control-api", url]),
    );
    assert.equal(code, 3);
    assert.equal(file(stdout).pods[0]?.uncounted, "still-in-apisix");
  });

  it("without the right to list Pods counts from the EndpointSlice, and says so", async () => {
    const world = new World();
    world.refused = { "/pods": 403 };
    const { code, stdout, stderr } = await measure(world, [...brief, "--control-api", "CONTROL"]);
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^error: cluster test: GET \/api\/v1\/namespaces\/shop\/pods failed: .*: deletions aren't seen$/m,
    );
    assertTrue(world, file(stdout));
    assert.equal(file(stdout).pods[0]?.start, "endpointslice");
  });

  it("without the right to watch lists again and again, and says so", async () => {
    const world = new World();
    world.refused = { "watch=1": 403 };
    const { code, stdout, stderr } = await measure(world, [...brief, "--control-api", "CONTROL"]);
    assert.equal(code, 3);
    assert.match(stderr, /^error: not allowed to watch pods: they are listed every 1 s, so times are less exact$/m);
    assertTrue(world, file(stdout));
  });

  it("lists again when the watch breaks off, and says so", async () => {
    const world = new World();
    world.breaksOff = true;
    const { code, stdout, stderr } = await measure(world, [...brief, "--control-api", "CONTROL"]);
    assert.equal(code, 3);
    assert.match(stderr, /^error: watching pods broke off \(.*\): they are listed again$/m);
    assertTrue(world, file(stdout));
  });

  it("says that nothing terminated", async () => {
    const args = ["--service", "shop/web", "--for", "1s", "--control-api", "CONTROL"];
    const { code, stdout, stderr } = await measure(new World(), args, { isOver: () => false });
    assert.deepEqual([code, stderr], [3, ""]);
    assert.match(stdout, /^t: not measured\. Let Pods of the Service terminate/m);
  });

  it("doesn't wait for an answer when it ends", async () => {
    const world = new World();
    // It answers before the run, and never again.
    const apisix: Handle = (request, response) => {
      if (world.asked < 1 || request.url !== "/v1/upstreams") world.control(request, response);
    };
    const args = ["--service", "shop/web", "--for", "1s", "--timeout", "3600", "--control-api", "CONTROL"];
    const { code, stderr } = await measure(world, args, { apisix, isOver: () => false });
    assert.deepEqual([code, stderr], [3, ""]);
  });

  it("measures the port that is asked for", async () => {
    const world = new World();
    for (const port of ["http", "80"]) {
      const { stdout } = await measure(world, [...brief, "--for", "1s", "--port", port, "--control-api", "CONTROL"], {
        isOver: () => false,
      });
      assert.deepEqual(file(stdout).pods, []);
    }
    const { code, stderr } = await measure(world, [...brief, "--port", "grpc", "--control-api", "CONTROL"]);
    assert.equal(code, 2);
    assert.match(stderr, /--port grpc: the Service has no such port; it has 80 http/);
  });

  it("saves a run and merges it with others", async () => {
    const world = new World();
    const args = [...brief, "--control-api", "CONTROL"];
    await inFolder({}, async (folder) => {
      const [one, other] = [join(folder, "one.json"), join(folder, "other.json")];
      const ran = await measure(world, [...args, "--save", one]);
      assert.equal(readFileSync(one, "utf8"), ran.stdout);
      const twice = await cli(["measure", "--merge", one, one]);
      assert.equal(twice.code, 2);
      assert.match(twice.stderr, /the run of shop\/web from 2027-01-31T12:00:00.000Z is given twice/);

      writeFileSync(other, ran.stdout.replaceAll("2027-01-31", "2027-02-01"));
      const both = await cli(["measure", "--merge", one, other, "--format", "json"]);
      assert.equal(both.code, 0);
      assert.equal(file(both.stdout).distribution?.n, 2);
      const words = await cli(["measure", "--merge", one, other]);
      assert.match(words.stdout, /^t of 2 Pods: /m);
      const none = await cli(["measure", "--merge", join(folder, "none.json")]);
      assert.equal(none.code, 3);
      assert.match(none.stderr, /none\.json: /);
    });
  });

  it("ends on Ctrl-C with what it has", async () => {
    const world = new World();
    const [code, stdout] = await serving([world.kubernetes, world.control], (cluster, url) =>
      inFolder({ config: kubeconfig(cluster ?? "") }, async (folder) => {
        const given = ["--kubeconfig", join(folder, "config"), "--service", "shop/web", "--control-api", url ?? ""];
        const child = startCli(["measure", ...given, "--format", "json"], { ...process.env, ...env });
        const goes = setInterval(() => {
          if (!world.step()) return;
          clearInterval(goes);
          child.interrupt();
        }, 50);
        const { code, stdout } = await child.ended;
        return [code, stdout] as const;
      }),
    );
    assert.equal(code, 0);
    assert.equal(file(stdout).pods.length, 1);
  });
});

const faults: [what: string, then: Handle, says: RegExp, args?: string[]][] = [
  ["has an error", (_, response) => json(response, {}, 503), /it answers with status 503/],
  ["doesn't know the user", (_, response) => json(response, { key }, 401), /it doesn't accept the credentials \(401\)/],
  ["is no JSON", (_, response) => void response.end(`<html>${key}</html>`), /its answer is not JSON/],
  ["is a number", (_, response) => void response.end("7"), /its answer is no list/],
  [
    "is a page of more",
    (_, response) => json(response, { list: [{}], total: 700 }),
    /a page of 700 objects, and not all/,
  ],
  ["is a redirect", (_, response) => void response.writeHead(302, { location: "/v1/routes" }).end(), /status 302/],
  ["breaks off", (request) => void request.socket.destroy(), /no answer: ECONNRESET/],
  ["never comes", () => {}, /no answer in 0\.5 s/, ["--timeout", "0.5"]],
  [
    "never ends",
    (_, response) => {
      const drip = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(drip));
    },
    /no answer in 0\.5 s/,
    ["--timeout", "0.5"],
  ],
  [
    "is too large",
    (_, response) => {
      const chunk = " ".repeat(1024 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    },
    /an answer of more than 67108864 bytes/,
  ],
];

describe("an answer of APISIX that", () => {
  for (const [what, then, says, args = []] of faults) {
    it(`${what} is refused at the beginning`, async () => {
      const given = [...brief, ...args, "--control-api", "CONTROL"];
      const { code, stdout, stderr } = await measure(new World(), given, { apisix: then });
      assert.deepEqual([code, stdout], [3, ""]);
      assert.match(stderr, says);
      assert.equal(stderr.split("\n").length, 2, stderr);
    });
  }

  for (const [what, then, says, args = []] of faults.slice(0, -1)) {
    it(`${what} later is a gap, and no Pod is taken for gone`, async () => {
      const world = new World();
      const given = [...brief, ...args, "--control-api", "CONTROL"];
      // It answers as it should until the Pod is deleted.
      const apisix: Handle = (request, response) => (world.deletedAt > 0 ? then : world.control)(request, response);
      const { code, stdout, stderr } = await measure(world, given, { apisix });
      assert.equal(code, 3);
      assert.match(stderr, says);
      assert.match(stderr, /\(\d+ answers? failed; for up to \d+\.\d s nothing was seen of it\)/);
      assert.equal(file(stdout).distribution, undefined);
    });
  }

  it("is a 404 means that this list isn't served, but not for all of them", async () => {
    const old: Handle = (request, response) =>
      request.url === "/v1/routes"
        ? world.control({ url: "/v1/upstreams" } as IncomingMessage, response)
        : json(response, {}, 404);
    const world = new World();
    assertTrue(world, file((await measure(world, [...brief, "--control-api", "CONTROL"], { apisix: old })).stdout));
    const none = await measure(world, [...brief, "--control-api", "CONTROL"], {
      apisix: (_, response) => json(response, {}, 404),
    });
    assert.equal(none.code, 3);
    assert.match(none.stderr, /\/v1: it has none of upstreams, services, routes \(404\)/);
  });
});

describe("measure refuses", () => {
  const control = ["--control-api", "CONTROL"];
  const cases: [what: string, args: string[], code: number, says: RegExp, refused?: Record<string, number>][] = [
    ["no Service", control, 2, /Name the Service: --service shop\/web/],
    ["a Service without a namespace", ["--service", "web", ...control], 2, /--service shop\/web/],
    ["a Service that leads elsewhere", ["--service", "a/../b", ...control], 2, /--service shop\/web/],
    ["no API", ["--service", "shop/web"], 2, /--control-api for each data plane, or --admin-api/],
    ["both APIs", [...brief, ...control, "--admin-api", "ADMIN"], 2, /--control-api for each data plane, or/],
    ["a key for the Control API", [...brief, ...control, "--admin-key-file", "FOLDER/key"], 2, /goes with --admin-api/],
    [
      "a key that is none",
      [...brief, "--admin-api", "ADMIN", "--admin-key-file", "FOLDER/bad-key"],
      3,
      /characters that no key has/,
    ],
    [
      "a key file that isn't there",
      [...brief, "--admin-api", "ADMIN", "--admin-key-file", "FOLDER/no"],
      3,
      /no: no such file/,
    ],
    ["no key", [...brief, "--admin-api", "ADMIN"], 3, /doesn't accept the credentials \(401\)/],
    ["no URL", [...brief, "--control-api", "apisix"], 2, /not a URL; write it as/],
    ["another scheme", [...brief, "--control-api", "ftp://apisix"], 2, /neither http nor https/],
    [
      "a password in a URL",
      [...brief, "--control-api", `http://me:${key}@apisix`],
      2,
      /credentials don't belong in it/,
    ],
    ["a query", [...brief, "--control-api", `http://apisix?key=${key}`], 2, /it ends with its path/],
    ["a run without end", [...brief, ...control, "--for", "2h"], 2, /from 1 s to 3600 s/],
    ["a flood", [...brief, ...control, "--every", "1ms"], 2, /from 0\.1 s to 60 s/],
    ["no time", [...brief, ...control, "--every", "often"], 2, /Write a time such as 90s, 10m or 500ms/],
    ["files and a Service", [...brief, "--merge", "a.json"], 2, /--merge reads saved runs/],
    [
      "a Service that isn't there",
      [...brief, ...control],
      3,
      /Service shop\/web can't be read: .*NotFound/,
      { services: 404 },
    ],
    ["a user that nobody knows", [...brief, ...control], 3, /credentials \(401\)/, { services: 401 }],
    ["a user without rights", [...brief, ...control], 3, /endpointslices failed: .*Forbidden/, { endpointslices: 403 }],
  ];
  for (const [what, args, code, says, refused = {}] of cases) {
    it(what, async () => {
      const world = new World();
      world.refused = refused;
      const ran = await measure(world, args);
      assert.deepEqual([ran.code, ran.stdout], [code, ""]);
      assert.match(ran.stderr, says);
    });
  }
});
