/** The keys of a config file, as a JSON schema: schemas/config.schema.json is made of it. */
export const configFileSchema = {
  type: "object",
  properties: {
    $schema: { description: "this schema's address, for editors", type: "string" },
    settings: { description: "the policies' settings, as in a policy pack config", type: "object" },
    exclude: {
      description: "what is not read: patterns as in a .gitignore in this file's folder",
      type: "array",
      items: { type: "string", minLength: 1 },
    },
    baseline: {
      description: "a report of an earlier run, from `check --format json`: what is in it doesn't fail",
      type: "string",
      minLength: 1,
    },
    failOn: {
      description: "the level of findings that end with exit code 1",
      enum: ["advisory", "mandatory", "none"],
      default: "mandatory",
    },
  },
  additionalProperties: false,
} as const;
