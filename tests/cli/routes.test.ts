import assert from "node:assert/strict";
import { chmodSync, readFileSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parseCatalog } from "../../src/routing/catalog";
import { cli } from "./run";
import { inFolder } from "../support/folder";

const route = (name: string, port = 80) => `
apiVersion: apisix.apache.org/v2
kind: ApisixRoute
metadata: { name: ${name}, namespace: shop }
spec:
  ingressClassName: apisix
  http:
    - { name: all, match: { paths: ["/*"] }, backends: [{ serviceName: ${name}, servicePort: ${port} }] }
`;
const service = (name: string) => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec:
  selector: { app: ${name} }
  ports: [{ name: http, port: 80, targetPort: 8080 }, { name: metrics, port: 9090 }]
`;

const web = {
  namespace: "shop",
  name: "web",
  selector: { app: "web" },
  ports: [{ name: "http", port: 80, targetPort: 8080 }],
  evidence: ["ApisixRoute shop/web › Service shop/web:80"],
};

/** A stack as `pulumi stack export` prints it. */
function exported(resources: object[]): string {
  return JSON.stringify({ version: 3, deployment: { manifest: {}, resources } });
}

function inState(type: string, name: string, props: object, more: object = {}): object {
  const urn = `urn:pulumi:dev::edge::${type}::${name}`;
  const provider = "urn:pulumi:dev::edge::pulumi:providers:kubernetes::default::1234";
  return { urn, type, custom: true, id: name, inputs: props, outputs: props, provider, ...more };
}

const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:xyz" };

describe("routes", () => {
  it("writes the Services that manifests route to, as its schema says", async () => {
    const { code, stdout, stderr } = await cli(["routes", "-"], {
      stdin: [route("web"), service("web"), service("unrouted")].join("---"),
    });
    assert.deepEqual([code, stderr], [0, ""]);
    const file = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(file.services, [web]);
    assert.deepEqual([file.version, file.createdAt, file.sources], [1, "2027-01-31T12:00:00.000Z", ["-"]]);
    const schema = JSON.parse(readFileSync("schemas/catalog.schema.json", "utf8")) as object;
    const validate = new Ajv({ strict: false, formats: { "date-time": true } }).compile(schema);
    assert.ok(validate(file), JSON.stringify(validate.errors));
    assert.equal(schema && (schema as { $id: string }).$id, file.$schema);
    assert.equal(parseCatalog(stdout, "-").services.length, 1);
  });

  it("gives the same text whatever the order of sources is", async () => {
    const files = { "a.yaml": route("web"), "b.yaml": service("web"), "c.yml": route("api"), "d.json": "" };
    files["d.json"] = JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [
        {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: "api", namespace: "shop" },
          spec: { selector: { tier: "x", app: "api" }, ports: [{ port: 80 }] },
        },
      ],
    });
    await inFolder(files, async (folder) => {
      const order = ["a.yaml", "b.yaml", "c.yml", "d.json"].map((file) => join(folder, file));
      const services = async (sources: string[]) => {
        const { code, stdout } = await cli(["routes", ...sources]);
        assert.equal(code, 0);
        return JSON.stringify((JSON.parse(stdout) as { services: object[] }).services);
      };
      const expected = await services([folder]);
      assert.match(expected, /"name":"api".*"name":"web"/);
      assert.match(expected, /"selector":\{"app":"api","tier":"x"\}/);
      assert.equal(await services(order), expected);
      assert.equal(await services([...order].reverse()), expected);
      assert.equal(await services([...order, folder, order[0] ?? ""]), expected);
    });
  });

  it("reads what `pulumi stack export` prints, and secrets in it as unknown", async () => {
    const state = exported([
      inState("kubernetes:core/v1:Service", "web", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", namespace: "shop" },
        spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
      }),
      inState("kubernetes:core/v1:Service", "hidden", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "hidden", namespace: "shop" },
        spec: { selector: secret, ports: [{ port: 80 }] },
      }),
      ...["web", "hidden"].map((name) =>
        inState("kubernetes:apisix.apache.org/v2:ApisixRoute", name, {
          apiVersion: "apisix.apache.org/v2",
          kind: "ApisixRoute",
          metadata: { name, namespace: "shop" },
          spec: { http: [{ backends: [{ serviceName: name, servicePort: 80 }] }] },
        }),
      ),
      inState("kubernetes:core/v1:Service", "web", { spec: { selector: { app: "old" } } }, { delete: true }),
    ]);
    const { code, stdout, stderr } = await cli(["routes", "-"], { stdin: state });
    assert.equal(code, 0);
    assert.deepEqual((JSON.parse(stdout) as { services: object[] }).services, [web]);
    assert.match(stderr, /Service shop\/hidden is routed, but not in the catalog: its selector is not known/);
    assert.doesNotMatch(stderr, /v1:xyz/);
  });

  it("joins routes and Services of different stacks, and says where a Service is missing", async () => {
    await inFolder({ "edge.yaml": route("web"), "shop.yaml": service("web") }, async (folder) => {
      const edge = await cli(["routes", join(folder, "edge.yaml")]);
      assert.deepEqual((JSON.parse(edge.stdout) as { services: object[] }).services, []);
      assert.match(edge.stderr, /Service shop\/web is not in this stack/);
      const both = await cli(["routes", join(folder, "edge.yaml"), join(folder, "shop.yaml")]);
      assert.deepEqual((JSON.parse(both.stdout) as { services: object[] }).services, [web]);
      assert.equal(both.stderr, "");
    });
  });

  it("leaves out a Service that the sources have with different selectors, and says so", async () => {
    const other = service("web").replace("app: web", "app: other");
    const { stdout, stderr } = await cli(["routes", "-"], { stdin: [route("web"), service("web"), other].join("---") });
    assert.deepEqual((JSON.parse(stdout) as { services: object[] }).services, []);
    assert.match(stderr, /Service shop\/web is routed, but not in the catalog: the sources have it with different/);
  });

  it("says why the controller takes nothing of a route, once for each reason", async () => {
    const named = (name: string) => route("web", 81).replace("name: web", `name: ${name}`);
    const { code, stdout, stderr } = await cli(["routes", "-"], {
      stdin: [named("a"), named("b"), service("web")].join("---"),
    });
    assert.deepEqual([code, (JSON.parse(stdout) as { services: object[] }).services], [0, []]);
    assert.match(
      stderr,
      /^warning: .*takes nothing of ApisixRoute shop\/a and 1 more: Service shop\/web has no port 81/,
    );
    assert.match(stderr, /\n {2}Fix: add port 81 to the Service, or name one of its ports instead\.\n$/);
  });

  it("names file, line and column of broken YAML, reads the rest, and ends with 3", async () => {
    const broken = `${route("web")}---\nkind: Service\nmetadata:\n  name: x\n labels: secret-value\n---${service("web")}`;
    await inFolder({ "mixed.yaml": broken, "sub/web.yaml": "apiVersion: v1\nkind: [\n" }, async (folder) => {
      const { code, stdout, stderr } = await cli(["routes", folder]);
      assert.equal(code, 3);
      assert.deepEqual((JSON.parse(stdout) as { services: object[] }).services, [web]);
      const lines = broken.split("\n");
      const line = lines.findIndex((each) => each.startsWith(" labels")) + 1;
      assert.match(stderr, new RegExp(`mixed\\.yaml:${line}:\\d+: not YAML`));
      assert.match(stderr, /sub\/web\.yaml:\d:\d+: not YAML/);
      assert.doesNotMatch(stderr, /secret-value/);
    });
  });

  it("writes a file whole or not at all", async () => {
    await inFolder({ "in.yaml": [route("web"), service("web")].join("---"), "old.json": "old" }, async (folder) => {
      const out = join(folder, "old.json");
      chmodSync(out, 0o640);
      symlinkSync(out, join(folder, "link.json"));
      const ran = await cli(["routes", join(folder, "in.yaml"), "-o", join(folder, "link.json")]);
      assert.deepEqual([ran.code, ran.stdout], [0, ""]);
      assert.deepEqual(parseCatalog(readFileSync(out, "utf8"), out).services, [web]);
      assert.equal(statSync(out).mode & 0o777, 0o640);
      const missing = await cli(["routes", join(folder, "in.yaml"), "-o", join(folder, "no", "such.json")]);
      assert.equal(missing.code, 3);
      assert.match(missing.stderr, /^error: .*such\.json: not written: its folder doesn't exist\n$/);
      assert.deepEqual(readdirSync(folder).sort(), ["in.yaml", "link.json", "old.json"]);
    });
  });

  const mistakes: [what: string, args: string[], code: number, says: RegExp][] = [
    ["no source", ["routes"], 2, /nothing to read/],
    ["an unknown option", ["routes", "--clutser"], 2, /unknown option '--clutser'/],
    ["an unknown command", ["rotues"], 2, /unknown command 'rotues'[^]*routes/],
    ["a file that isn't there", ["routes", "no-such-file.yaml"], 3, /no-such-file\.yaml: no such file or folder/],
    ["a file of something else", ["routes", "package.json"], 3, /package\.json: neither Kubernetes objects nor Pulumi/],
    ["settings that aren't there", ["routes", "-", "--settings", "no.json"], 3, /no\.json: no such file/],
    ["a stack that looks like an option", ["routes", "--stack=--help"], 2, /no name of a stack/],
  ];
  for (const [what, args, code, says] of mistakes) {
    it(`refuses ${what}`, async () => {
      const ran = await cli(args);
      assert.deepEqual([ran.code, says.test(ran.stderr) ? "" : ran.stderr], [code, ""]);
    });
  }

  it("says so where the Pulumi CLI is missing, or knows no such stack", async () => {
    const none = await cli(["routes", "--stack", "acme/edge/dev"], { env: { PATH: "/nowhere" } });
    assert.equal(none.code, 3);
    assert.match(none.stderr, /stack acme\/edge\/dev: the Pulumi CLI is not on PATH/);
  });

  it("takes the settings that decide what is APISIX's", async () => {
    const ours = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  ingressClassName: edge
  rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`;
    const settings = JSON.stringify({ "apisix-routed-workloads": { controller: "1", ingressClasses: ["edge"] } });
    await inFolder({ "settings.json": settings }, async (folder) => {
      const stdin = [ours, service("web")].join("---");
      const without = await cli(["routes", "-"], { stdin });
      assert.deepEqual((JSON.parse(without.stdout) as { services: object[] }).services, []);
      const taken = await cli(["routes", "-", "--settings", join(folder, "settings.json")], { stdin });
      const evidence = ["Ingress shop/web › Service shop/web:80"];
      assert.deepEqual((JSON.parse(taken.stdout) as { services: object[] }).services, [{ ...web, evidence }]);
    });
  });

  it("prints help with examples, and its version, on standard output", async () => {
    const help = await cli(["routes", "--help"]);
    assert.deepEqual([help.code, help.stderr], [0, ""]);
    assert.match(help.stdout, /Examples:\n {2}\$ apisix-graceful-termination routes[^]*Exit codes:/);
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    assert.deepEqual(await cli(["--version"]), { code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("keeps the catalog that is there where nothing was read", () =>
    inFolder(
      { "catalog.json": "{}", "partial.yaml": "apiVersion: v1\nkind: ConfigMap\n---\na: [\n" },
      async (folder) => {
        const catalog = join(folder, "catalog.json");
        const { code, stderr } = await cli(["routes", "-", "-o", catalog]);
        assert.deepEqual([code, readFileSync(catalog, "utf8")], [3, "{}"]);
        assert.match(
          stderr,
          /^error: -: no Kubernetes objects in the input\nerror: \S+: not written: nothing was read\n$/,
        );
        assert.equal((await cli(["routes", join(folder, "partial.yaml"), "-o", catalog])).code, 3);
        assert.match(readFileSync(catalog, "utf8"), /"services": \[\]/);
        assert.equal((await cli(["routes", "-", "-o", catalog, "--allow-empty"])).code, 0);
      },
    ));
});
