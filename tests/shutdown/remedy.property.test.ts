import { strict as assert } from "node:assert";
import fc from "fast-check";
import { hasNativeSleep } from "../../src/kubernetes/version";
import { getNumber, isKnown } from "../../src/kubernetes/values";
import { readPod } from "../../src/kubernetes/workload";
import { hookDelay } from "../../src/shutdown/hook";
import { judge, mendedGracePeriod, type Defect, type DefectCode, type Requirement } from "../../src/shutdown/judge";
import { apply, graceRemedy, sleepRemedy, type Edit } from "../../src/shutdown/remedy";
import { timeline } from "../../src/shutdown/timeline";
import { arbitraryPodSpec } from "../support/arbitrary-pods";

/** What an app gives itself, in seconds. */
const budget = fc.record({
  seconds: fc.oneof(fc.nat(90), fc.constant(1.5)),
  source: fc.constant("TIMEOUT"),
  isSure: fc.boolean(),
});

const rule = fc.record({
  sleepSeconds: fc.integer({ min: 1, max: 40 }),
  shutdownSeconds: fc.nat(60),
  kubernetesVersion: fc.constantFrom("1.28", "1.29", "1.30", "1.34"),
  maxGracePeriodSeconds: fc.option(fc.integer({ min: 100, max: 200 }), { nil: undefined }),
  concerns: fc.constantFrom<Requirement["concerns"]>(
    () => true,
    ({ name }) => name !== "c0",
  ),
  hook: fc.constantFrom("auto" as const, "exec" as const),
  budgetsOf: fc.dictionary(fc.constantFrom("c0", "c1", "i0"), fc.array(budget, { minLength: 1, maxLength: 2 })).map(
    (budgets): Requirement["budgetsOf"] =>
      ({ name }) =>
        (Object.hasOwn(budgets, name) && budgets[name]) || [],
  ),
  proxyBudget: fc.option(budget, { nil: undefined }),
}) as fc.Arbitrary<Requirement>;

function repair(spec: object, requirement: Requirement): Edit[] {
  const first = sleepRemedy(readPod(spec), requirement);
  apply(first);
  const second = graceRemedy(readPod(spec), requirement);
  apply(second);
  return [...first, ...second];
}

/** An object without the fields that edits wrote; a container's empty lifecycle goes, too. */
function without(spec: object, edits: readonly Edit[]): unknown {
  const hooks = new Set(
    edits.map(({ path }) => /^(.*)\.lifecycle/.exec(path)?.[1]).filter((path) => path !== undefined),
  );
  const copy = structuredClone(spec) as Record<string, unknown>;
  if (edits.some(({ path }) => path === "terminationGracePeriodSeconds")) delete copy.terminationGracePeriodSeconds;
  for (const path of hooks) {
    const [, list = "", index = ""] = /^(\w+)\[(\d+)\]$/.exec(path) ?? [];
    const container = (copy[list] as { lifecycle?: { preStop?: unknown } }[])[Number(index)];
    delete container?.lifecycle?.preStop;
    if (Object.keys(container?.lifecycle ?? {}).length === 0) delete container?.lifecycle;
  }
  return copy;
}

/** What every container's own hook takes and protects, at least. */
function delays(spec: object, { kubernetesVersion }: Requirement): number[] {
  const lines = timeline(readPod(spec), { kubernetesVersion })?.containers ?? [];
  return lines.flatMap(({ delay }) => [delay.atLeast, delay.protects.atLeast]);
}

/** Only these may be left, and why. */
const mayRemain: Partial<Record<DefectCode, (finding: Defect, spec: object, requirement: Requirement) => boolean>> = {
  // No remedy touches a hook that does more than sleep.
  "hook-too-short": isOther,
  "hook-stops-app": isOther,
  "hook-fails": (...of) => isOther(...of) || isMeantForLonger(...of),
  // No hook is known to work: an old cluster, and an image without a shell.
  "no-hook": isHopeless,
  "native-sleep-unsupported": (...of) => isHopeless(...of) || isMeantForLonger(...of),
  // A ceiling, or a hook that never ends beside it.
  "hook-never-ends": () => true,
  "grace-zero": isBeyond,
  "grace-too-short": isBeyond,
  "sleep-exceeds-grace": isBeyond,
};

function isOther(finding: Defect, spec: object, { kubernetesVersion }: Requirement): boolean {
  const line = timeline(readPod(spec), { kubernetesVersion })?.containers.find(
    (each) => each.container.name === finding.container,
  );
  return line !== undefined && (line.delay.repair.kind === "none" || isHopeless(finding, spec, { kubernetesVersion }));
}

/** A hook that doesn't work was meant to sleep for longer than the ceiling allows. */
function isMeantForLonger(finding: Defect, spec: object, requirement: Requirement): boolean {
  const { containers } = readPod(spec);
  const container = isKnown(containers) ? containers.find(({ name }) => name === finding.container) : undefined;
  if (!container) return false;
  const { repair } = hookDelay(container.preStop, container, requirement.kubernetesVersion);
  const meant = repair.kind === "replace" ? repair.meant : undefined;
  const native = getNumber(container.preStop, "sleep", "seconds");
  return (
    Math.max(meant ?? 0, Number(isKnown(native) ? (native ?? 0) : 0)) > (requirement.maxGracePeriodSeconds ?? Infinity)
  );
}

function isHopeless(
  finding: Defect,
  spec: object,
  { kubernetesVersion }: Pick<Requirement, "kubernetesVersion">,
): boolean {
  const { containers } = readPod(spec);
  const container = isKnown(containers) ? containers.find(({ name }) => name === finding.container) : undefined;
  const { image = "" } = (container?.body ?? {}) as { image?: string };
  return !hasNativeSleep(kubernetesVersion) && image.includes("distroless");
}

