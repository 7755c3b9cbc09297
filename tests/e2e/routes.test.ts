import assert from "node:assert/strict";
import { join } from "node:path";
import { openStack, programIn, run, startEngine } from "../../tools/pulumi";

const project = join(__dirname, "..", "..", "examples", "routes");

describe("examples/routes on a real Pulumi engine", () => {
  it("prints the path of each route, and blames nothing else", async () => {
    const engine = await startEngine();
    try {
      const stack = await openStack({ engine, program: programIn(project) });
      const { succeeded, output, events } = await run(stack, "preview", {
        policyPackConfig: join(project, "mandatory.json"),
      });
      assert.equal(succeeded, false);
      const reports = events.flatMap(({ policyEvent }) => policyEvent ?? []);
      const violations = reports.filter(({ enforcementLevel }) => enforcementLevel === "mandatory");
      const chains = violations.map(({ message }) => message.split("\n").find((line) => line.includes(" › ")));
      assert.deepEqual(
        chains.sort(),
        [
          "ApisixRoute shop/catalog › Service shop/catalog:80 › Deployment shop/catalog",
          "Ingress shop/checkout › Service shop/checkout:80 › Deployment shop/checkout",
          "HTTPRoute shop/inventory › Service stock/inventory:80 › Deployment stock/inventory",
        ].sort(),
        output,
      );
      // What is true of the stack is advice, and reported once.
      const advice = reports.filter((report) => !violations.includes(report));
      assert.deepEqual(
        advice.map(({ policyName, message }) => [policyName, message.split("#").at(-1)?.trim()]),
        [["apisix-rollout-advice", "controller-line"]],
      );
    } finally {
      engine.close();
    }
  });
});
