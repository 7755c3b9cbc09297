import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  get,
  getBoolean,
  getList,
  getNumber,
  getObject,
  getString,
  getStringMap,
  unknown,
} from "../../src/kubernetes/values";
import { unreadable, withUnknowns } from "../support/unreadable";

describe("get", () => {
  const object = { a: { b: [10, null, { c: "d" }] }, none: null, zero: 0, empty: "", no: false };
  const cases: [name: string, path: (string | number)[], expected: unknown][] = [
    ["no path", [], object],
    ["a value", ["a", "b", 0], 10],
    ["an index as text", ["a", "b", "0"], 10],
    ["null is none", ["a", "b", 1], undefined],
    ["in an object of a list", ["a", "b", 2, "c"], "d"],
    ["past the end", ["a", "b", 3], undefined],
    ["missing", ["x"], undefined],
    ["below a missing one", ["x", "y", "z"], undefined],
    ["below null", ["none", "y"], undefined],
    ["below a string, which no object is", ["a", "b", 2, "c", "e"], unknown],
    ["below a number", ["zero", "e"], unknown],
    ["falsy values are values: 0", ["zero"], 0],
    ["falsy values are values: the empty text", ["empty"], ""],
    ["falsy values are values: false", ["no"], false],
    ["what every object inherits is not there", ["constructor"], undefined],
    ["what every object inherits is not there", ["toString", "name"], undefined],
    ["nor its prototype", ["__proto__"], undefined],
    ["below a list, where an object belongs", ["a", "b", "c"], unknown],
  ];
  for (const [name, path, expected] of cases) {
    it(`${name}: ${path.join(".")}`, () => assert.equal(get(object, ...path), expected));
  }

  it("reads the siblings of an unknown", () => {
    const partly = withUnknowns({ known: 1, secret: "x" }, "secret");
    assert.equal(get(partly, "known"), 1);
    assert.equal(get(partly, "secret"), unknown);
    assert.equal(get({ partly }, "partly", "secret", "deeper"), unknown);
  });

  it("knows nothing of what can't be read at all", () => {
    assert.equal(get(unreadable(), "a"), unknown);
    assert.equal(get(unknown, "a"), unknown);
    assert.equal(get(unknown), unknown);
  });
});

describe("typed readers", () => {
  const readers = { getString, getNumber, getBoolean, getObject };
  const object = { key: 1 };
  const cases: [reader: keyof typeof readers, value: unknown, expected: unknown][] = [
    ["getString", "a", "a"],
    ["getString", "", ""],
    ["getString", 5, unknown],
    ["getString", false, unknown],
    ["getString", {}, unknown],
    ["getString", ["a"], unknown],
    ["getString", null, undefined],
    ["getString", undefined, undefined],
    ["getString", unknown, unknown],
    ["getNumber", 5, 5],
    ["getNumber", -1, -1],
    ["getNumber", 0, 0],
    ["getNumber", 2.5, 2.5],
    ["getNumber", "30", 30],
    ["getNumber", " -1 ", -1],
    ["getNumber", "2.5", 2.5],
    ["getNumber", "", unknown],
    ["getNumber", "thirty", unknown],
    ["getNumber", "30s", unknown],
    ["getNumber", "0x10", unknown],
    ["getNumber", "1e3", unknown],
    ["getNumber", NaN, unknown],
    ["getNumber", Infinity, unknown],
    ["getNumber", "9".repeat(400), unknown],
    ["getNumber", true, unknown],
    ["getNumber", [30], unknown],
    ["getNumber", null, undefined],
    ["getBoolean", true, true],
    ["getBoolean", false, false],
    ["getBoolean", "true", true],
    ["getBoolean", "false", false],
    ["getBoolean", "True", unknown],
    ["getBoolean", 1, unknown],
    ["getBoolean", null, undefined],
    ["getObject", object, object],
    ["getObject", [], unknown],
    ["getObject", "{}", unknown],
    ["getObject", 1, unknown],
    ["getObject", null, undefined],
  ];
  for (const [reader, value, expected] of cases) {
    it(`${reader} of ${typeof value === "symbol" ? "an unknown" : JSON.stringify(value)}`, () => {
      assert.equal(readers[reader]({ value }, "value"), expected);
      assert.equal(readers[reader](value), expected);
    });
  }
});

describe("getList", () => {
  it("gives the original elements", () => {
    const element = { name: "web" };
    const list = getList({ list: [element, null, "x"] }, "list");
    assert.deepEqual(list, [element, undefined, "x"]);
    assert.equal((list as unknown[])[0], element);
  });

  it("knows some elements where it doesn't know others", () => {
    assert.deepEqual(getList(withUnknowns(["a", "b", "c"], 1)), ["a", unknown, "c"]);
  });

  for (const value of ["abc", { 0: "a", length: 1 }, 3, true]) {
    it(`is unknown where no list is: ${JSON.stringify(value)}`, () => assert.equal(getList(value), unknown));
  }

  it("is unknown where its length is", () => assert.equal(getList(unreadable(["a"])), unknown));

  it("is undefined where there is none", () => assert.equal(getList({ list: null }, "list"), undefined));
});

describe("getStringMap", () => {
  it("holds each value, known or not", () => {
    const map = getStringMap(withUnknowns({ app: "web", number: 5, none: null, secret: "x" }, "secret"));
    assert.deepEqual(
      map,
      new Map<string, unknown>([
        ["app", "web"],
        ["number", unknown],
        ["none", unknown],
        ["secret", unknown],
      ]),
    );
  });

  for (const value of ["app=web", ["app"], 3]) {
    it(`is unknown where no map is: ${JSON.stringify(value)}`, () => assert.equal(getStringMap(value), unknown));
  }

  it("is unknown where its keys are", () => assert.equal(getStringMap(unreadable()), unknown));
});

it("no reader throws, whatever it reads", () => {
  const readers = [get, getString, getNumber, getBoolean, getObject, getList, getStringMap];
  const path = fc.array(fc.oneof(fc.string(), fc.nat(3), fc.constantFrom("a", "length", "__proto__")), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), path, fc.constantFrom(...readers), (value, keys, read) => {
      read(value, ...keys);
    }),
  );
});
