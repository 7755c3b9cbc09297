/**
 * The JSON schemas of what people write, for editors, from the settings' schema: schemas/policy-config.schema.json, and
 * schemas/config.schema.json of the command line's config file.
 */
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { stackPolicies } from "../policies/list";
import { configFileSchema } from "../src/cli/config-schema";
import { levels as allLevels, policyNames, settingsOf, settingsSchema } from "../src/settings/schema";

const schemaFile = (name: string) => join(__dirname, "..", "schemas", name);

/** Each schema's file, with its text. */
export async function configSchemas(): Promise<[file: string, text: string][]> {
  const schemas = { "policy-config.schema.json": policyConfigSchema(), "config.schema.json": configSchema() };
  const written = Object.entries(schemas).map(async ([name, schema]): Promise<[string, string]> => {
    const file = schemaFile(name);
    return [file, await format(JSON.stringify(schema), { ...(await resolveConfig(file)), parser: "json" })];
  });
  return Promise.all(written);
}

/** Complete in itself: editors don't follow references to other files everywhere. */
function configSchema(): object {
  const { $schema, definitions, type, properties, additionalProperties, if: condition, then } = policyConfigSchema();
  return {
    $schema,
    $id: "https://github.com/apisix-graceful-termination/apisix-graceful-termination/blob/main/schemas/config.schema.json",
    title: "Config file of apisix-graceful-termination",
    description: "What `check` takes from apisix-graceful-termination.yaml.",
    ...configFileSchema,
    properties: {
      ...configFileSchema.properties,
      settings: {
        ...configFileSchema.properties.settings,
        ...{ type, properties, additionalProperties, if: condition, then },
      },
    },
    definitions,
  };
}

function policyConfigSchema() {
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