function isBeyond(_finding: Defect, spec: object, requirement: Requirement): boolean {
  const lines = timeline(readPod(spec), requirement)?.containers ?? [];
  const ends = lines.map(({ container, delay }) => {
    const { shutdownSeconds, budgetsOf } = requirement;
    const own = budgetsOf?.(container).map(({ seconds }) => seconds) ?? [];
    return (delay.atMost === Infinity ? delay.atLeast : delay.atMost) + Math.max(shutdownSeconds, ...own);
  });
  const longest = Math.max(...ends, requirement.proxyBudget?.seconds ?? 0);
  return longest > (requirement.maxGracePeriodSeconds ?? Infinity) || longest === Infinity;
}

/** Does nothing but the app's own time stand in the way of being certain? */
function isKnownToTheSecond(spec: object, requirement: Requirement): boolean {
  const lines = timeline(readPod(spec), requirement)?.containers ?? [];
  return lines.every(({ delay }) => delay.atLeast === delay.atMost);
}

describe("an app's own time", () => {
  it("never lowers what a Pod needs, and covers what it says", () => {
    fc.assert(
      fc.property(arbitraryPodSpec, rule, (spec, requirement) => {
        const line = timeline(readPod(spec), requirement);
        assert.ok(line);
        // Below a ceiling, a new sleep may be the shorter for it.
        const needed = (of: Requirement) => mendedGracePeriod(line, { ...of, maxGracePeriodSeconds: 1000 }) ?? Infinity;
        const raised = needed(requirement);
        assert.ok(raised >= needed({ ...requirement, budgetsOf: () => [], proxyBudget: undefined }));
        for (const { container } of line.containers) {
          if (!requirement.concerns(container)) continue;
          for (const { seconds } of requirement.budgetsOf?.(container) ?? []) assert.ok(raised >= seconds);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("remedies, of any Pod", () => {
  const runs = { numRuns: 300 };

  it("leave nothing certain that they could repair", () => {
    fc.assert(
      fc.property(arbitraryPodSpec, rule, (input, requirement) => {
        const spec = structuredClone(input);
        repair(spec, requirement);
        for (const finding of judge(readPod(spec), requirement)) {
          if (
            finding.code === "grace-may-be-too-short" &&
            finding.data.isAssumed &&
            isKnownToTheSecond(spec, requirement)
          )
            assert.ok(isBeyond(finding, spec, requirement), finding.code);
          if (!finding.certain) continue;
          // With the exec form wanted, an image without a shell gets no hook on any cluster.
          if (requirement.hook === "exec" && isHopeless(finding, spec, { kubernetesVersion: "1.28" })) continue;
          assert.ok(mayRemain[finding.code]?.(finding, spec, requirement), finding.code);
        }
      }),
      runs,
    );
  });

  it("change nothing when they run again", () => {
    fc.assert(
      fc.property(arbitraryPodSpec, rule, (input, requirement) => {
        const spec = structuredClone(input);
        repair(spec, requirement);
        assert.deepEqual(repair(spec, requirement), []);
      }),
      runs,
    );
  });

  it("make the same of a Pod, whichever comes first", () => {
    fc.assert(
      fc.property(arbitraryPodSpec, rule, (input, requirement) => {
        const [spec, other] = [structuredClone(input), structuredClone(input)];
        apply(sleepRemedy(readPod(spec), requirement));
        apply(graceRemedy(readPod(spec), requirement));
        apply(graceRemedy(readPod(other), requirement));
        apply(sleepRemedy(readPod(other), requirement));
        assert.deepEqual(other, spec);
      }),
      { numRuns: 1000 },
    );
  });

  it("lower no number, and change nothing but hooks and the grace period", () => {
    fc.assert(
      fc.property(arbitraryPodSpec, rule, (input, requirement) => {
        const spec = structuredClone(input);
        const edits = repair(spec, requirement);
        const grace = (of: Record<string, unknown>) => (of.terminationGracePeriodSeconds as number | undefined) ?? 30;
        assert.ok(grace(spec) >= grace(input));
        const after = delays(spec, requirement);
        for (const [i, seconds] of delays(input, requirement).entries()) assert.ok((after[i] ?? 0) >= seconds);
        assert.deepEqual(without(spec, edits), without(input, edits));
        const ceiling = Math.max(grace(input), requirement.maxGracePeriodSeconds ?? Infinity);
        assert.ok(grace(spec) <= ceiling);
      }),
      runs,
    );
  });

  it("make no Pod that the Kubernetes API would refuse of one that it accepts", () => {
    // Native sleeps fit into the grace period: the one rule of the API's that remedies have to do with.
    const fits = ({
      terminationGracePeriodSeconds = 30,
      containers = [],
      initContainers = [],
    }: Record<string, unknown>) =>
      [...(containers as Nested[]), ...(initContainers as Nested[])].every(
        ({ lifecycle }) =>
          (lifecycle?.preStop?.sleep?.seconds ?? 0) <= (terminationGracePeriodSeconds as number) ||
          lifecycle?.preStop?.sleep === undefined,
      );
    fc.assert(
      fc.property(arbitraryPodSpec, rule, (input, requirement) => {
        const spec = structuredClone(input);
        fc.pre(fits(spec));
        apply(sleepRemedy(readPod(spec), requirement));
        assert.ok(fits(spec), "after the sleep");
        apply(graceRemedy(readPod(spec), requirement));
        assert.ok(fits(spec), "after the grace period");
      }),
      runs,
    );
  });
});

interface Nested {
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
}
