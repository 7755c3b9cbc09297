import assert from "node:assert/strict";
import fc from "fast-check";
import { load } from "js-yaml";
import { stringify } from "yaml";
import { cli } from "./run";

/** What `check --fix -` makes of a manifest. */
async function fix(text: string): Promise<{ text: string; stderr: string }> {
  const { stdout, stderr } = await cli(["check", "--fix", "-"], { stdin: text });
  return { text: stdout, stderr };
}

const head = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    spec:
`;

/** Pod specs as they are written and as they should be; each indented by six. */
const cases: [what: string, before: string, after: string][] = [
  [
    "adds a hook after the container's last field, before comments and blank lines",
    `
      containers:
        - name: web # the app
          ports:
            - containerPort: 80 # http

        # the next one
        - ports: [{ containerPort: 81 }] # flow

          name: "side"
      # the end
`,
    `
      containers:
        - name: web # the app
          ports:
            - containerPort: 80 # http
          lifecycle:
            preStop:
              sleep:
                seconds: 5

        # the next one
        - ports: [{ containerPort: 81 }] # flow

          name: "side"
          lifecycle:
            preStop:
              sleep:
                seconds: 5
      # the end
`,
  ],
  [
    "raises a number and keeps what stands around it",
    `
      containers:
      - name: web
        ports: [{containerPort: 80}]
        lifecycle:
          preStop:
            sleep: {seconds:   2}   # too short
`,
    `
      containers:
      - name: web
        ports: [{containerPort: 80}]
        lifecycle:
          preStop:
            sleep: {seconds:   5}   # too short
`,
  ],
  [
    "keeps the quotes of a command",
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 2'] } } }
        - name: b
          lifecycle:
            preStop:
              exec:
                command:
                  - /bin/sh
                  - -c
                  - sleep 2 # too short
`,
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 5'] } } }
        - name: b
          lifecycle:
            preStop:
              exec:
                command:
                  - /bin/sh
                  - -c
                  - sleep 5 # too short
`,
  ],
  [
    "replaces a broken hook in block and flow style",
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle:
            # drain
            preStop:
              exec:
                command: [sh, -c, sleep, "5"]
            postStart: { exec: { command: [echo] } }
        - { name: b, lifecycle: { preStop: { exec: { command: [sh, -c, sleep, "5"] } } } }
`,
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle:
            # drain
            preStop:
              sleep:
                seconds: 5
            postStart: { exec: { command: [echo] } }
        - { name: b, lifecycle: { preStop: { sleep: { seconds: 5 } } } }
`,
  ],
  [
    "writes into empty and half-written lifecycles",
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: {}
        - name: b
          lifecycle:
        - name: c
          lifecycle:
            postStart:
              exec:
                command: [echo]
`,
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 5 } } }
        - name: b
          lifecycle:
            preStop:
              sleep:
                seconds: 5
        - name: c
          lifecycle:
            postStart:
              exec:
                command: [echo]
            preStop:
              sleep:
                seconds: 5
`,
  ],
  [
    "goes on after a block scalar",
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          args:
            - |
              a: b
              # not a comment
`,
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          args:
            - |
              a: b
              # not a comment
          lifecycle:
            preStop:
              sleep:
                seconds: 5
`,
  ],
  [
    "raises and adds a grace period",
    `
      terminationGracePeriodSeconds: 10   # short
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 5 } } }
`,
    `
      terminationGracePeriodSeconds: 15   # short
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 5 } } }
`,
  ],
  [
    "puts two fields that meet at one place in their order",
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 40 } } }
        - name: b
`,
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 40 } } }
        - name: b
          lifecycle:
            preStop:
              sleep:
                seconds: 5
      terminationGracePeriodSeconds: 50
