import assert from "node:assert/strict";
import { deadFix, deadText, refusalText } from "../../src/assess/refusal-messages";
import { isGoodProse } from "./prose";
import { refusals } from "./refusals";

describe("the words for dead routes", () => {
  for (const because of refusals) {
    it(because.code, () => {
      const all = [{ line: "2", because }] as const;
      const text = deadText(all, "ApisixRoute shop/web");
      isGoodProse(text);
      assert.match(text, /^APISIX ingress controller 2\.x takes nothing of ApisixRoute shop\/web: /);
      const fix = deadFix(all);
      isGoodProse(fix);
      assert.match(fix, /^[a-z]+ /, "an imperative without a label");
      // Data that is in no sentence is dead, or a name that the reader misses.
      const { code, ...data } = because;
      for (const [key, value] of Object.entries(data)) {
        if (key !== "kind") assert.ok(`${text} ${fix}`.includes(String(value)), `${key} of ${code} in: ${text} ${fix}`);
      }
      assert.match(refusalText(because, "1"), /\S$/);
    });
  }

  it("tell both lines' reasons, and the same one once", () => {
    const twice = { code: "rule-name-twice", field: "spec.stream[0].name" } as const;
    const port = { code: "service-port-missing", service: "Service shop/web", port: "http" } as const;
    const [one, two] = [
      [
        { line: "1", because: port },
        { line: "2", because: port },
      ],
      [
        { line: "1", because: port },
        { line: "2", because: twice },
      ],
    ] as const;
    assert.equal(
      deadText(one, "ApisixRoute shop/web and 2 more"),
      'APISIX ingress controller 1.x and 2.x takes nothing of ApisixRoute shop/web and 2 more: it drops a route whole if a port is missing, and Service shop/web has no port "http".',
    );
    assert.equal(
      deadText(two, "ApisixRoute shop/web"),
      'APISIX ingress controller 1.x takes nothing of ApisixRoute shop/web: it drops a route whole if a port is missing, and Service shop/web has no port "http". Controller 2.x takes nothing of it either: it refuses a route with two rules of one name, and spec.stream[0].name is taken already.',
    );
    assert.equal(deadFix(one), 'add port "http" to the Service, or name one of its ports instead.');
    assert.match(deadFix(two), /instead, and give each rule/);
  });
});
