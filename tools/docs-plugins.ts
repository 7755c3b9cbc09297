/** Writes the list of plugins in docs/routing.md from the table of their hosts, between two comments. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { withWritten } from "./written-part";
import { apisixVersion, pluginHosts, type HostField } from "../src/routing/apisix/plugin-hosts";

export const routingPage = join(__dirname, "..", "docs", "routing.md");

const start =
  "<!-- Written by tools/docs-plugins.ts from src/routing/apisix/plugin-hosts.ts: `npm run docs:plugins`. -->";

/** The page with the list as the table says. */
export async function routingText(): Promise<string> {
  const text = readFileSync(routingPage, "utf8");
  const rows = Object.entries(pluginHosts).flatMap(([plugin, fields]) =>
    fields.map((field) => `| \`${plugin}\` | ${place(field)} | ${field.told ? "no" : "yes"} |`),
  );
  const list = `The plugins of APISIX ${apisixVersion}:

| plugin | host | a request waits for it |
|---|---|---|
${rows.join("\n")}

`;
  return format(withWritten(text, start, list, routingPage), {
    ...(await resolveConfig(routingPage)),
    parser: "markdown",
  });
}

function place({ url, map, metadata, only }: HostField): string {
  return [
    map ? `keys of \`${url}\`` : `\`${url}\``,
    metadata ? " of the metadata" : "",
    only ? ` with \`${only.join(": ")}\`` : "",
  ].join("");
}

if (require.main === module) void routingText().then((text) => writeFileSync(routingPage, text));
