import assert from "node:assert/strict";
import { decode } from "../../../policies/boundary/decode";
import { unknown } from "../../../src/kubernetes/values";
import { isUnknownValue } from "../../../src/wire";
import { resourceRequest, secret, UNKNOWN, type TestResource } from "../../support/host";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- not declared by the SDK
const sdk = require("@pulumi/policy/proxy") as Record<string, unknown>;

function decoded(props: Record<string, unknown>, more: Partial<TestResource> = {}) {
  const secrets: string[] = [];
  const request = resourceRequest({ type: "kubernetes:core/v1:Pod", name: "a", props, ...more });
  const resource = decode(request, (path) => secrets.push(path.join(".")));
  return { ...resource, secrets };
}

describe("a resource off the wire", () => {
  const cases: [what: string, wire: unknown, plain: unknown, secrets: string[]][] = [
    ["a text", "x", "x", []],
    ["null", null, null, []],
    ["a list", [1, [true, null], {}], [1, [true, null], {}], []],
    ["an unknown value", UNKNOWN, unknown, []],
    ["unknown values in a list", [UNKNOWN, "x"], [unknown, "x"], []],
    ["a text that holds the sign of one", `a${UNKNOWN}`, `a${UNKNOWN}`, []],
    ["a secret", secret("x"), "x", ["a"]],
    ["a secret in a list", [0, { b: secret([1]) }], [0, { b: [1] }], ["a.1.b"]],
    ["a secret that isn't known", secret(UNKNOWN), unknown, ["a"]],
    ["a secret in a secret", secret({ b: secret("x") }), { b: "x" }, ["a"]],
    ["a secret that is null", secret(null), null, ["a"]],
    ["two secrets", { b: secret(1), c: { d: secret(2) } }, { b: 1, c: { d: 2 } }, ["a.b", "a.c.d"]],
  ];
  for (const [what, wire, plain, secrets] of cases) {
    it(`holds ${what}`, () => {
      const { props, secrets: found } = decoded({ a: wire });
      assert.deepEqual(props, { a: plain });
      assert.deepEqual(found, secrets);
    });
  }

  it("has its provider's inputs, and what of them is secret", () => {
    const provider = { name: "p", props: { namespace: secret("shop"), cluster: UNKNOWN } };
    const { secrets, provider: read, name } = decoded({ b: secret(1) }, { provider });
    assert.equal(name, "a");
    assert.match(read?.urn ?? "", /::p$/);
    assert.deepEqual(read?.props, { namespace: "shop", cluster: unknown });
    assert.deepEqual(secrets, ["b", "(provider).namespace"]);
  });

  it("knows each sign for an unknown value that the SDK knows", () => {
    const signs = Object.entries(sdk).filter(([name]) => /^unknown\w+Value$/.test(name));
    assert.equal(signs.length, 7);
    for (const [name, sign] of signs) assert.ok(isUnknownValue(String(sign)), name);
  });
});
