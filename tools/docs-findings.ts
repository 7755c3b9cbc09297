/**
 * Writes docs/findings.md from the table of messages: a section for each code, where the address at the end of a message
 * leads.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { codes, explain } from "../src/assess";
import { policyNames } from "../src/settings/schema";

export const findingsPage = join(__dirname, "..", "docs", "findings.md");

/** The page as the messages say. */
export async function findingsText(): Promise<string> {
  const sections = codes.map((code) => {
    const found = explain(code);
    if (!found) throw new Error(`${code}: no message`);
    const { policies, why, example } = found;
    const links = policies.map((policy) => `[\`${policy}\`](policies/${policy}.md)`).join(", ");
    const said = [example.what, ...example.evidence, `Fix: ${example.fix}`].join("\n");
    return `## ${code}\n\nReported by ${links}.\n\n\`\`\`text\n${said}\n\`\`\`\n\n${escaped(why)}\n`;
  });
  const index = policyNames.map((policy) => {
    const own = codes.filter((code) => explain(code)?.policies.includes(policy));
    return `- [\`${policy}\`](policies/${policy}.md): ${own.map((code) => `[${code}](#${code})`).join(", ")}`;
  });
  const text = `# Findings

<!-- Written by tools/docs-findings.ts from src/assess/messages.ts: \`npm run docs:findings\`. -->

Each finding has a code. It is the last part of the address at the end of a message, and a field in every report.
\`apisix-graceful-termination explain CODE\` prints the same as this page.

${index.join("\n")}

${sections.join("\n")}`;
  return format(text, { ...(await resolveConfig(findingsPage)), parser: "markdown" });
}

/** Names of fields and annotations as they are: no emphasis, no HTML. */
function escaped(text: string): string {
  return text.replace(/[*_<>]/g, "\\$&");
}

if (require.main === module) void findingsText().then((text) => writeFileSync(findingsPage, text));
