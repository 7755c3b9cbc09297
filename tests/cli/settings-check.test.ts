import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { stackPolicies } from "../../policies/list";
import { configFileProblems } from "../../src/cli/settings-check";
import { policyNames } from "../../src/settings/schema";
import { cli } from "./run";
import { inFolder } from "../support/folder";

const schema = JSON.parse(
  readFileSync(join(__dirname, "..", "..", "schemas", "policy-config.schema.json"), "utf8"),
) as object;
const isOfSchema = new Ajv({ allErrors: true, strict: false }).compile(schema);

const levelOfEach = (level: string) => Object.fromEntries(policyNames.map((policy) => [policy, level]));
const advisory = Object.fromEntries(stackPolicies.map(({ name }) => [name, { enforcementLevel: "advisory" }]));
const excuse = { name: "web", reason: "it drains itself" };

/** Fine for both: the schema that editors use, and the command. */
const fine: object[] = [
  {},
  { all: "advisory" },
  { all: { enforcementLevel: "mandatory" } },
  { all: {} },
  { "pre-stop-sleep": {} },
  { environments: ["acme/policies"] },
  levelOfEach("disabled"),
  levelOfEach("mandatory"),
  { all: "remediate", ...advisory },
  { all: { enforcementLevel: "remediate" }, ...levelOfEach("advisory") },
  { "pre-stop-sleep": { enforcementLevel: "remediate", sleepSeconds: 15, exempt: [excuse] } },
  { "pre-stop-sleep": "remediate", "termination-grace-period": { shutdownSeconds: 0 } },
  { "apisix-routed-workloads": { gateways: ["infra/apisix"], ingressClasses: [] } },
];

/** Refused by both, with the places that the command names. */
const refused: [config: object, places: string[]][] = [
  // Keys
  [{ "pre-stop-slep": "advisory" }, ["pre-stop-slep"]],
  [{ "pre-stop-slep": { sleepSeconds: 5 } }, ["pre-stop-slep"]],
  [{ All: "advisory" }, ["All"]],
  [{ $schema: "policy-config.schema.json" }, ["$schema"]],
  [{ environments: "acme/policies" }, ["environments"]],
  [{ environments: [5] }, ["environments"]],
  [{ "pre-stop-sleep": { sleepSecond: 5 } }, ["pre-stop-sleep › sleepSecond"]],
  [{ "apisix-routed-workloads": { select: "all" } }, ["apisix-routed-workloads › select"]],
  [{ all: { sleepSeconds: 5 } }, ["all › sleepSeconds"]],
  [{ "pre-stop-sleep": { enforcmentLevel: "advisory" } }, ["pre-stop-sleep › enforcmentLevel"]],

  // Levels
  [{ all: "advisry" }, ["all"]],
  [{ all: "" }, ["all"]],
  [{ all: null }, ["all"]],
  [{ all: ["advisory"] }, ["all"]],
  [{ "pre-stop-sleep": true }, ["pre-stop-sleep"]],
  [{ "pre-stop-sleep": "Remediate" }, ["pre-stop-sleep"]],
  [{ "pre-stop-sleep": { enforcementLevel: null } }, ["pre-stop-sleep › enforcementLevel"]],
  [{ "pre-stop-sleep": { enforcementLevel: "warn" } }, ["pre-stop-sleep › enforcementLevel"]],
  ...stackPolicies.flatMap(({ name }): [object, string[]][] => [
    [{ [name]: "remediate" }, [name]],
    [{ [name]: { enforcementLevel: "remediate" } }, [`${name} › enforcementLevel`]],
  ]),
  [{ all: "remediate" }, ["all"]],
  [{ all: { enforcementLevel: "remediate" } }, ["all"]],
  [{ all: "remediate", "apisix-route-blind-spots": { controller: "2" } }, ["all"]],

  // Values
  [{ "pre-stop-sleep": { sleepSeconds: "15" } }, ["pre-stop-sleep › sleepSeconds"]],
  [{ "pre-stop-sleep": { sleepSeconds: null } }, ["pre-stop-sleep › sleepSeconds"]],
  [{ "pre-stop-sleep": { sleepSeconds: 0 } }, ["pre-stop-sleep › sleepSeconds"]],
  [{ "pre-stop-sleep": { select: "everything" } }, ["pre-stop-sleep › select"]],
  [{ "pre-stop-sleep": { kubernetesVersion: "latest" } }, ["pre-stop-sleep › kubernetesVersion"]],
  [{ "pre-stop-sleep": { ignoreContainers: "istio-proxy" } }, ["pre-stop-sleep › ignoreContainers"]],
  [{ "pre-stop-sleep": { exempt: [{ name: "web" }] } }, ["pre-stop-sleep › exempt[0].reason"]],
  [{ "pre-stop-sleep": { catalog: [{ namespace: "shop" }] } }, ["pre-stop-sleep › catalog[0].selector"]],
  [
    { "pre-stop-sleep": { catalog: [{ namespace: "shop", name: "web", selector: { app: "web" }, evidence: 5 }] } },
    ["pre-stop-sleep › catalog[0].evidence"],
  ],
  [{ "apisix-routed-workloads": { gateways: ["apisix"] } }, ["apisix-routed-workloads › gateways[0]"]],
];

