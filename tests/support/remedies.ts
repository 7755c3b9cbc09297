/**
 * The golden cases of the remedies: `tests/shutdown/remedies/<case>.yaml`, each an object as it comes in, settings that
 * differ from the defaults, and the object as it goes out (left out where nothing changes).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { fromManifest } from "../../src/kubernetes/resource";
import { readWorkload } from "../../src/kubernetes/workload";
import { requirementOf } from "../../src/assess/workload";
import type { Settings } from "../../src/settings/schema";
import { defaults } from "../../src/settings/settings";
import { apply, graceRemedy, sleepRemedy, type Edit } from "../../src/shutdown/remedy";

export interface RemedyCase {
  /** The file's name without `.yaml`. */
  name: string;
  input: Record<string, unknown>;
  settings: Settings;
  output: Record<string, unknown>;
}

const folder = join(__dirname, "..", "shutdown", "remedies");

export function loadRemedies(): RemedyCase[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return files.sort().map((file) => {
    const { input, settings = {}, output = input } = load(readFileSync(join(folder, file), "utf8")) as RemedyCase;
    return { name: file.slice(0, -".yaml".length), input, settings, output };
  });
}

/** Repairs a manifest in place as the two resource policies do, one after the other. Returns the edits that it made. */
export function repair(manifest: unknown, settings: Settings = {}): Edit[] {
  const resolved = defaults(settings);
  const requirement = requirementOf(resolved, { problems: [] });
  // Read again for the second policy: in Pulumi each of them gets the resource as the one before has left it.
  const read = () => {
    const resource = fromManifest(manifest, "case.yaml#0");
    return resource && readWorkload(resource);
  };
  const edits: Edit[] = [];
  for (const remedy of [
    (workload: NonNullable<ReturnType<typeof read>>) => sleepRemedy(workload.pod, requirement),
    (workload: NonNullable<ReturnType<typeof read>>) => graceRemedy(workload.pod, requirement),
  ]) {
    const workload = read();
    const made = workload ? remedy(workload) : [];
    apply(made);
    edits.push(...made);
  }
  return edits;
}
