import assert from "node:assert/strict";
import { readYaml } from "../../src/cli/sources/yaml";
import { cli } from "./run";

/** What `check --fix -` makes of a manifest. */
async function fix(text: string): Promise<{ text: string; stderr: string }> {
  const { stdout, stderr } = await cli(["check", "--fix", "--include-exposed", "-"], { stdin: text });
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
          lifecycle: { preStop: { sleep: { seconds: 5 } } }
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
  [
    "changes a block's number, and neither its header nor its other lines",
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle:
            preStop:
              exec:
                command:
                  - /bin/sh
                  - -c
                  - |2- # 3 s
                      sleep 2s
        - name: b
          lifecycle:
            preStop:
              exec:
                command:
                  - sh
                  - -c
                  - >+

                    sleep
                    "2"

                    # 9 s

        - name: c
          lifecycle: { preStop: { exec: { command: [sh, -c, "sleep \\x32"] } } }
        - name: d
          lifecycle: { preStop: { exec: { command: [sleep, 0m] } } }
`,
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle:
            preStop:
              exec:
                command:
                  - /bin/sh
                  - -c
                  - |2- # 3 s
                      sleep 5s
        - name: b
          lifecycle:
            preStop:
              exec:
                command:
                  - sh
                  - -c
                  - >+

                    sleep
                    "5"

                    # 9 s

        - name: c
          lifecycle: { preStop: { exec: { command: [sh, -c, "sleep 5"] } } }
        - name: d
          lifecycle: { preStop: { exec: { command: [sleep, "5"] } } }
`,
  ],
  [
    "replaces a broken hook that ends with a block",
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle:
            preStop:
              exec:
                command:
                  - sleep
                  - |
                    five

        - name: b # the next one
          lifecycle: { preStop: { sleep: { seconds: 9 } } }
`,
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle:
            preStop:
              sleep:
                seconds: 5

        - name: b # the next one
          lifecycle: { preStop: { sleep: { seconds: 9 } } }
`,
  ],
  [
    "writes beside comments where a hook is left out",
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: # none yet
        - name: b
          lifecycle: ~ # none yet
        - name: c
          # the hook
          lifecycle:
            # none yet
            preStop: null
          # the end
        - lifecycle: { preStop: , postStart: { exec: { command: [echo] } } }
          name: d
      terminationGracePeriodSeconds: # as the nodes have it
`,
    `
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 5 } } } # none yet
        - name: b
          lifecycle: { preStop: { sleep: { seconds: 5 } } } # none yet
        - name: c
          # the hook
          lifecycle:
            # none yet
            preStop: { sleep: { seconds: 5 } }
          # the end
        - lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { exec: { command: [echo] } } }
          name: d
      terminationGracePeriodSeconds: # as the nodes have it
`,
  ],
  [
    "writes a grace period beside a comment, and before a comment in a flow map",
    `
      terminationGracePeriodSeconds: # as the nodes have it
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 25 } } }
        - {
            name: b,
            image: b:1, # the last field
          }
        - {
            name: c,
            image: c:1
          } # the last container
`,
    `
      terminationGracePeriodSeconds: 35 # as the nodes have it
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 25 } } }
        - {
            name: b,
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
            image: b:1, # the last field
          }
        - {
            name: c,
            image: c:1,
            lifecycle: { preStop: { sleep: { seconds: 5 } } }
          } # the last container
`,
  ],
  [
    "goes by the last of two equal keys",
    `
      terminationGracePeriodSeconds: 3
      terminationGracePeriodSeconds: 4
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 9 } } }
          lifecycle: { preStop: { sleep: { seconds: 1, seconds: 2 } } }
`,
    `
      terminationGracePeriodSeconds: 3
      terminationGracePeriodSeconds: 15
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 9 } } }
          lifecycle: { preStop: { sleep: { seconds: 1, seconds: 5 } } }
`,
  ],
  [
    "changes a shared hook once, where all that share it need it",
    `
      containers:
        - &web
          name: a
          ports: [{ containerPort: 80 }]
          lifecycle: &hook
            preStop: { sleep: { seconds: 1 } }
        - name: b
          lifecycle: *hook
        - <<: *web
          name: c
