/** The JSON schema of a policy config file, for editors: schemas/policy-config.schema.json, from the settings' schema. */
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { stackPolicies } from "../policies/list";
import { levels as allLevels, policyNames, settingsOf, settingsSchema } from "../src/settings/schema";

export const configSchemaFile = join(__dirname, "..", "schemas", "policy-config.schema.json");

/** The schema as text. */
export async function configSchemaText(): Promise<string> {
  return format(JSON.stringify(policyConfigSchema()), { ...(await resolveConfig(configSchemaFile)), parser: "json" });
}

function policyConfigSchema(): object {
  const policies = policyNames.map((policy) => {
    // A stack policy can't repair: the engine takes `remediate` as `mandatory`.
    const levels = stackPolicies.some(({ name }) => name === policy)
      ? allLevels.filter((level) => level !== "remediate")
      : allLevels;
    const settings = settingsOf(policy).map((name) => [name, { $ref: `#/definitions/${name}` }] as const);
    return [policy, levelOrObject(levels, Object.fromEntries(settings))] as const;
  });
  const informing = stackPolicies
    .filter(({ enforcementLevel }) => enforcementLevel !== "mandatory")
    .map(({ name }) => name);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: "https://github.com/apisix-graceful-termination/apisix-graceful-termination/blob/main/schemas/policy-config.schema.json",
    title: "Policy config of apisix-graceful-termination",
    description: "What --policy-pack-config and policy groups take.",
    type: "object",
    properties: {
      all: { description: "the level of every policy that has none of its own", ...levelOrObject(allLevels, {}) },
      environments: {
        description: "ESC environments whose policyConfig goes under this config",
        type: "array",
        items: { type: "string" },
      },
      ...Object.fromEntries(policies),
    },
    additionalProperties: false,
    // "all": "remediate" would make the stack policies that only inform block.
    if: {
      required: ["all"],
      properties: {
        all: {
          anyOf: [
            { const: "remediate" },
            {
              type: "object",
              required: ["enforcementLevel"],
              properties: { enforcementLevel: { const: "remediate" } },
            },
          ],
        },
      },
    },
    then: {
      required: informing,
      properties: Object.fromEntries(
        informing.map((policy) => [policy, { anyOf: [{ type: "string" }, { required: ["enforcementLevel"] }] }]),
      ),
    },
    definitions: settingsSchema.properties,
  };
}

function levelOrObject(levels: readonly string[], settings: object): object {
  const level = { enum: levels };
  return {
    oneOf: [
      level,
      { type: "object", properties: { enforcementLevel: level, ...settings }, additionalProperties: false },
    ],
  };
}