/** Refused by the command alone: no JSON schema says these. */
const beyondTheSchema: [config: object, places: string[]][] = [
  [
    { "termination-grace-period": { shutdownSeconds: 60, maxGracePeriodSeconds: 30 } },
    ["termination-grace-period › maxGracePeriodSeconds"],
  ],
  [{ "pre-stop-sleep": { hook: "sleep", kubernetesVersion: "1.29" } }, ["pre-stop-sleep › hook"]],
  [{ "pre-stop-sleep": { ignoreContainers: ["web-[0-9"] } }, ["pre-stop-sleep › ignoreContainers[0]"]],
  [{ "pre-stop-sleep": { exempt: [{ reason: "all of it" }] } }, ["pre-stop-sleep › exempt[0]"]],
  [{ "pre-stop-sleep": { exempt: [{ ...excuse, until: "2027-02-30" }] } }, ["pre-stop-sleep › exempt[0].until"]],
  [{ "pre-stop-sleep": { catalog: "no-such-catalog.json" } }, ["pre-stop-sleep › catalog"]],
];

/** The places that the problems name, each once. */
const placesOf = (problems: readonly string[]) => [...new Set(problems.map((problem) => problem.split(": ")[0]))];

describe("settings check and the JSON schema", () => {
  for (const config of fine) {
    it(`take ${JSON.stringify(config)}`, () => {
      assert.deepEqual(configFileProblems(config as Record<string, unknown>), []);
      assert.equal(isOfSchema(config), true);
    });
  }
  for (const [config, places] of refused) {
    it(`refuse ${JSON.stringify(config)}`, () => {
      const named = placesOf(configFileProblems(config as Record<string, unknown>));
      for (const place of places) assert.ok(named.includes(place), `${place}: ${named.join(", ")}`);
      assert.equal(isOfSchema(config), false);
    });
  }
  for (const [config, places] of beyondTheSchema) {
    it(`the command alone refuses ${JSON.stringify(config)}`, () => {
      const named = placesOf(configFileProblems(config as Record<string, unknown>));
      for (const place of places) assert.ok(named.includes(place), `${place}: ${named.join(", ")}`);
      assert.equal(isOfSchema(config), true);
    });
  }

  it("names every stack policy that `remediate` for all would make block", () => {
    const [problem = ""] = configFileProblems({ all: "remediate" });
    for (const { name, enforcementLevel } of stackPolicies) {
      assert.equal(problem.includes(name), enforcementLevel !== "mandatory", name);
    }
  });
});