`,
    `
      containers:
        - &web
          name: a
          ports: [{ containerPort: 80 }]
          lifecycle: &hook
            preStop: { sleep: { seconds: 5 } }
        - name: b
          lifecycle: *hook
        - <<: *web
          name: c
`,
  ],
  [
    "gives a container a hook of its own where the one that it shares is right for another",
    `
      initContainers:
        - &migrate
          name: migrate
          lifecycle: &hook { preStop: { sleep: { seconds: 1 } } }
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: *hook # the same
        - <<: *migrate
          name: b
        - <<: [*migrate, { image: web }]
          name: c
          ports: []
`,
    `
      initContainers:
        - &migrate
          name: migrate
          lifecycle: &hook { preStop: { sleep: { seconds: 1 } } }
      containers:
        - name: a
          ports: [{ containerPort: 80 }]
          lifecycle: { preStop: { sleep: { seconds: 5 } } } # the same
        - <<: *migrate
          name: b
          lifecycle:
            preStop:
              sleep:
                seconds: 5
        - <<: [*migrate, { image: web }]
          name: c
          ports: []
          lifecycle:
            preStop:
              sleep:
                seconds: 5
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
      assert.deepEqual(readYaml(cut.text), readYaml(head + after.slice(1)));
    });
  }

  const layouts: [what: string, containers: string, after: string][] = [
    [
      "a bracket at the key's column",
      "containers: [\n        {name: a, ports: [{containerPort: 80}]}\n      ]\n",
      "containers: [\n        {name: a, ports: [{containerPort: 80}], lifecycle: { preStop: { sleep: { seconds: 5 } } }}\n      ]\n",
    ],
    [
      "flow at the margin",
      "containers: [{\nname: a, ports: [{containerPort: 80}],\n}]\n",
      "containers: [{\nname: a, ports: [{containerPort: 80}],\nlifecycle: { preStop: { sleep: { seconds: 5 } } },\n}]\n",
    ],
    [
      "tabs within lines",
      "containers:\t[{name:\ta, ports: [{containerPort: 80}]}]\n",
      "containers:\t[{name:\ta, ports: [{containerPort: 80}], lifecycle: { preStop: { sleep: { seconds: 5 } } }}]\n",
    ],
    [
      "an octal number",
      "terminationGracePeriodSeconds: 0o36\n      containers: [{name: a, ports: [{containerPort: 80}]}]\n",
      "terminationGracePeriodSeconds: 0o36\n      containers: [{name: a, ports: [{containerPort: 80}], lifecycle: { preStop: { sleep: { seconds: 5 } } }}]\n",
    ],
    [
      "tags",
      "containers: !!seq [!x {name: !!str a, ports: [{containerPort: 80}]}]\n",
      "containers: !!seq [!x {name: !!str a, ports: [{containerPort: 80}], lifecycle: { preStop: { sleep: { seconds: 5 } } }}]\n",
    ],
  ];
  for (const [what, before, after] of layouts) {
    it(`edits ${what}, or leaves it and says so`, async () => {
      const [from, to] = [before, after].map((text) => `${head}      ${text}`) as [string, string];
      const fixed = await fix(from);
      if (fixed.text === from) assert.match(fixed.stderr, /is not repaired/);
      else assert.equal(fixed.text, to);
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

  it("writes before a block that ends with the file, as it would get a line end", async () => {
    const [before, after] = [
      "",
      "          lifecycle:\n            preStop:\n              sleep:\n                seconds: 5\n",
    ].map(
      (hook) =>
        `${head}      containers:\n        - ports: [{ containerPort: 80 }]\n${hook}          args:\n            - |\n              x`,
    );
    assert.equal((await fix(before ?? "")).text, after);
  });

  it("leaves alone, and says so, what an anchor shares with something that is fine", async () => {
    const shared = `${head}      containers:
        - &web
          name: web
          ports: [{ containerPort: 80 }]
      initContainers:
        - *web
`;
    const fixed = await fix(shared);
    assert.equal(fixed.text, shared);
    assert.match(
      fixed.stderr,
      /^warning: -:9:11: Deployment shop\/web is not repaired: an anchor or a merge key shares spec\.template\.spec\.containers\[0\]\.lifecycle with another place\. Repair it by hand\.$/m,
    );
  });
});
