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
      'Neither APISIX ingress controller 1.x nor 2.x takes anything of ApisixRoute shop/web and 2 more: Service shop/web has no port "http", and it drops the whole route for that.',
    );
    assert.equal(
      deadText(two, "ApisixRoute shop/web"),
      'APISIX ingress controller 1.x takes nothing of ApisixRoute shop/web: Service shop/web has no port "http", and it drops the whole route for that. Controller 2.x takes nothing of it either: it refuses a route with two rules of one name, and spec.stream[0].name is taken already.',
    );
    assert.equal(deadFix(one), 'add port "http" to the Service, or name one of its ports instead.');
    assert.match(deadFix(two), /^for 1\.x, add port .* instead; for 2\.x, give each rule .* together\.$/);
  });

  it("offer the other line where the settings leave that out", () => {
    const because = {
      code: "class-of-other-line",
      class: "GatewayClass apisix",
      controller: "apisix.apache.org/apisix-ingress-controller",
      of: "2",
    } as const;
    const alone = deadFix([{ line: "1", because }]);
    assert.match(alone, /in place\)\. Or set controller to "2" if that is what the cluster runs\.$/);
    const gateway = { code: "gateway-without-gateway-proxy", gateway: "Gateway edge/public" } as const;
    const both = deadFix([
      { line: "1", because },
      { line: "2", because: gateway },
    ]);
    assert.match(
      both,
      /^for 1\.x, replace .* in place\); for 2\.x, name a GatewayProxy in .* of Gateway edge\/public\.$/,
    );
  });

  it("tell a port in a text from the name of one, and the last upstream from one that costs the route", () => {
    const because = { code: "service-port-missing", service: "Service shop/web", port: "80", isLast: true } as const;
    assert.equal(
      deadText([{ line: "2", because }], "ApisixRoute shop/web"),
      'APISIX ingress controller 2.x takes nothing of ApisixRoute shop/web: Service shop/web has no port "80", and it has no other upstream for the route.',
    );
    assert.equal(deadFix([{ line: "2", because }]), "write 80 without quotes, as a port in quotes is the name of one.");
  });
});
