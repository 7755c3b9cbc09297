/** What `check --fix` makes of fields that Kubernetes drops. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { parse } from "yaml";
import { readText } from "../../src/cli/sources";
import { arbitraryYaml } from "../support/arbitrary-yaml";
import { cli } from "./run";

const run = (stdin: string) => cli(["check", "--fix", "-"], { stdin });

/** A routed Deployment, with one container `web`, by the lines of its parts. */
const manifest = ({ spec = "", pod = "", container = "" }) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: { apisix-graceful-termination/routed: "true" }
spec:
  replicas: 2${spec}
  template:
    spec:
      containers:
        - name: web${container}${pod}
`;

const hook = `
          lifecycle: { preStop: { sleep: { seconds: 9 } } }`;
const grace = `
      terminationGracePeriodSeconds: 60`;

const moved: [what: string, before: string, after: string][] = [
  [
    "a misspelt hook, in its place",
    manifest({ container: "\n          lifecycle: { preStopHook: { sleep: { seconds: 9 } } } # drains" }),
    manifest({ container: `${hook} # drains` }),
  ],
  [
    "in block style, with its comments",
    manifest({
      container:
        "\n          lifecycle:\n            # drains\n            prestop: # slowly\n              sleep:\n                seconds: 9",
    }),
    manifest({
      container:
        "\n          lifecycle:\n            # drains\n            preStop: # slowly\n              sleep:\n                seconds: 9",
    }),
  ],
  [
    "a hook on the container",
    manifest({ container: "\n          preStop: { sleep: { seconds: 9 } }\n          image: web" }),
    manifest({
      container:
        "\n          image: web\n          lifecycle:\n            preStop:\n              sleep:\n                seconds: 9",
    }),
  ],
  [
    "a command without exec",
    manifest({ container: "\n          lifecycle: { preStop: { command: [sleep, '9'] } }" }),
    manifest({ container: '\n          lifecycle: { preStop: { exec: { command: [ sleep, "9" ] } } }' }),
  ],
  [
    "a lifecycle in another case",
    manifest({ container: "\n          lifeCycle: { preStop: { sleep: { seconds: 9 } } }" }),
    manifest({ container: hook }),
  ],
  [
    "a lifecycle of the Pod",
    manifest({ container: "\n          image: web", pod: "\n      lifecycle: { preStop: { sleep: { seconds: 9 } } }" }),
    manifest({
      container:
        "\n          image: web\n          lifecycle:\n            preStop:\n              sleep:\n                seconds: 9",
    }),
  ],
  [
    "a grace period in the Deployment's spec",
    manifest({ container: hook, spec: "\n  terminationGracePeriodSeconds: 60" }),
    manifest({ container: hook, pod: grace }),
  ],
  [
    "on the container",
    manifest({ container: `${hook}\n          terminationGracePeriodSeconds: 60` }),
    manifest({ container: hook, pod: grace }),
  ],
  [
    "the same in several places",
    manifest({
      container: `${hook}\n          terminationGracePeriodSeconds: 60`,
      spec: "\n  gracePeriodSeconds: 60",
      pod: "\n      terminationGracePeriod: 60",
    }),
    manifest({ container: hook, pod: grace }),
  ],
  [
    "a misspelt one",
    manifest({ container: hook, pod: "\n      terminationGracePeriod: 60" }),
    manifest({ container: hook, pod: grace }),
  ],
  [
    "a misspelt one that is too short",
    manifest({ container: hook, pod: "\n      terminationGracePeriod: 9 # s" }),
    manifest({ container: hook, pod: `${grace.replace("60", "19")} # s` }),
  ],
  [
    "a hook that is too short, and then too long for the grace period",
    manifest({ container: "\n          lifecycle: { preStopHook: { exec: { command: [sleep, '2'] } } }", pod: grace }),
    manifest({ container: "\n          lifecycle: { preStop: { exec: { command: [sleep, '5'] } } }", pod: grace }),
  ],
  [
    "a hook that is too long",
    manifest({ container: "\n          lifecycle: { preStopHook: { exec: { command: [sleep, '40'] } } }" }),
    manifest({
      container: "\n          lifecycle: { preStop: { exec: { command: [sleep, '40'] } } }",
      pod: grace.replace("60", "50"),
    }),
  ],
];

