import assert from "node:assert/strict";
import { checker, closed } from "../../src/schema/check";

const schema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1 },
    count: { type: "integer", minimum: 1, maximum: 9 },
    share: { type: "number" },
    isOn: { type: "boolean" },
    kind: { type: "string", enum: ["cat", "dog"] },
    version: { const: 1 },
    at: { type: "string", format: "date-time", examples: ["2027-01-31T12:00:00Z"] },
    day: { type: "string", pattern: "^\\d+-\\d+$", examples: ["01-31"] },
    port: { type: ["integer", "string"] },
    labels: { type: "object", additionalProperties: { type: "string" }, minProperties: 1 },
    list: {
      type: "array",
      minItems: 1,
      items: { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
    },
    either: {
      oneOf: [
        { type: "string", minLength: 1 },
        { type: "array", items: { type: "integer" } },
      ],
    },
    maybe: { anyOf: [{ type: "object", properties: { b: { type: "string" } } }, { type: "null" }] },
  },
};

describe("checker", () => {
  const cases: [value: unknown, ...problems: string[]][] = [
    [{}],
    [{ later: 1, list: [{ a: "x", later: 1 }] }],
    [null, "must be an object, not null"],
    ["x", "must be an object, not a string"],
    [{ name: 5 }, "name: must be a string, not a number"],
    [{ name: "" }, "name: must not be empty"],
    [{ count: "5" }, "count: must be a whole number, not a string"],
    [{ count: 1.5 }, "count: must be a whole number"],
    [{ count: NaN }, "count: must be a whole number"],
    [{ count: 0 }, "count: must be at least 1"],
    [{ count: 10 }, "count: must be at most 9"],
    [{ share: Infinity }, "share: must be a number"],
    [{ isOn: "yes" }, "isOn: must be true or false, not a string"],
    [{ kind: "cst" }, 'kind: no such choice; did you mean "cat"?'],
    [{ kind: "elephant" }, "kind: no such choice; there are: cat, dog"],
    [{ kind: 5 }, "kind: must be one of cat, dog"],
    [{ version: "1" }, "version: must be 1"],
    [{ at: "yesterday" }, 'at: must look like "2027-01-31T12:00:00Z"'],
    [{ day: "soon" }, 'day: must look like "01-31"'],
    [{ port: [] }, "port: must be a whole number or a string, not a list"],
    [{ labels: {} }, "labels: must not be empty"],
    [{ labels: { app: 1 } }, 'labels["app"]: must be a string, not a number'],
    [
      { labels: { "a/b~c": null, "0": true } },
      'labels["0"]: must be a string, not true or false',
      'labels["a/b~c"]: must be a string, not null',
    ],
    [{ list: [] }, "list: must not be empty"],
    [{ list: [{}, 5] }, "list[0].a: is missing", "list[1]: must be an object, not a number"],
    [{ either: "" }, "either: must not be empty"],
    [{ either: 5 }, "either: must be a string or a list, not a number"],
    [{ either: [1, "x"] }, "either[1]: must be a whole number, not a string"],
    [{ maybe: null }],
    [{ maybe: { b: 1 } }, "maybe.b: must be a string, not a number"],
    [{ maybe: 1 }, "maybe: must be an object or null, not a number"],
  ];
  const check = checker(schema);
  for (const [value, ...problems] of cases) {
    it(`${JSON.stringify(value)}: ${problems.join("; ") || "fine"}`, () => assert.deepEqual(check(value), problems));
  }

  it("names the value", () => {
    assert.deepEqual(check(5, "exempt[0]"), ["exempt[0]: must be an object, not a number"]);
    assert.deepEqual(check({ list: [{}] }, "x"), ["x.list[0].a: is missing"]);
  });

  it("never shows a value", () => {
    const secret = "hunter2";
    const value = {
      kind: secret,
      day: secret,
      at: secret,
      count: secret,
      labels: secret,
      list: secret,
      either: { secret },
    };
    assert.ok(check(value).length >= 7);
    assert.doesNotMatch(check(value).join("\n"), /hunter2/);
  });

  it("drops unknown fields if asked to", () => {
    const value = { name: "x", later: 1, list: [{ a: "y", later: 1 }], labels: { app: "z" } };
    assert.deepEqual(checker(schema, { dropsUnknown: true })(value), []);
    assert.deepEqual(value, { name: "x", list: [{ a: "y" }], labels: { app: "z" } });
  });
});

describe("closed", () => {
  it("refuses unknown fields on every level, and leaves maps as they are", () => {
    const check = checker(closed(schema));
    assert.deepEqual(check({ labels: { app: "x" }, list: [{ a: "y" }] }, "x"), []);
    assert.deepEqual(check({ nam: "x" }, "x"), ['x › nam: no such field; did you mean "name"?']);
    assert.deepEqual(check({ list: [{ a: "y", ab: 1 }] }, "x"), ['x.list[0] › ab: no such field; did you mean "a"?']);
  });
});
