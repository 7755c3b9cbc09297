import type { Excuse } from "../src/settings/exemptions";
import type { PolicyName } from "../src/settings/schema";
import type { Finding } from "../src/shutdown/judge";

/** The documentation on the main branch, which may be ahead of this version. */
const repository = "https://github.com/apisix-graceful-termination/apisix-graceful-termination";

/** The page of a policy, within the documentation. */
export function docsPath(policy: PolicyName): string {
  return `docs/policies/${policy}.md`;
}

export function docsUrl(policy: PolicyName): string {
  return `${repository}/blob/main/${docsPath(policy)}`;
}

/** One finding, one message: what is wrong, the evidence, what to do. */
export function message(
  policy: PolicyName,
  finding: Pick<Finding, "what" | "fix">,
  evidence: string,
  excuses: readonly Excuse[] = [],
): string {
  const lapsed = excuses
    .filter((excuse) => excuse.void !== undefined)
    .map((excuse) => `Its exemption (${excuse.source}) doesn't hold: ${excuse.void}.`);
  return [finding.what, evidence, ...lapsed, `Fix: ${finding.fix} ${docsPath(policy)}`]
    .filter((line) => line !== "")
    .join("\n");
}
