import assert from "node:assert/strict";
import { matchesLabelSelector, selects } from "../../src/kubernetes/selector";
import { unknown, type Maybe } from "../../src/kubernetes/values";

const map = (labels: Record<string, Maybe<string>>) => new Map(Object.entries(labels));

describe("selects", () => {
  const cases: [
    name: string,
    selector: Maybe<Map<string, Maybe<string>>>,
    labels: Maybe<Map<string, Maybe<string>>>,
    Maybe<boolean>,
  ][] = [
    ["equal", map({ a: "1" }), map({ a: "1" }), true],
    ["a part of the labels", map({ a: "1" }), map({ a: "1", b: "2" }), true],
    ["more than the labels", map({ a: "1", b: "2" }), map({ a: "1" }), false],
    ["another value", map({ a: "1" }), map({ a: "2" }), false],
    ["empty selects nothing", map({}), map({ a: "1" }), false],
    ["an unknown label", map({ a: "1" }), map({ a: unknown }), unknown],
    ["an unknown label beside one that doesn't fit", map({ a: "1", b: "2" }), map({ a: unknown, b: "3" }), false],
    ["an unknown wanted value", map({ a: unknown }), map({ a: "1" }), unknown],
    ["an unknown wanted value of a label that isn't there", map({ a: unknown }), map({ b: "1" }), false],
    ["an unknown selector", unknown, map({ a: "1" }), unknown],
    ["unknown labels", map({ a: "1" }), unknown, unknown],
  ];
  for (const [name, selector, labels, expected] of cases) {
    it(name, () => assert.equal(selects(selector, labels), expected));
  }
  it("a patch may leave out labels that are there", () => {
    assert.equal(selects(map({ a: "1", b: "2" }), map({ a: "1" }), true), unknown);
    assert.equal(selects(map({ a: "1", b: "2" }), map({ a: "2" }), true), false);
  });
});

describe("matchesLabelSelector", () => {
  const expression = (key: string, operator: string, values?: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });
  const cases: [name: string, selector: unknown, labels: Record<string, Maybe<string>>, Maybe<boolean>][] = [
    ["empty selects everything", {}, {}, true],
    ["matchLabels", { matchLabels: { a: "1" } }, { a: "1" }, true],
    ["matchLabels, not", { matchLabels: { a: "1" } }, {}, false],
    ["In", expression("a", "In", ["1", "2"]), { a: "2" }, true],
    ["In, not", expression("a", "In", ["1"]), {}, false],
    ["NotIn", expression("a", "NotIn", ["1"]), {}, true],
    ["NotIn, not", expression("a", "NotIn", ["1"]), { a: "1" }, false],
    ["Exists", expression("a", "Exists"), { a: "" }, true],
    ["DoesNotExist", expression("a", "DoesNotExist"), { a: "" }, false],
    ["an operator that nobody knows", expression("a", "Gt", ["1"]), { a: "2" }, unknown],
    ["an unknown label", expression("a", "In", ["1"]), { a: unknown }, unknown],
    ["no selector at all", unknown, {}, unknown],
  ];
  for (const [name, selector, labels, expected] of cases) {
    it(name, () => assert.equal(matchesLabelSelector(selector, map(labels)), expected));
  }
  it("labels that may not be all", () => {
    assert.equal(matchesLabelSelector({ matchLabels: { a: "1" } }, map({}), true), unknown);
    assert.equal(matchesLabelSelector(expression("a", "Exists"), map({}), true), unknown);
  });
});
