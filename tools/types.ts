/**
 * Writes the TypeScript types of the settings, the route catalog, measurements and the report from their schemas.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile, type JSONSchema } from "json-schema-to-typescript";
import { format, resolveConfig } from "prettier";
import catalogSchema from "../schemas/catalog.schema.json";
import measurementSchema from "../schemas/measurement.schema.json";
import reportSchema from "../schemas/report.schema.json";
import { settingsSchema } from "../src/settings/schema";

interface TypesFile {
  /** From the root of the repository. */
  file: string;
  /** The file that states it. */
  from: string;
  schema: object;
  imports?: string;
}

export const typesFiles: readonly TypesFile[] = [
  {
    file: "src/settings/types.ts",
    from: "src/settings/schema.ts",
    schema: {
      title: "Settings",
      description: "Settings as a user writes them: every one is optional.",
      ...settingsSchema,
    },
    imports: 'import type { CatalogEntry } from "../schema/catalog";',
  },
  { file: "src/schema/catalog.ts", from: "schemas/catalog.schema.json", schema: catalogSchema },
  { file: "src/schema/measurement.ts", from: "schemas/measurement.schema.json", schema: measurementSchema },
  { file: "src/report/types.ts", from: "schemas/report.schema.json", schema: reportSchema },
];

const root = join(__dirname, "..");

/** The file's text as its schema says. */
export async function typesText({ file, from, schema, imports = "" }: TypesFile): Promise<string> {
  const text = await compile(forPrint(schema, imports) as JSONSchema, "", {
    additionalProperties: false,
    bannerComment: `// Written by tools/types.ts from ${from}: \`npm run types\`.\n${imports}`,
    format: false,
    unknownAny: true,
  });
  return format(text, { ...(await resolveConfig(join(root, file))), parser: "typescript" });
}

/** The schema as it reads well in an editor: with defaults in the comments; what is imported by its name. */
function forPrint(schema: unknown, imports: string): unknown {
  if (Array.isArray(schema)) return schema.map((each) => forPrint(each, imports));
  if (typeof schema !== "object" || schema === null) return schema;
  const { title, description, default: byDefault } = schema as Record<string, unknown>;
  if (typeof title === "string" && imports.includes(` ${title} `)) return { tsType: title };
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, forPrint(value, imports)]));
  if (byDefault === undefined) return copy;
  return { ...copy, description: `${String(description)}\n\n@default ${JSON.stringify(byDefault)}` };
}

export function currentText({ file }: TypesFile): string {
  return readFileSync(join(root, file), "utf8");
}

async function main(): Promise<void> {
  for (const one of typesFiles) writeFileSync(join(root, one.file), await typesText(one));
}

if (require.main === module) void main();