`,
  ],
];

describe("check --fix", () => {
  for (const [what, before, after] of cases) {
    it(what, async () => {
      const [from, to] = [before, after].map((text) => head + text.slice(1));
      const fixed = await fix(from ?? "");
      assert.equal(fixed.text, to);
      assert.equal((await fix(fixed.text)).text, to, "again");
    });

    it(`${what}, with Windows' line ends, and without the last one`, async () => {
      const [from, to] = [before, after].map((text) => (head + text.slice(1)).replaceAll("\n", "\r\n"));
      assert.equal((await fix(from ?? "")).text, to);
      const cut = await fix((head + before.slice(1)).trimEnd());
      assert.deepEqual(load(cut.text), load(head + after.slice(1)));
    });
  }

  it("repairs the third document, and leaves the others as they are, comments and all", async () => {
    const others = [
      "# first\nkind:   ConfigMap\napiVersion: v1\n---\n---\n# empty\n--- # third\n",
      "...\n---\nx: [1,2]\n",
    ];
    const [, before, after] = cases[1] ?? [];
    const fixed = await fix([others[0], head, before?.slice(1), others[1]].join(""));
    assert.equal(fixed.text, [others[0], head, after?.slice(1), others[1]].join(""));
  });

  it("repairs JSON as it is laid out", async () => {
    const list = (lifecycle: string) => `{
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web"},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "ports": [{"containerPort": 80}]${lifecycle}
                    }
                ]
            }
        }
    ]
}
`;
    const fixed = await fix(list(""));
    assert.equal(
      fixed.text,
      list(`,
                        "lifecycle": {
                            "preStop": {
                                "sleep": {
                                    "seconds": 5
                                }
                            }
                        }`),
    );
    const compact = JSON.stringify(JSON.parse(list("")));
    assert.equal(
      (await fix(compact)).text,
      compact.replace('"ports":[{"containerPort":80}]', '$&, "lifecycle": {"preStop":{"sleep":{"seconds":5}}}'),
    );
  });

  it("leaves alone, and says so, what an alias shares", async () => {
    const shared = `${head}      containers:
        - &web
          name: web
          ports: [{ containerPort: 80 }]
      initContainers:
        - *web
`;
    const fixed = await fix(shared);
    assert.equal(fixed.text, shared);
    assert.match(fixed.stderr, /warning: -:1: not repaired, as an anchor, an alias or a merge key shares the field/);
    const hook = `${head}      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: &hook { preStop: { sleep: { seconds: 1 } } }
        - name: b
          lifecycle: *hook
`;
    assert.match((await fix(hook)).stderr, /not repaired, as the field stands behind an alias/);
  });

  it("writes what a merge key brings into the container itself", async () => {
    const merged = `${head}      containers:
        - &web
          name: web
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 9 } } }
        - <<: *web
          name: other
          lifecycle: { preStop: { sleep: { seconds: 1 } } }
`;
    assert.equal((await fix(merged)).text, merged.replace("seconds: 1 ", "seconds: 5 "));
  });

  it("makes of any layout what the remedy makes of the object", async () => {
    const hook = fc.oneof(
      fc.constant(undefined),
      fc.constant({}),
      fc.record({ preStop: fc.record({ sleep: fc.record({ seconds: fc.integer({ min: 1, max: 60 }) }) }) }),
      fc.record({ preStop: fc.record({ exec: fc.record({ command: fc.constant(["sh", "-c", "sleep", "4"]) }) }) }),
      fc.record({ preStop: fc.record({ exec: fc.record({ command: fc.constant(["/bin/sleep", "3"]) }) }) }),
    );
    const container = fc.record({
      name: fc.constantFrom("a", "b c", "# d", "ü"),
      args: fc.array(fc.string(), { maxLength: 3 }),
      ports: fc.constant([{ containerPort: 80 }]),
      lifecycle: hook,
      env: fc.array(fc.record({ name: fc.string(), value: fc.string() }), { maxLength: 2 }),
    });
    const layout = fc.record({
      indent: fc.constantFrom(2, 4),
      indentSeq: fc.boolean(),
      collectionStyle: fc.constantFrom("any" as const, "flow" as const),
      lineWidth: fc.constantFrom(0, 40),
    });
    const spec = fc.record({
      terminationGracePeriodSeconds: fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 90 })),
      containers: fc.array(container, { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(spec, layout, async (spec, options) => {
        const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec };
        const asJson = JSON.stringify(object);
        const [yaml, json] = [await fix(stringify(JSON.parse(asJson), options)), await fix(asJson)];
        assert.deepEqual(load(yaml.text), JSON.parse(json.text));
        assert.doesNotMatch(yaml.stderr + json.stderr, /not repaired/);
        const again = await fix(yaml.text);
        assert.equal(again.text, yaml.text);
      }),
      { numRuns: 40 },
    );
  });
});
