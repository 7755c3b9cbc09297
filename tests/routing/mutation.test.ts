/**
 * Whatever becomes of a stack's objects, and however much of them is unknown: no throw, no endless loop, and nobody
 * is blamed whom the whole objects don't lead to.
 */
import assert from "node:assert/strict";
import * as policy from "@pulumi/policy";
import fc from "fast-check";
import type { Resource } from "../../src/kubernetes/resource";
import { resolveRoutes } from "../../src/routing";
import type { Case } from "./case";
import { cases } from "./cases";
import { apisixRoute, settings, withUnknown } from "./resources";

/** The SDK exports it, and declares it internal. */
const { unknownCheckingProxy } = policy as unknown as { unknownCheckingProxy: (value: unknown) => unknown };

/** The paths to all values of an object. */
function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

type Change = "remove" | "unknown" | { to: unknown };

/** A copy with one value changed. */
function change(body: unknown, path: readonly (string | number)[], how: Change): unknown {
  const copy = structuredClone(body);
  let parent = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last === undefined) return how === "remove" || how === "unknown" ? {} : how.to;
  if (how === "remove") {
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
  } else if (how === "unknown") withUnknown(parent, String(last));
  else parent[last] = how.to;
  return copy;
}

/** Each object's body with a change at one place; `at` picks the place. */
function changed(resources: readonly Resource[], which: number, at: number, how: Change): Resource[] {
  const index = which % resources.length;
  return resources.map((resource, i) => {
    if (i !== index) return resource;
    const paths = pathsOf(resource.body);
    const path = paths[at % paths.length] ?? [];
    const body = change(resource.body, path, how);
    // Kind and apiVersion are read when the resource is made, and stay.
    return { ...resource, body };
  });
}

function routedIds(resources: readonly Resource[], controller: "auto" | "1" | "2"): Set<string> {
  const routes = resolveRoutes(resources, { ...settings, controller });
  for (const { chains } of routes.workloads)
    assert.ok(chains.length > 0 && chains.every(({ steps }) => steps.length > 1));
  for (const { data, evidence } of routes.blindSpots) {
    for (const value of [...Object.values(data), ...evidence]) assert.ok(isPrintable(value), JSON.stringify(data));
  }
  return new Set(routes.workloads.map(({ workload }) => workload.resource.id));
}

function isPrintable(value: unknown): boolean {
  return Number.isFinite(value) || (typeof value === "string" && !value.includes("undefined"));
}

const wrongValues: unknown[] = [null, "", "text", 0, -1, 1.5, NaN, true, false, [], [null], {}, { a: [] }, "[]", []];
const controllers = fc.constantFrom("auto" as const, "1" as const, "2" as const);
/** By number, as a counterexample would print the whole case. */
const someCase = fc.nat({ max: cases.length - 1 });
const caseAt = (number: number) => cases[number] as Case;

