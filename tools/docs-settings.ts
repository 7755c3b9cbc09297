/** Writes what is made of the settings' schema: docs/settings.md, and the JSON schemas of config files. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { configSchemas } from "./config-schema";
import {
  exemptionSchema,
  factNames,
  ownSettings,
  policyNames,
  settingsSchema,
  workloadKindSchema,
  type SettingName,
} from "../src/settings/schema";

const settingsPage = join(__dirname, "..", "docs", "settings.md");

interface Schema {
  description?: string;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  items?: Schema;
}

/** The page as the schema says. */
async function settingsText(): Promise<string> {
  const rows = Object.entries(settingsSchema.properties).map(([name, schema]: [string, Schema]) => {
    const of = policyNames.filter((policy) => (ownSettings[policy] as readonly string[]).includes(name));
    const policies = of.length === policyNames.length ? "each" : of.map((policy) => `\`${policy}\``).join(", ");
    const isFact = (factNames as readonly string[]).includes(name);
    return row([
      `\`${name}\``,
      isFact ? "the pack" : policies,
      values(name as SettingName, schema),
      byDefault(schema),
      schema.description ?? "",
    ]);
  });
  const exemption = fieldRows(exemptionSchema);
  const text = `# Settings

<!-- Written by tools/docs-settings.ts from src/settings/schema.ts: \`npm run docs:settings\`. -->

Settings are given in a policy pack config or a policy group. Most are facts about the cluster, the organization and the
app. Every policy takes every fact, and a fact given to one policy holds for the whole pack; two different values are an
error.

\`\`\`json
{ "pre-stop-sleep": { "sleepSeconds": 10, "shutdownSeconds": 30 }, "apisix-rollout-advice": "disabled" }
\`\`\`

Beside the facts a policy takes \`enforcementLevel\` (\`remediate\`, for resource policies only, \`mandatory\`,
\`advisory\` or \`disabled\`), and the settings that are its own. An organization's defaults are the first argument of
\`createPack\`; see [organization.md](organization.md).

${[row(["setting", "holds for", "values", "default", "meaning"]), row(["---", "---", "---", "---", "---"]), ...rows].join("\n")}

What the table can't say is checked, too: \`sleepSeconds\` and \`shutdownSeconds\` fit into \`maxGracePeriodSeconds\`,
\`hook: "sleep"\` has a \`kubernetesVersion\` of 1.30 or later, globs are valid, dates exist. Unknown policies
and settings are refused, with the closest name. All problems come in one error, before anything is judged.
\`apisix-graceful-termination settings check FILE\` finds them in CI; for editors there is
[a JSON schema](../schemas/policy-config.schema.json). See [organization.md](organization.md#check-the-config-in-ci).

## Kinds of workloads

An element of \`workloads\`:

${[row(["field", "required", "meaning"]), row(["---", "---", "---"]), ...fieldRows(workloadKindSchema)].join("\n")}

\`\`\`json
{ "pre-stop-sleep": { "workloads": [{ "apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig" }] } }
\`\`\`

Such a kind is followed, judged and repaired as a Deployment is. How a change of its Pod template reaches the Pods that
run is known of DeploymentConfigs alone. \`check --cluster\` lists these kinds, too, so
[its role](cluster-role.yaml) has to allow it. A kind that keeps Pod templates in a list, or several of them, can't be
named.

## Exemptions

An element of \`exempt\`:

${[row(["field", "required", "meaning"]), row(["---", "---", "---"]), ...exemption].join("\n")}

At least one of \`namespace\`, \`name\`, \`kind\` and \`labels\` says what it excuses; all that are given have to match.

A glob is a name with \`*\` for any text, \`?\` for one character, \`[a-z]\` or \`[!a-z]\` for one of a set or of all
others, and \`{a,b}\` for one of several; \`!(a|b)\` as its end is everything else, such as \`!(kube-*)\`. A \`\\\` makes a
character itself. Anything else is refused with the settings.
`;
  return format(text, { ...(await resolveConfig(settingsPage)), parser: "markdown" });
}

/** The fields of an object, each with whether it is required and what it means. */
function fieldRows({ properties, required }: { properties: Record<string, Schema>; required: readonly string[] }) {
  return Object.entries(properties).map(([name, { description = "" }]) =>
    row([`\`${name}\``, required.includes(name) ? "yes" : "", description]),
  );
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function values(name: SettingName, schema: Schema): string {
  if (name === "catalog") return "path, or list of Services";
  if (name === "workloads") return "list of [kinds](#kinds-of-workloads)";
  if (name === "exempt") return "list of [exemptions](#exemptions)";
  if (name === "kubernetesVersion") return "version, such as `1.34`";
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  const { minimum, maximum } = schema;
  if (schema.type === "integer") {
    return maximum === undefined ? `whole number from ${minimum}` : `whole number from ${minimum} to ${maximum}`;
  }
  return schema.type === "array" ? "list of strings" : String(schema.type);
}

function byDefault({ default: value }: Schema): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.length === 0 ? "`[]`" : value.map((each) => `\`${String(each)}\``).join(", ");
  return `\`${JSON.stringify(value).replace(/^"|"$/g, "")}\``;
}

/** Each generated file with its text. */
export async function generatedFiles(): Promise<[file: string, text: string][]> {
  return [[settingsPage, await settingsText()], ...(await configSchemas())];
}

async function main(): Promise<void> {
  for (const [file, text] of await generatedFiles()) {
    writeFileSync(file, text);
  }
}

if (require.main === module) void main();
