/** `explain`: what a finding's code stands for. */
import { codes, explain as explanationOf, pageOf, type FindingText } from "../assess";
import { firstSentence, jsonText } from "../report/plain";
import { closeTo } from "../schema/did-you-mean";
import { exitCodes, type Io } from "./io";
import { UsageError } from "./sources";

export interface ExplainOptions {
  list?: boolean;
  json?: boolean;
}

interface Explanation {
  code: string;
  /** The policies that report it. */
  policies: readonly string[];
  why: string;
  /** A finding in the pack's words: what is wrong, and what to do. */
  example: Pick<FindingText, "what" | "fix">;
  /** The address of its page. */
  url: string;
}

/** @param code without it, all codes are listed */
export function explain(code: string | undefined, { list = false, json = false }: ExplainOptions, io: Io): number {
  if (code !== undefined && list) throw new UsageError("--list lists all codes: leave the code or --list out");
  const all = explanations();
  const chosen = code === undefined ? all : all.find((one) => one.code === code);
  if (!chosen) {
    const meant = closeTo(code ?? "", codes);
    throw new UsageError(
      `explain ${code}: no such code; ${meant === undefined ? "`explain --list` lists them" : `did you mean "${meant}"?`}`,
    );
  }
  if (json) io.stdout(jsonText(chosen));
  else io.stdout(chosen instanceof Array ? listText(chosen) : explanationText(chosen));
  return exitCodes.clean;
}

/** Of every code, in the order of the docs. */
function explanations(): Explanation[] {
  return codes.flatMap((code) => {
    const known = explanationOf(code);
    if (!known) return [];
    const { what, fix } = known.example;
    return [{ code, policies: known.policies, why: known.why, example: { what, fix }, url: pageOf(code) }];
  });
}

function listText(all: readonly Explanation[]): string {
  const width = Math.max(...all.map(({ code }) => code.length));
  return all.map(({ code, example }) => `${code.padEnd(width)}  ${firstSentence(example.what)}\n`).join("");
}

function explanationText({ code, policies, why, example, url }: Explanation): string {
  const by = `${policies.length === 1 ? "the policy" : "the policies"} ${policies.join(" and ")}`;
  return `${code}: reported by ${by}

Why: ${why}

Example: ${example.what}
Fix: ${example.fix}

${url}
`;
}
