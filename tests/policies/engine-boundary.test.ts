/* eslint-disable @typescript-eslint/unbound-method -- what stands on gRPC's prototype is looked at, not called */
import assert from "node:assert/strict";
import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { atBoundary, oldestSdk, refuseOldSdk } from "../../policies/engine-boundary";
import { Server, status, versions } from "../../policies/sdk";
import { SettingsError, type PackConfig } from "../../src/settings/settings";
import { configured } from "../support/host";

/** Levels as pulumi's analyzer.proto numbers them. */
const sent = (level: number, value?: object) => ({
  getEnforcementlevel: () => level,
  getProperties: () => value && { toJavaScript: () => value },
});
const call = {
  request: {
    getPolicyconfigMap: () =>
      new Map([
        ["a", sent(0, { x: 1 })],
        ["b", sent(1)],
        ["c", sent(2)],
        ["d", sent(3)],
        ["e", sent(9)],
      ]),
  },
};

const { run } = configured();
const none = () => undefined;
const handlers = { configure: none, analyze: none, remediate: none, analyzeStack: none };

/** Starts a pack whose server has these methods; what a server gets of them, and the pack. */
function started(configure: (config: PackConfig) => void, methods: object) {
  const served: UntypedServiceImplementation[] = [];
  const original = Server.prototype.addService;
  Server.prototype.addService = (_, implementation) => served.push(implementation);
  const ours = Server.prototype.addService;
  try {
    const service = { analyze: { responseType: Object }, remediate: { responseType: Object } };
    const pack = atBoundary({ configure, run }, () => {
      new Server().addService(service as unknown as ServiceDefinition, methods as UntypedServiceImplementation);
      return "pack";
    });
    assert.equal(Server.prototype.addService, ours);
    return { pack, served: served[0] as unknown as Record<string, (...args: unknown[]) => unknown> };
  } finally {
    Server.prototype.addService = original;
  }
}

/** What is written where the process would end. */
function refusal(start: () => unknown): string | undefined {
  const { exit } = process;
  const { write } = process.stderr;
  let written = "";
  process.stderr.write = (text) => {
    written += String(text);
    return true;
  };
  process.exit = (code) => {
    throw new Error(`ended with ${code}`);
  };
  try {
    start();
    return undefined;
  } catch (error) {
    assert.match(String(error), /ended with 69/);
    return written;
  } finally {
    process.exit = exit;
    process.stderr.write = write;
  }
}

describe("an SDK that the pack doesn't know", () => {
  const installed = versions as Record<string, string>;
  const own = { ...installed };
  afterEach(() => Object.assign(installed, own));

  it("isn't refused if it is the one of the tests", () => assert.equal(refusal(refuseOldSdk), undefined));

  for (const name of Object.keys(oldestSdk)) {
    it(`is refused if ${name} is too old`, () => {
      installed[name] = "1.0.0";
      assert.equal(
        refusal(refuseOldSdk),
        `apisix-graceful-termination: it needs ${name} ${oldestSdk[name]} or later, and 1.0.0 is installed.\n`,
      );
    });
  }

  const says = /takes the engine's calls in a way that this version of the pack doesn't know; use an older one\./;
  for (const missing of Object.keys(handlers)) {
    it(`is refused if it has no handler ${missing}`, () => {
      const others = Object.entries(handlers).filter(([name]) => name !== missing);
      assert.match(refusal(() => started(() => undefined, Object.fromEntries(others))) ?? "", says);
    });
  }

  it("is refused if it starts no server", () => {
    const boundary = { configure: () => undefined, run };
    assert.match(refusal(() => atBoundary(boundary, () => "a pack without a server")) ?? "", says);
  });
});

describe("the pack's config", () => {
  it("shows the pack its config before the SDK sees it", () => {
    const order: unknown[] = [];
    const own = (...args: unknown[]) => order.push(args);
    const { pack, served } = started((config) => order.push(config), { ...handlers, configure: own });
    const callback = () => assert.fail("the SDK answers");
    served.configure?.(call, callback);
    assert.equal(pack, "pack");
    assert.deepEqual(order, [
      {
        a: { x: 1, enforcementLevel: "advisory" },
        b: { enforcementLevel: "mandatory" },
        c: { enforcementLevel: "disabled" },
        d: { enforcementLevel: "remediate" },
        e: {},
      },
      [call, callback],
    ]);
  });

  it("answers with what is wrong with the settings, and doesn't ask the SDK", () => {
    const answers: unknown[] = [];
    const { served } = started(
      () => {
        throw new SettingsError(["sleepSecond: no such setting"]);
      },
      { ...handlers, configure: () => assert.fail("it is refused") },
    );
    served.configure?.(call, (error: unknown) => answers.push(error));
    const details = new SettingsError(["sleepSecond: no such setting"]).message;
    assert.deepEqual(answers, [{ code: status.INVALID_ARGUMENT, details }]);
  });

  it("takes no other error for a bad setting", () => {
    const { served } = started(
      () => {
        throw new TypeError("a bug");
      },
      { ...handlers, configure: () => assert.fail("it failed") },
    );
    assert.throws(() => served.configure?.(call, () => assert.fail("it failed")), /a bug/);
  });

  it("leaves other methods as they are", () => {
    const getPluginInfo = () => undefined;
    assert.equal(started(() => undefined, { ...handlers, getPluginInfo }).served.getPluginInfo, getPluginInfo);
  });
});