describe("settings check", () => {
  it("prints one line for each problem, of all files, and ends with 1", async () => {
    const catalog = { version: 1, services: [{ namespace: "shop", name: "" }] };
    const files = {
      "a.json": '{ "pre-stop-sleep": { "sleepSecond": 5, "sleepSeconds": 0 } }',
      "b.json": '{ "pre-stop-sleep": { "catalog": "catalog.json" } }',
      "catalog.json": JSON.stringify(catalog),
      "defaults.json": "{}",
      "good.json": '{ "all": "advisory" }',
    };
    await inFolder(files, async (folder) => {
      const [a, b, good, none] = ["a.json", "b.json", "good.json", "none.json"].map((file) => join(folder, file));
      const defaults = join(folder, "defaults.json");
      const ran = await cli(["settings", "check", a!, none!, good!, b!, "--defaults", defaults]);
      assert.equal(ran.code, 1);
      assert.deepEqual(ran.stdout.split("\n"), [
        `${a}: pre-stop-sleep › sleepSecond: no such setting; did you mean "sleepSeconds"?`,
        `${a}: pre-stop-sleep › sleepSeconds: must be at least 1`,
        // The path is relative to the folder of the defaults.
        `${b}: pre-stop-sleep › catalog: Route catalog ${join(folder, "catalog.json")}: services[0].selector: is missing; services[0].name: must not be empty`,
        "",
      ]);
      assert.equal(ran.stderr, `error: ${none}: no such file or folder\n`);
    });
  });

  it("judges with the organization's own defaults", async () => {
    const files = {
      "defaults.json": '{ "sleepSeconds": 10, "maxGracePeriodSeconds": 40 }',
      "production.json": '{ "termination-grace-period": { "shutdownSeconds": 35 } }',
    };
    await inFolder(files, async (folder) => {
      const [defaults, production] = [join(folder, "defaults.json"), join(folder, "production.json")];
      assert.deepEqual(await cli(["settings", "check", production]), { code: 0, stdout: "No problems.\n", stderr: "" });
      const { code, stdout } = await cli(["settings", "check", production, "--defaults", defaults]);
      assert.equal(code, 1);
      assert.match(stdout, /production\.json: .*maxGracePeriodSeconds: /);
    });
  });

  const inputs: [about: string, stdin: string, code: number, output: RegExp][] = [
    ["an empty file, as the engine does", "\n", 0, /^No problems\.\n$/],
    ["no policies", "{}", 0, /^No problems\.\n$/],
    ["what is cut off", '{ "all": ', 3, /^error: -: ends in the middle, at line 1/],
    ["what is not JSON", "all: advisory", 3, /^error: -: is not JSON: line 1, column 1\n$/],
    ["a byte order mark", '\ufeff{ "all": "advisory" }', 3, /^error: -: starts with a byte order mark/],
    ["a list", '["all"]', 3, /^error: -: must be a JSON object\n$/],
    ["null", "null", 3, /^error: -: must be a JSON object\n$/],
    [
      "a policy given twice",
      '{ "pre-stop-sleep": { "sleepSeconds": 5 },\n\t"pre-stop-sleep": "advisory" }',
      1,
      /^-: pre-stop-sleep: given twice; only the last one counts\n$/,
    ],
    [
      "a setting given twice",
      '{ "pre-stop-sleep": { "sleepSeconds": 5, "sleepSeconds": 5 } }',
      1,
      /^-: pre-stop-sleep › sleepSeconds: given twice/,
    ],
    [
      "a field of an exemption given twice",
      '{ "pre-stop-sleep": { "exempt": [{ "name": "web", "name": "api", "reason": "x" }] } }',
      1,
      /^-: pre-stop-sleep › exempt\[0\] › name: given twice/,
    ],
  ];
  for (const [about, stdin, code, output] of inputs) {
    it(`reads from standard input ${about}: ${code}`, async () => {
      const ran = await cli(["settings", "check", "-"], { stdin });
      assert.equal(ran.code, code);
      assert.match(ran.stdout + ran.stderr, output);
    });
  }

  it("refuses defaults that can't be used, once", async () => {
    const files = { "defaults.json": '{ "sleepSecond": 10 }', "a.json": "{}", "b.json": "{}" };
    await inFolder(files, async (folder) => {
      const [a, b, defaults] = ["a.json", "b.json", "defaults.json"].map((file) => join(folder, file));
      const ran = await cli(["settings", "check", a!, b!, "--defaults", defaults!]);
      assert.equal(ran.code, 1);
      assert.equal(ran.stdout, `${defaults}: sleepSecond: no such setting; did you mean "sleepSeconds"?\n`);
    });
  });

  for (const args of [[], ["-", "-"], ["-", "--defaults", "-"], ["--default", "x", "-"]]) {
    it(`refuses the command line: settings check ${args.join(" ")}`, async () => {
      assert.equal((await cli(["settings", "check", ...args], { stdin: "{}" })).code, 2);
    });
  }
});
