import { strict as assert } from "node:assert";
import { delay } from "../../src/shutdown/delay";
import { unknown } from "../../src/kubernetes/values";

const container = { body: {} };

/** What the API and the kubelet do with a hook, handler by handler: `[hook, atLeast, atMost, form]`. */
const handlers: [name: string, hook: object | undefined, version: string, number, number, string][] = [
  ["no hook", undefined, "1.34", 0, 0, "other"],
  ["native sleep", { sleep: { seconds: 5 } }, "1.34", 5, 5, "sleep"],
  ["native sleep of a numeric string", { sleep: { seconds: "5" } }, "1.34", 5, 5, "sleep"],
  ["native sleep of 0", { sleep: { seconds: 0 } }, "1.34", 0, 0, "sleep"],
  ["native sleep, first version", { sleep: { seconds: 5 } }, "v1.30.0", 5, 5, "sleep"],
  ["native sleep, gate off", { sleep: { seconds: 5 } }, "1.29", 0, 0, "broken"],
  ["native sleep, not known", { sleep: { seconds: 5 } }, "1.9", 0, 0, "broken"],
  ["native sleep, no version", { sleep: { seconds: 5 } }, "", 5, 5, "sleep"],
  ["native sleep, negative", { sleep: { seconds: -5 } }, "1.34", 0, 0, "other"],
  ["native sleep, a fraction", { sleep: { seconds: 2.5 } }, "1.34", 0, 0, "other"],
  ["native sleep, unknown seconds", { sleep: { seconds: unknown } }, "1.34", 0, Infinity, "other"],
  ["exec", { exec: { command: ["sleep", "5"] } }, "1.34", 5, 5, "sleep"],
  ["exec by a shell", { exec: { command: ["/bin/sh", "-c", "sleep 5"] } }, "1.34", 5, 5, "sleep"],
  ["exec, empty", { exec: { command: [] } }, "1.34", 0, 0, "other"],
  ["exec, unknown", { exec: unknown }, "1.34", 0, Infinity, "other"],
  ["exec, unknown command", { exec: { command: unknown } }, "1.34", 0, Infinity, "other"],
  ["exec, no list", { exec: { command: "sleep 5" } }, "1.34", 0, Infinity, "other"],
  ["exec, not strings", { exec: { command: [1, null, {}] } }, "1.34", 0, Infinity, "other"],
  ["httpGet", { httpGet: { path: "/", port: 80 } }, "1.34", 0, Infinity, "other"],
  ["tcpSocket", { tcpSocket: { port: 80 } }, "1.34", 0, 0, "other"],
  ["no handler", {}, "1.34", 0, 0, "other"],
  ["two handlers", { sleep: { seconds: 5 }, exec: { command: ["true"] } }, "1.34", 0, 0, "other"],
  ["perhaps two", { sleep: { seconds: 5 }, exec: unknown }, "1.34", 0, Infinity, "other"],
];

describe("delay", () => {
  for (const [name, hook, version, atLeast, atMost, form] of handlers) {
    it(`${name}: [${atLeast}, ${atMost}]`, () => {
      const answer = delay(hook, container, version);
      assert.deepEqual([answer.atLeast, answer.atMost, answer.form], [atLeast, atMost, form], answer.because);
      assert.deepEqual(answer.protects, { atLeast, atMost });
    });
  }

  it("an unknown hook may do anything", () => {
    const { atLeast, atMost } = delay(unknown, container);
    assert.deepEqual([atLeast, atMost], [0, Infinity]);
  });
});
