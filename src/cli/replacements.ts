/** What `--fix` would write for a finding, for reports that offer it: SARIF's fixes. */
import type { Finding as Judged } from "../assess";
import type { Finding, Replacement, ReplacementsOf } from "../report";
import type * as Fixes from "./fix";
import { linesOf } from "./lines";
import { fixesByFile, type WorkloadFix } from "./repair";

/** @param judged what each finding of the report was made of */
export function replacementsFor(
  judged: ReadonlyMap<Finding, Judged>,
  fixes: readonly WorkloadFix[],
  texts: ReadonlyMap<string, string>,
): ReplacementsOf {
  // Loaded on first use, like the repairs themselves.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { replacementsOf: textReplacements } = require("./fix") as typeof Fixes;
  const byWorkload = new Map<string, { fix: WorkloadFix; replacements: Replacement[] }>();
  for (const [file, inFile] of fixesByFile(fixes)) {
    const text = texts.get(file) ?? "";
    const place = linesOf(text);
    for (const [fix, found] of textReplacements(text, inFile)) {
      const replacements = found.map(({ start, end, text }) => {
        const [from, to] = [place(start), place(end)];
        return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column, text };
      });
      byWorkload.set(fix.object.resource.urn, { fix, replacements });
    }
  }
  return (finding) => {
    const one = judged.get(finding);
    const own = byWorkload.get(one?.subject?.id ?? "");
    return one && own && isMended(one, own.fix.mends) ? own.replacements : undefined;
  };
}

/** Is what a finding asks for among the parts that a repair mends? */
function isMended({ fixes = [] }: Judged, mends: readonly string[]): boolean {
  return fixes.some((fix) => {
    if (fix.do === "set-grace") return mends.includes("");
    return (fix.do === "set-hook" || fix.do === "sleep-first") && mends.includes(fix.container);
  });
}
