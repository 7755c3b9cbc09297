import { strict as assert } from "node:assert";
import { never } from "../../../src/shutdown/interval";
import { hookDelay } from "../../../src/shutdown/hook";
import { unknown } from "../../../src/kubernetes/values";

const container = { body: {} };

/** What the API and the kubelet do with a hook, handler by handler: `[hook, atLeast, atMost, repair]`. */
const handlers: [name: string, hook: object | undefined, version: string, number, number, string][] = [
  ["no hook", undefined, "1.34", 0, 0, "replace"],
  ["native sleep", { sleep: { seconds: 5 } }, "1.34", 5, 5, "lengthen"],
  ["native sleep of a numeric string", { sleep: { seconds: "5" } }, "1.34", 5, 5, "lengthen"],
  ["native sleep of 0", { sleep: { seconds: 0 } }, "1.34", 0, 0, "lengthen"],
  ["native sleep, first version", { sleep: { seconds: 5 } }, "v1.30.0", 5, 5, "lengthen"],
  ["native sleep, gate off", { sleep: { seconds: 5 } }, "1.29", 0, 0, "replace"],
  ["native sleep, not known", { sleep: { seconds: 5 } }, "1.9", 0, 0, "replace"],
  ["native sleep, no version", { sleep: { seconds: 5 } }, "", 5, 5, "lengthen"],
  ["native sleep, negative", { sleep: { seconds: -5 } }, "1.34", 0, 0, "replace"],
  ["native sleep, a fraction", { sleep: { seconds: 2.5 } }, "1.34", 0, 0, "replace"],
  ["native sleep, unknown seconds", { sleep: { seconds: unknown } }, "1.34", 0, Infinity, "none"],
  ["exec", { exec: { command: ["sleep", "5"] } }, "1.34", 5, 5, "lengthen"],
  ["exec by a shell", { exec: { command: ["/bin/sh", "-c", "sleep 5"] } }, "1.34", 5, 5, "lengthen"],
  ["exec, empty", { exec: { command: [] } }, "1.34", 0, 0, "replace"],
  ["exec, unknown", { exec: unknown }, "1.34", 0, Infinity, "none"],
  ["exec, unknown command", { exec: { command: unknown } }, "1.34", 0, Infinity, "none"],
  ["exec, no list", { exec: { command: "sleep 5" } }, "1.34", 0, Infinity, "none"],
  ["exec, not strings", { exec: { command: [1, null, {}] } }, "1.34", 0, Infinity, "none"],
  ["httpGet", { httpGet: { path: "/", port: 80 } }, "1.34", 0, Infinity, "none"],
  ["tcpSocket", { tcpSocket: { port: 80 } }, "1.34", 0, 0, "none"],
  ["no handler", {}, "1.34", 0, 0, "replace"],
  ["two handlers", { sleep: { seconds: 5 }, exec: { command: ["true"] } }, "1.34", 0, 0, "none"],
  ["perhaps two", { sleep: { seconds: 5 }, exec: unknown }, "1.34", 0, Infinity, "none"],
];

describe("a preStop hook", () => {
  for (const [name, hook, version, atLeast, atMost, repair] of handlers) {
    it(`${name}: [${atLeast}, ${atMost}]`, () => {
      const answer = hookDelay(hook, container, version);
      assert.deepEqual([answer.atLeast, answer.atMost, answer.repair.kind], [atLeast, atMost, repair], answer.because);
      assert.deepEqual(answer.protects, { atLeast, atMost });
      assert.deepEqual(answer.stop, atMost === Infinity ? { atLeast: 0, atMost } : never, "stop");
    });
  }

  it("an unknown hook may do anything", () => {
    const { atLeast, atMost } = hookDelay(unknown, container);
    assert.deepEqual([atLeast, atMost], [0, Infinity]);
  });
});
