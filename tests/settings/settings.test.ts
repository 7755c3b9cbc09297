import { strict as assert } from "node:assert";
import fc from "fast-check";
import { notAGlob } from "../../src/globs";
import { factNames, ownSettings, policyNames, settingsSchema, type Settings } from "../../src/settings/schema";
import {
  checkSettings,
  configProblems,
  configSchema,
  defaults,
  isDate,
  resolvePack,
  SettingsError,
} from "../../src/settings/settings";

/** The problems that a call throws; none where it returns. */
function problemsOf(call: () => unknown): readonly string[] {
  try {
    call();
    return [];
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    for (const problem of error.problems) assert.ok(error.message.includes(problem));
    return error.problems;
  }
}

const config = () => ({ apiVersion: "apps.openshift.io/v1", kind: "DeploymentConfig" });
const bad = (reason = "it drains itself") => ({ reason });

/** An organization's settings and what is wrong with them, word for word. */
const organizations: [settings: unknown, problems: string[]][] = [
  [{}, []],
  [{ sleepSeconds: 10, shutdownSeconds: 0, select: "all", hook: "exec", kubernetesVersion: "v1.28.3" }, []],
  [{ sleepSeconds: undefined, exempt: undefined }, []],
  [
    {
      exempt: [
        { kind: "{Deployment,StatefulSet}", namespace: "sys-*", labels: { tier: "*" }, ...bad(), until: "2028-02-29" },
      ],
    },
    [],
  ],
  [{ catalog: "catalog.json" }, []],
  [
    {
      catalog: [
        { namespace: "shop", name: "web", selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] },
      ],
    },
    [],
  ],
  [{ gateways: ["infra/apisix"] }, []],
  [{ defaultIngressClass: "" }, []],
  [{ defaultIngressClass: "apisix.edge-2" }, []],

  // Names
  [{ sleepSecond: 10 }, ['sleepSecond: no such setting; did you mean "sleepSeconds"?']],
  [{ SLEEPSECONDS: 10 }, ['SLEEPSECONDS: no such setting; did you mean "sleepSeconds"?']],
  [
    { gracePeriod: 10 },
    [`gracePeriod: no such setting; there are: ${Object.keys(settingsSchema.properties).join(", ")}`],
  ],
  [
    JSON.parse('{"__proto__": 1}'),
    [`__proto__: no such setting; there are: ${Object.keys(settingsSchema.properties).join(", ")}`],
  ],
  [
    { exempt: [{ name: "web", reson: "x" }] },
    ["exempt[0].reason: is missing", 'exempt[0] › reson: no such field; did you mean "reason"?'],
  ],

  // Types and bounds
  [null, ["settings must be an object"]],
  [[], ["settings must be an object"]],
  ["sleepSeconds=5", ["settings must be an object"]],
  [{ sleepSeconds: "5" }, ["sleepSeconds: must be a whole number, not a string"]],
  [{ sleepSeconds: 2.5 }, ["sleepSeconds: must be a whole number"]],
  [{ sleepSeconds: null }, ["sleepSeconds: must be a whole number, not null"]],
  [{ sleepSeconds: NaN }, ["sleepSeconds: must be a whole number"]],
  [{ sleepSeconds: 0 }, ["sleepSeconds: must be at least 1"]],
  [{ sleepSeconds: 3601 }, ["sleepSeconds: must be at most 3600"]],
  [{ shutdownSeconds: -1 }, ["shutdownSeconds: must be at least 0"]],
  [{ maxGracePeriodSeconds: 0 }, ["maxGracePeriodSeconds: must be at least 1"]],
  [{ select: "exposd" }, ['select: no such choice; did you mean "exposed"?']],
  [{ select: 5 }, ["select: must be one of auto, routed, exposed, all"]],
  [{ hook: "native" }, ["hook: no such choice; there are: auto, sleep, exec"]],
  [{ controller: 2 }, ["controller: must be one of auto, 1, 2"]],
  [{ kubernetesVersion: 1.34 }, ["kubernetesVersion: must be a string, not a number"]],
  [{ kubernetesVersion: "latest" }, ['kubernetesVersion: must look like "1.34"']],
  [{ kubernetesVersion: "2.0" }, ['kubernetesVersion: must look like "1.34"']],
  [{ ignoreContainers: "istio-proxy" }, ["ignoreContainers: must be a list, not a string"]],
  [{ ignoreContainers: ["a", 5] }, ["ignoreContainers[1]: must be a string, not a number"]],
  [{ ignoreContainers: [""] }, ["ignoreContainers[0]: must not be empty"]],
  [{ defaultIngressClass: "*apisix*" }, ['defaultIngressClass: must look like "apisix"']],
  [{ defaultIngressClass: " " }, ['defaultIngressClass: must look like "apisix"']],
  [{ gatewayProxies: ["apisix"] }, ['gatewayProxies[0]: must look like "infra/apisix"']],
  [{ gateways: ["apisix"] }, ['gateways[0]: must look like "infra/apisix"']],
  [{ allowAnnotations: "yes" }, ["allowAnnotations: must be true or false, not a string"]],
  [{ catalog: 5 }, ["catalog: must be a string or a list, not a number"]],
  [{ catalog: "" }, ["catalog: must not be empty"]],
  [{ catalog: [{ namespace: "shop", name: "web" }] }, ["catalog[0].selector: is missing"]],
  [
    { catalog: [{ namespace: "shop", name: "web", selector: { app: 1 } }] },
    ['catalog[0].selector["app"]: must be a string, not a number'],
  ],
  [
    { catalog: [{ namespace: "shop", name: "web", selector: { app: "web" }, port: [] }] },
    ['catalog[0] › port: no such field; did you mean "ports"?'],
  ],
  [{ exempt: {} }, ["exempt: must be a list, not an object"]],
  [{ exempt: ["web"] }, ["exempt[0]: must be an object, not a string"]],
  [{ exempt: [{ name: "web", reason: " " }] }, ['exempt[0].reason: must look like "its mesh drains it"']],
  [{ exempt: [{ name: "web", ...bad(), until: "soon" }] }, ['exempt[0].until: must look like "2027-01-31"']],
  [{ exempt: [{ labels: { tier: 1 }, ...bad() }] }, ['exempt[0].labels["tier"]: must be a string, not a number']],

  // Rules that no schema says
  [
    { sleepSeconds: 30, shutdownSeconds: 60, maxGracePeriodSeconds: 89 },
    ["maxGracePeriodSeconds: 89 s is less than sleepSeconds + shutdownSeconds (30 + 60 s)"],
  ],
  [{ sleepSeconds: 30, shutdownSeconds: 60, maxGracePeriodSeconds: 90 }, []],
  [
    { hook: "sleep", kubernetesVersion: "1.29" },
    ['hook: "sleep" needs Kubernetes 1.30 or later, and kubernetesVersion is 1.29; use "exec" or "auto"'],
  ],
  [{ hook: "sleep", kubernetesVersion: "1.30" }, []],
  [{ workloads: [config(), { ...config(), kind: "Other", podSpec: "spec.server.podTemplate.spec" }] }, []],
  [{ workloads: "DeploymentConfig" }, ["workloads: must be a list, not a string"]],
  [{ workloads: [{ kind: "DeploymentConfig" }] }, ["workloads[0].apiVersion: is missing"]],
  [
    { workloads: [{ ...config(), apiVersion: "v1" }] },
    ['workloads[0].apiVersion: must look like "apps.openshift.io/v1"'],
  ],
  [{ workloads: [{ ...config(), kind: "Deployment*" }] }, ['workloads[0].kind: must look like "DeploymentConfig"']],
  ...[
    "spec",
    "template.spec.containers",
    "spec.templates[0].spec",
    "spec..spec",
    ".spec",
    "spec.template.Spec",
    "$.a.spec",
  ].map((podSpec): [unknown, string[]] => [
    { workloads: [{ ...config(), podSpec }] },
    ['workloads[0].podSpec: must look like "spec.template.spec"'],
  ]),
  [
    { workloads: [config(), { apiVersion: "apps/v1", kind: "Deployment", podSpec: "spec.pods.spec" }] },
    ["workloads[1]: Deployment of apps is a workload already; remove the entry"],
  ],
  [
    { workloads: [{ apiVersion: "batch/v1", kind: "CronJob" }] },
    ["workloads[0]: a CronJob is not a workload, as its Pods end by themselves; remove the entry"],
  ],
  [
    { workloads: [config(), { ...config(), apiVersion: "apps.openshift.io/v2", podSpec: "spec.pods.spec" }] },
    ["workloads[1]: duplicates workloads[0]"],
  ],
  [{ workloads: [config(), { ...config(), apiVersion: "example.org/v1" }] }, []],
  [{ ignoreContainers: ["istio-*", "web-[0-9"] }, [`ignoreContainers[1]: ${notAGlob}`]],
  [{ exempt: [bad()] }, ["exempt[0]: would excuse every workload; give namespace, name, kind or labels"]],
  [
    { exempt: [{ labels: {}, ...bad() }] },
    ["exempt[0]: would excuse every workload; give namespace, name, kind or labels"],
  ],
  [{ exempt: [{ name: "{web,api", ...bad() }] }, [`exempt[0].name: ${notAGlob}`]],
  [{ exempt: [{ labels: { tier: "(a" }, ...bad() }] }, [`exempt[0].labels["tier"]: ${notAGlob}`]],
  [
    { exempt: [{ name: "web", ...bad(), until: "2027-02-30" }] },
    ["exempt[0].until: not a date; write it as 2027-01-31"],
  ],
  [
    { exempt: [{ name: "web", ...bad(), until: "2027-02-29" }] },
    ["exempt[0].until: not a date; write it as 2027-01-31"],
  ],

  // All at once
  [
    { sleepSecond: 10, select: "every", shutdownSeconds: -1 },
    [
      'sleepSecond: no such setting; did you mean "sleepSeconds"?',
      "shutdownSeconds: must be at least 0",
      "select: no such choice; there are: auto, routed, exposed, all",
    ],
  ],
];

