/** An organization publishes the pack, and the engine of a governed stack downloads, installs and runs it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { write } from "../support/folder";
import { startOrganization, type Organization } from "./governed";
import { root } from "./support";

describe("a policy group", function () {
  this.timeout(600_000);
  const project = join(root, "examples", "routes");
  let acme: Organization;
  let machine: Record<string, string>;
  before(async () => {
    acme = await startOrganization();
    machine = acme.newMachine();
  });
  after(() => acme.close());

  it("takes the pack that is published from a checkout", async () => {
    await acme.pulumi(["policy", "publish", "acme"], root);
    const [pack] = acme.service.packs;
    assert.deepEqual([pack?.name, pack?.versionTag, pack?.isComplete], ["apisix-graceful-termination", "0.1.0", true]);
    assert.ok(pack?.policies.some(({ name }) => name === "apisix-routed-workloads"));
  });

  it("has it enabled with a config", async () => {
    const config = { "pre-stop-sleep": { enforcementLevel: "remediate", select: "all", sleepSeconds: 15 } };
    write(acme.engine.folder, { "production.json": config });
    const args = ["policy", "enable", "acme/apisix-graceful-termination", "0.1.0", "--policy-group", "production"];
    await acme.pulumi([...args, "--config", join(acme.engine.folder, "production.json")], root);
    assert.deepEqual(acme.service.enabled[0]?.config, config);
  });

  it("governs a stack's preview on a machine that has nothing yet", async () => {
    const { succeeded, output, events } = await acme.preview(project, machine);
    assert.equal(succeeded, true, `${output}\n${acme.service.unknown.join("\n")}`);
    assert.match(output, /apisix-graceful-termination@v0\.1\.0/);
    assert.ok(output.includes("[remediate]"), output);
    assert.ok(JSON.stringify(events).includes('"sleep":{"seconds":15}'), "the group's own sleepSeconds");
  });

  it("blocks each stack, in the pack's own words, with a config that the pack refuses", async () => {
    acme.service.enabled[0]!.config = { "pre-stop-sleep": { enforcementLevel: "advisory", sleepSecond: 15 } };
    const { succeeded, output } = await acme.preview(project, machine);
    assert.equal(succeeded, false);
    assert.match(output, /pre-stop-sleep › sleepSecond: no such setting; did you mean "sleepSeconds"\?/);
  });

  it("is asked for nothing that its double doesn't answer", () => {
    assert.deepEqual(acme.service.unknown, []);
  });
});
