/** Mutants that no test can notice, as nothing changes: each with the reason. */
export interface Equivalent {
  file: string;
  /** The whole line, trimmed. */
  code: string;
  before: string;
  after: string;
  why: string;
}

export const equivalent: readonly Equivalent[] = [
  {
    file: "policies/adapter.ts",
    code: "for (const finding of assessment.findings(policy.name, true).filter(isOwn(policy))) {",
    before: "true",
    after: "false",
    why: "What isn't reported is computed, and left out by isOwn.",
  },
  {
    file: "src/assess/alone.ts",
    code: 'const key = facts.containers === "serving" ? JSON.stringify(serving) : "";',
    before: 'facts.containers === "serving"',
    after: "true",
    why: "It is computed again: slower, and the same.",
  },
  {
    file: "src/assess/alone.ts",
    code: "if (!answer) {",
    before: "!answer",
    after: "true",
    why: "It is computed again: slower, and the same.",
  },
  {
    file: "src/assess/alone.ts",
    code: "judged.set(key, answer);",
    before: "judged.set(key, answer);",
    after: ";",
    why: "It is computed again: slower, and the same.",
  },
  {
    file: "src/assess/alone.ts",
    code: "if (!repair || (onlyReported && evidence === undefined)) return [];",
    before: "!repair || (onlyReported && evidence === undefined)",
    after: "!repair",
    why: "What isn't reported is computed, and left out by the policies.",
  },
  {
    file: "src/assess/assess.ts",
    code: "if (deployed === planned) for (const of of considered.values()) add(allFindings(considerAlone(of, knowledge, today)));",
    before: "deployed === planned",
    after: "false",
    why: "It is computed again: slower, and the same.",
  },
  {
    file: "src/assess/catalog-file.ts",
    code: "if (!known) {",
    before: "!known",
    after: "true",
    why: "It is computed again: slower, and the same.",
  },
  {
    file: "src/assess/catalog-file.ts",
    code: "files.set(path, known);",
    before: "files.set(path, known);",
    after: ";",
    why: "It is computed again: slower, and the same.",
  },
  {
    file: "src/routing/follow/arrivals.ts",
    code: "const timeout = Math.max(one.timeout ?? -1, other.timeout ?? -1);",
    before: "1",
    after: "2",
    why: "Any negative number stands for none.",
  },
  {
    file: "src/routing/apisix/duration.ts",
    code: "total += Number(amount) * (seconds[unit] ?? 0);",
    before: "0",
    after: "1",
    why: "The pattern has the table's units only.",
  },
  {
    file: "src/routing/follow/arrive.ts",
    code: 'const property = path.split(".")[0] ?? "";',
    before: 'path.split(".")[0] ?? ""',
    after: 'path.split(".")[0]',
    why: "Every text has a first part; the other is for the types.",
  },
];