describe("checkSettings", () => {
  for (const [settings, problems] of organizations) {
    it(`${JSON.stringify(settings)}: ${problems.length === 0 ? "fine" : problems.length}`, () => {
      assert.deepEqual(
        problemsOf(() => checkSettings(settings)),
        problems,
      );
    });
  }

  it("is one error, with every problem in its message and no stack", () => {
    assert.throws(
      () => checkSettings({ sleepSecond: 10, select: "every" }),
      (error: SettingsError) => {
        assert.equal(
          error.message,
          [
            "Bad settings of apisix-graceful-termination:",
            '  - sleepSecond: no such setting; did you mean "sleepSeconds"?',
            "  - select: no such choice; there are: auto, routed, exposed, all",
          ].join("\n"),
        );
        assert.equal(error.stack, error.message);
        return true;
      },
    );
  });

  it("throws nothing else, whatever it gets", () => {
    const names = fc.constantFrom(...Object.keys(settingsSchema.properties), "reason", "until", "labels");
    const settings = fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue({ maxDepth: 3 })));
    fc.assert(
      fc.property(settings, fc.constantFrom(...policyNames), (value, policy) => {
        problemsOf(() => checkSettings(value));
        if (typeof value === "object" && value !== null) {
          problemsOf(() => resolvePack({ [policy]: value } as never));
          configProblems(value as never);
          configProblems({ [policy]: value } as never);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("configProblems", () => {
  const others = `there are: all, ${policyNames.join(", ")}`;
  const cases: [config: unknown, problems: string[], organization?: Settings][] = [
    [{}, []],
    [{ all: "advisory" }, []],
    [{ all: { enforcementLevel: "disabled" } }, []],
    [{ "pre-stop-sleep": "remediate", "apisix-routed-workloads": { enforcementLevel: "mandatory" } }, []],
    [{ "pre-stop-sleep": { enforcementLevel: "mandatory", sleepSeconds: 10, exempt: [] } }, []],
    [{ "pre-stop-slep": "advisory" }, ['pre-stop-slep: no such policy; did you mean "pre-stop-sleep"?']],
    [{ preStopSleep: "advisory" }, ['preStopSleep: no such policy; did you mean "pre-stop-sleep"?']],
    [{ replicas: "advisory" }, [`replicas: no such policy; ${others}`]],
    [{ all: "advisry" }, ['all: no such level; did you mean "advisory"?']],
    [{ all: "off" }, ["all: no such level; there are: advisory, mandatory, remediate, disabled"]],
    [
      { "pre-stop-sleep": { enforcementLevel: 1 } },
      ["pre-stop-sleep › enforcementLevel: no such level; there are: advisory, mandatory, remediate, disabled"],
    ],
    [
      { all: { sleepSeconds: 5 } },
      ['all › sleepSeconds: "all" takes a level only; settings go to each policy, or to createPack'],
    ],
    [{ "pre-stop-sleep": null }, ["pre-stop-sleep: must be a level, or an object with enforcementLevel and settings"]],
    [{ "pre-stop-sleep": [] }, ["pre-stop-sleep: must be a level, or an object with enforcementLevel and settings"]],
    [{ "pre-stop-sleep": 5 }, ["pre-stop-sleep: must be a level, or an object with enforcementLevel and settings"]],
    [
      { "pre-stop-sleep": { sleepSecs: 5 } },
      ['pre-stop-sleep › sleepSecs: no such setting; did you mean "sleepSeconds"?'],
    ],
    // Every policy takes every fact; what is a policy's own is not the others'.
    [{ "pre-stop-sleep": { shutdownSeconds: 5 } }, []],
    [{ "apisix-routed-workloads": { hook: "exec" } }, []],
    [
      { "apisix-routed-workloads": { select: "all" } },
      [
        "apisix-routed-workloads › select: this policy has no such setting; it belongs to pre-stop-sleep, termination-grace-period",
      ],
    ],
    // A fact holds for the whole pack.
    [{ "pre-stop-sleep": { sleepSeconds: 7 }, "apisix-routed-workloads": { sleepSeconds: 7 } }, []],
    [
      { "pre-stop-sleep": { sleepSeconds: 7 }, "apisix-routed-workloads": { sleepSeconds: 8 } },
      [
        "pre-stop-sleep › sleepSeconds and apisix-routed-workloads › sleepSeconds: different values of one fact, which holds for the whole pack; give it once",
      ],
    ],
    [
      {
        "pre-stop-sleep": { ignoreContainers: ["a"] },
        "termination-grace-period": { ignoreContainers: ["a"] },
        "apisix-rollout-advice": { ignoreContainers: [] },
      },
      [
        "pre-stop-sleep › ignoreContainers and termination-grace-period › ignoreContainers and apisix-rollout-advice › ignoreContainers: different values of one fact, which holds for the whole pack; give it once",
      ],
    ],
    [{ "pre-stop-sleep": { exempt: [{ name: "a", reason: "x" }] }, "apisix-rollout-advice": { exempt: [] } }, []],
    [
      { "pre-stop-sleep": { sleepSeconds: 25 }, "termination-grace-period": { maxGracePeriodSeconds: 30 } },
      [
        "termination-grace-period › maxGracePeriodSeconds: 30 s is less than sleepSeconds + shutdownSeconds (25 + 10 s)",
      ],
    ],
    [
      { "pre-stop-sleep": { sleepSeconds: "5" } },
      ["pre-stop-sleep › sleepSeconds: must be a whole number, not a string"],
    ],
    [{ "pre-stop-sleep": { exempt: [{}] } }, ["pre-stop-sleep › exempt[0].reason: is missing"]],
    [{ "pre-stop-sleep": { ignoreContainers: ["["] } }, [`pre-stop-sleep › ignoreContainers[0]: ${notAGlob}`]],
    [
      { "termination-grace-period": { maxGracePeriodSeconds: 14 } },
      ["termination-grace-period › maxGracePeriodSeconds: 14 s is less than sleepSeconds + shutdownSeconds (5 + 10 s)"],
    ],
    [
      { "termination-grace-period": { maxGracePeriodSeconds: 30 } },
      [
        "termination-grace-period › maxGracePeriodSeconds: 30 s is less than sleepSeconds + shutdownSeconds (25 + 10 s)",
      ],
      { sleepSeconds: 25 },
    ],
    [
      { "pre-stop-sleep": { hook: "sleep" } },
      [
        'pre-stop-sleep › hook: "sleep" needs Kubernetes 1.30 or later, and kubernetesVersion is 1.28; use "exec" or "auto"',
      ],
      { kubernetesVersion: "1.28" },
    ],
    [
      { "pre-stop-slep": "advisory", "pre-stop-sleep": { sleep: 5, sleepSeconds: 0 } },
      [
        'pre-stop-slep: no such policy; did you mean "pre-stop-sleep"?',
        `pre-stop-sleep › sleep: no such setting; there are: ${[...factNames, ...ownSettings["pre-stop-sleep"]].join(", ")}`,
        "pre-stop-sleep › sleepSeconds: must be at least 1",
      ],
    ],
  ];
  for (const [config, problems, organization] of cases) {
    it(JSON.stringify(config), () => assert.deepEqual(configProblems(config as never, organization), problems));
  }
});

describe("resolvePack", () => {
  const facts = (config: object, organization: Settings = {}) => resolvePack(config as never, organization).facts;

  it("puts the config over the organization's settings over the defaults", () => {
    const resolved = facts({ "pre-stop-sleep": { sleepSeconds: 15 } }, { sleepSeconds: 10, hook: "exec" });
    assert.equal(resolved.sleepSeconds, 15);
    assert.equal(resolved.hook, "exec");
    assert.equal(resolved.kubernetesVersion, "1.34");
    assert.equal(resolved.catalog, undefined);
  });

  for (const policy of policyNames) {
    it(`takes a fact from ${policy} for the whole pack`, () => {
      assert.equal(facts({ [policy]: { shutdownSeconds: 45 } }).shutdownSeconds, 45);
    });

    it(`keeps what is ${policy}'s own to it`, () => {
      const exempt = [{ name: "web", reason: "x" }];
      const { policies } = resolvePack({ [policy]: { enforcementLevel: "advisory", exempt, allowAnnotations: false } });
      for (const each of policyNames) {
        const { level, exempt: own, allowAnnotations } = policies[each];
        const expected = each === policy ? ["advisory", exempt, false] : [undefined, [], true];
        assert.deepEqual([level, own, allowAnnotations], expected);
      }
    });
  }

  it("gives each policy its own level, or that of all", () => {
    const { policies } = resolvePack({ all: "advisory", "pre-stop-sleep": "disabled", "apisix-rollout-advice": {} });
    assert.equal(policies["pre-stop-sleep"].level, "disabled");
    assert.equal(policies["apisix-rollout-advice"].level, "advisory");
  });

  it("replaces lists, and doesn't merge them", () => {
    const config = { "pre-stop-sleep": { ignoreContainers: ["b"] } };
    assert.deepEqual(facts(config, { ignoreContainers: ["a"] }).ignoreContainers, ["b"]);
  });

  it("takes what is undefined for not set", () => {
    const organization = { sleepSeconds: undefined } as object;
    const resolved = facts({ "pre-stop-sleep": { hook: undefined } }, organization);
    assert.deepEqual([resolved.sleepSeconds, resolved.hook], [5, "auto"]);
  });

  it("changes neither the defaults nor what it was given", () => {
    const before = JSON.stringify(settingsSchema);
    const resolved = facts(Object.freeze({ "pre-stop-sleep": Object.freeze({ hook: "exec" }) }), { sleepSeconds: 10 });
    resolved.sleepSeconds = 99;
    assert.equal(defaults({}).sleepSeconds, 5);
    assert.equal(JSON.stringify(settingsSchema), before);
  });
});

describe("configSchema", () => {
  const organization: Settings = {
    sleepSeconds: 12,
    maxGracePeriodSeconds: 90,
    ignoreContainers: ["istio-*"],
    select: "all",
    exempt: [{ name: "legacy", reason: "it is going away", until: "2027-01-31" }],
    catalog: [{ namespace: "shop", name: "web", selector: { app: "web" } }],
  };

  for (const policy of policyNames) {
    it(`${policy}: the facts without defaults, and its own settings with the organization's, as plain JSON`, () => {
      const { properties } = configSchema(policy, organization);
      assert.deepEqual(Object.keys(properties), [...factNames, ...ownSettings[policy]]);
      assert.deepEqual(JSON.parse(JSON.stringify(properties)), properties);
      const values: Record<string, unknown> = { ...defaults(organization) };
      for (const name of factNames) assert.ok(!("default" in (properties[name] ?? {})), name);
      for (const name of ownSettings[policy]) {
        assert.deepEqual((properties[name] as { default?: unknown }).default, values[name], name);
      }
      for (const [name, schema] of Object.entries(properties)) assert.ok("description" in schema, name);
      assert.match((properties.sleepSeconds as { description: string }).description, /; default: 12$/);
    });
  }

  it("takes what the engine fills in, beside a fact given to one policy", () => {
    const filled = Object.fromEntries(
      policyNames.map((policy) => {
        const own = Object.entries(configSchema(policy, organization).properties).flatMap(([name, schema]) =>
          "default" in schema ? [[name, structuredClone(schema.default)] as const] : [],
        );
        return [policy, Object.fromEntries(own)];
      }),
    );
    const { facts, policies } = resolvePack(
      { ...filled, "pre-stop-sleep": { ...filled["pre-stop-sleep"], sleepSeconds: 30 } },
      organization,
    );
    assert.equal(facts.sleepSeconds, 30);
    for (const policy of policyNames) assert.deepEqual(policies[policy].exempt, organization.exempt);
  });
});

describe("the schema", () => {
  for (const [name, schema] of Object.entries(settingsSchema.properties)) {
    it(`${name} has a policy that takes it, a description, and a default that it would accept`, () => {
      assert.ok(policyNames.some((policy) => [...factNames, ...ownSettings[policy]].some((each) => each === name)));
      assert.ok(schema.description.length > 10);
      // Written another way than the default itself, which needs no check.
      if ("default" in schema)
        assert.deepEqual(
          problemsOf(() => checkSettings({ [name]: schema.default })),
          [],
        );
      const { examples = [] } = schema as { examples?: unknown[] };
      for (const example of examples)
        assert.deepEqual(
          problemsOf(() => checkSettings({ [name]: example })),
          [],
        );
    });
  }
});

describe("isDate", () => {
  const cases: [text: string, expected: boolean][] = [
    ["2027-01-31", true],
    ["2028-02-29", true],
    ["2027-02-29", false],
    ["2027-02-30", false],
    ["2027-04-31", false],
    ["2027-13-01", false],
    ["2027-00-10", false],
    ["2027-01-00", false],
    ["27-01-31", false],
    ["2027-1-31", false],
    ["2027-01-31T00:00:00Z", false],
    ["31.01.2027", false],
    ["", false],
  ];
  for (const [text, expected] of cases) it(text || "nothing", () => assert.equal(isDate(text), expected));
});
