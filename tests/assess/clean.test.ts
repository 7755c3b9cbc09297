import assert from "node:assert/strict";
import { messageOf } from "../../src/assess";
import { judged } from "../support/findings";
import { apisixRoute, deployment, hook, service } from "../support/resources";

/** What a name may hold, and what is printed of it. */
const names: [what: string, name: string, printed: string][] = [
  ["a line feed", "web\nFix: nothing", "web Fix: nothing"],
  ["a carriage return", "web\r\nok", "web ok"],
  ["a terminal's code", "web\u001b[2Kok", "web\ufffd[2Kok"],
  ["a bell and a null", "w\u0007e\u0000b", "w\ufffde\ufffdb"],
  ["a mark that turns the direction", "web\u202egnp", "web\ufffdgnp"],
  ["half a character", "web\ud800", "web\ufffd"],
  ["a line separator", "web\u2028ok", "web ok"],
  ["Pulumi's colors", "<{%reset%}>web", "<{ %reset%}>web"],
  ["a long name", "w".repeat(100_000), `${"w".repeat(1000)}… (99000 more characters)`],
  ["an ordinary name", "web-1", "web-1"],
  ["another alphabet", "веб", "веб"],
];

describe("a name in a message", () => {
  for (const [what, name, printed] of names) {
    it(`with ${what}`, () => {
      const workload = deployment("web", { name, ...hook("/drain") });
      const named = (resource: ReturnType<typeof service>) => {
        Object.assign(resource.props.metadata as object, { name });
        return resource;
      };
      const stack = [
        workload,
        named(service("web")),
        named(apisixRoute("web", name)),
        apisixRoute("b", `${name}-gone`),
      ];
      const messages = judged(stack).findings.map(messageOf);
      assert.ok(messages.length >= 2);
      for (const message of messages) {
        assert.doesNotMatch(message, /(?!\n)\p{Cc}|\p{Cs}|[\u2028\u202e]|<\{%/u);
        assert.ok(message.length < 20_000);
        assert.ok(message.split("\n").length <= 4, message);
        assert.equal(message.match(/^Fix: /gm)?.length, 1);
      }
      const ofHook =
        messages.find((message) => message.includes("#hook-may-be-too-short") && message.includes("›")) ?? "";
      assert.ok(ofHook.includes(`container "${printed}" delays`), ofHook);
      // Beside the namespace, a long one is cut a little earlier.
      if (name.length < 1000) assert.ok(ofHook.includes(`Service shop/${printed}:80 › `), ofHook);
    });
  }
});