describe("resolveRoutes with mutated objects", function () {
  this.timeout(60_000);

  it("reads the policy SDK's proxies as it reads plain objects", () => {
    for (const each of cases) {
      const wrapped = each.given.map((resource) => ({
        ...resource,
        body: unknownCheckingProxy(resource.body),
      }));
      assert.deepEqual(routedIds(wrapped, "auto"), routedIds(each.given, "auto"), each.name);
    }
  });

  it("takes what the policy SDK throws for for unknown", () => {
    // How the engine marks a value that isn't known in a preview.
    const marked = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const body = {
      spec: { ingressClassName: "apisix", http: [{ backends: [{ serviceName: marked, servicePort: 80 }] }] },
    };
    const route = { ...apisixRoute("shop/web", {}), body: unknownCheckingProxy(body) };
    const { blindSpots } = resolveRoutes([route], settings);
    const [spot] = blindSpots;
    assert.equal(spot?.code, "value-unknown");
    assert.equal(spot.data.field, "spec.http[0].backends[0].serviceName");
  });

  it("survives a wrong type anywhere", () => {
    fc.assert(
      fc.property(
        someCase,
        fc.nat(),
        fc.nat(),
        fc.constantFrom(...wrongValues),
        controllers,
        (number, which, at, to, controller) => {
          const each = caseAt(number);
          routedIds(changed(each.given, which, at, { to }), controller);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("survives any JSON instead of any part", () => {
    fc.assert(
      fc.property(someCase, fc.nat(), fc.nat(), fc.jsonValue(), (number, which, at, to) => {
        const each = caseAt(number);
        routedIds(changed(each.given, which, at, { to }), "auto");
      }),
      { numRuns: 500 },
    );
  });

  it("survives several changes at once", () => {
    const step = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom<Change>("remove", { to: null }, { to: "x" }, { to: [] }));
    fc.assert(
      fc.property(
        someCase,
        fc.array(step, { minLength: 2, maxLength: 8 }),
        controllers,
        (number, steps, controller) => {
          const each = caseAt(number);
          let resources = each.given;
          for (const [which, at, how] of steps) resources = changed(resources, which, at, how);
          routedIds(resources, controller);
        },
      ),
      { numRuns: 500 },
    );
  });

  for (const controller of ["auto", "1", "2"] as const) {
    // Where the lines don't differ, one of them will do.
    const some = cases.filter((each) => controller === "auto" || each.on);
    it(`blames nobody else when any one value is unknown (controller ${controller})`, () => {
      const blamed: string[] = [];
      for (const each of some) {
        const whole = routedIds(each.given, controller);
        for (const [which, resource] of each.given.entries()) {
          for (const [at, path] of pathsOf(resource.body).entries()) {
            if (isOpened(each, resource, path.join("."))) continue;
            for (const id of routedIds(changed(each.given, which, at, "unknown"), controller)) {
              if (!whole.has(id)) blamed.push(`${each.name}: ${id}, without ${path.join(".")} of ${resource.id}`);
            }
          }
        }
      }
      assert.deepEqual(blamed, []);
    });

    it(`blames nobody else when a route, a Service or a workload is gone (controller ${controller})`, () => {
      const blamed: string[] = [];
      for (const each of some) {
        const whole = routedIds(each.given, controller);
        for (const gone of each.given) {
          // Without its class, a name can only be compared with the settings; without its upstream or
          // plugins, a route is taken for one that works.
          if (/Class$|^(ApisixUpstream|(Apisix)?PluginConfig|L4RoutePolicy)$/.test(gone.kind) || isBroken(each))
            continue;
          for (const id of routedIds(
            each.given.filter((other) => other !== gone),
            controller,
          )) {
            if (!whole.has(id)) blamed.push(`${each.name}: ${id}, without ${gone.id}`);
          }
        }
      }
      assert.deepEqual(blamed, []);
    });
  }
});

/** Whose a route is, and who takes it. All other reasons lie in a part of it that breaks the whole. */
const ofOwnership = /^(?!plugin-config|gateway-proxy-incomplete).*(class|gateway|parent|listener|hostnames|version)/;
const ofParts =
  /^((service|target)-port-missing|service-name-with-dot|external-node-of-wrong-type|apisix-upstream-refused)$/;

/** What is wrong in one part keeps requests from others, too; when it's gone or unknown, that ends. */
function isBroken({ blind = [], otherwiseBlind = [], dead = {} }: Case): boolean {
  const codes = Object.values(dead).flatMap((routes) => Object.values(routes));
  return (
    [...blind, ...otherwiseBlind].some(({ code }) => ofParts.test(code)) ||
    codes.some((code) => !ofOwnership.test(code))
  );
}

/** Does the value keep requests away, so that more are routed without it? An unknown switch counts as on, and what
 * isn't known is not taken for broken. */
function isOpened(each: Case, resource: Resource, path: string): boolean {
  // A class whose name isn't known is not there.
  if (resource.kind.endsWith("Class") && /^(metadata(\.name)?)?$/.test(path)) return true;
  // What it is for isn't known, nor that it has plugins.
  if (resource.kind === "L4RoutePolicy" && path === "") return true;
  // What would break a route, or lead it elsewhere, in a part that isn't known is far-fetched.
  if (/two subsets|whole route is refused|discovery/.test(each.name)) return true;
  return isBroken(each) || /weight|enable|_meta|status|resolveGranularity|clusterIP/i.test(path);
}