/** What isn't plain, and is only named. */
const left: [what: string, text: string][] = [
  ["a hook beside one", manifest({ container: hook.replace("preStop:", "preStopHook: { exec: {} }, preStop:") })],
  ["a hook that isn't an object", manifest({ container: `${hook}\n          preStop: sleep 5` })],
  [
    "two grace periods",
    manifest({ container: `${hook}\n          terminationGracePeriodSeconds: 40`, spec: "\n  gracePeriodSeconds: 60" }),
  ],
  ["one beside the right one", manifest({ container: hook, pod: `${grace}\n      gracePeriodSeconds: 70` })],
  ["one of text", manifest({ container: hook, pod: "\n      gracePeriodSeconds: soon" })],
  ["one of no time", manifest({ container: hook, pod: "\n      gracePeriodSeconds: 0" })],
  ["one of many values", manifest({ container: hook, pod: "\n      gracePeriodSeconds: [60]" })],
  [
    "a lifecycle of two containers' Pod",
    manifest({
      container: `${hook}\n        - name: b${hook}`,
      pod: "\n      lifecycle: { preStop: { sleep: { seconds: 9 } } }",
    }),
  ],
];

describe("check --fix moves", () => {
  for (const [what, before, after] of moved) {
    it(what, async () => {
      const { stdout, stderr } = await run(before);
      assert.equal(stdout, after);
      assert.match(stderr, /^ +repaired +apisix-rollout-advice$/m);
      assert.doesNotMatch(stderr, /field-dropped/);
      assert.equal((await run(stdout)).stdout, stdout);
    });
  }
  for (const [what, text] of left) {
    it(`not ${what}`, async () => {
      const { stdout, stderr } = await run(text);
      assert.equal(stdout, text);
      assert.match(stderr, /field-dropped/);
    });
  }

  it("nothing that is excused, or isn't known to be routed", async () => {
    const text = manifest({ container: hook, pod: "\n      terminationGracePeriod: 60" });
    const routed = 'routed: "true"';
    const ignored = `${routed}, ignore.apisix-graceful-termination/apisix-rollout-advice: an operator reads it`;
    for (const other of [ignored, 'routed: "false"']) {
      const own = text.replace(routed, other);
      assert.equal((await run(own)).stdout, own);
    }
  });

  it("in JSON", async () => {
    const { stdout } = await run(JSON.stringify(parse(moved[0]?.[1] ?? "")));
    assert.equal(stdout, JSON.stringify(parse(moved[0]?.[2] ?? "")));
  });

  it("in any layout, or leaves the object as it is and says so", async () => {
    const seconds = fc.integer({ min: 1, max: 90 });
    const handler = fc.oneof(
      seconds.map((n) => ({ sleep: { seconds: n } })),
      seconds.map((n) => ({ exec: { command: ["sleep", String(n)] } })),
    );
    const period = fc.constantFrom("terminationGracePeriodSeconds", "gracePeriodSeconds", "terminationGracePeriod");
    const some = (name: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>) =>
      fc.dictionary(name, value, { maxKeys: 1 });
    const names = (...all: string[]) => fc.constantFrom(...all);
    const workloads = fc.array(
      fc
        .record({
          spec: some(period, seconds),
          pod: some(period, seconds),
          container: fc.oneof(some(period, seconds), some(names("preStop", "prestop"), handler)),
          lifecycle: some(names("preStop", "preStopHook", "prestop"), handler),
          name: names("lifecycle", "lifeCycle"),
        })
        .map(({ spec, pod, container, lifecycle, name }) => ({
          ...spec,
          template: { spec: { ...pod, containers: [{ name: "web", ...container, [name]: lifecycle }] } },
        })),
      { minLength: 1, maxLength: 3 },
    );
    const objectsOf = (text: string) => {
      const { objects, problems } = readText(text, "-");
      return problems.length > 0 ? undefined : objects.map(({ resource }) => resource.props);
    };
    let repaired = 0;
    await fc.assert(
      fc.asyncProperty(
        workloads.chain((specs) =>
          arbitraryYaml(
            specs.map((spec, i) => ({
              apiVersion: "apps/v1",
              kind: "Deployment",
              metadata: { name: `web-${i}`, annotations: { "apisix-graceful-termination/routed": "true" } },
              spec,
            })),
          ),
        ),
        async (text) => {
          const before = objectsOf(text);
          if (!before) return;
          const wanted = objectsOf(
            (await run(JSON.stringify({ apiVersion: "v1", kind: "List", items: before }, undefined, 2))).stdout,
          );
          const fixed = await run(text);
          const after = objectsOf(fixed.stdout) ?? [];
          assert.equal(after.length, before.length);
          for (const [i, object] of after.entries()) {
            if (isDeepStrictEqual(object, before[i])) continue;
            assert.deepEqual(object, wanted?.[i]);
            repaired++;
          }
          const isLeft = after.some((object, i) => !isDeepStrictEqual(object, wanted?.[i]));
          if (isLeft) assert.match(fixed.stderr, /^warning: .* is not repaired: /m);
        },
      ),
      { numRuns: 60 },
    );
    assert.ok(repaired > 40, `${repaired} repaired`);
  });
});
