import assert from "node:assert/strict";
import { ServerCredentials } from "@grpc/grpc-js";
import { AnalyzeResponse, RemediateResponse } from "@pulumi/pulumi/proto/analyzer_pb";
import { connect, type Analyzer } from "../../support/analyzer";
import {
  configured,
  guarded,
  resourceRequest,
  sdkFunctions,
  secret,
  stackRequest,
  UNKNOWN,
  type TestResource,
} from "../../support/host";
import { behind, deployment, service } from "../../support/resources";

const signature = "4dabf18193072939515e22adb298388d";
const asset = (content: object) => ({ [signature]: "c44067f5952c0a294b673a41bacd8c17", ...content });
const archive = (content: object) => ({ [signature]: "0def7320c3a5731c473e5ecbe6d01bc7", ...content });
const deep = (levels: number): unknown => {
  let value: unknown = "x";
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
};

/** Values that a resource may hold, and whether the pack can judge it then. */
const values: [what: string, value: unknown, isReadable: boolean][] = [
  ["an asset without text", asset({ text: "" }), false],
  ["an asset of which only the hash is known", asset({ hash: "a1" }), false],
  ["an asset", asset({ text: "x", hash: "a1" }), false],
  ["an asset that is a file", asset({ path: "/x" }), false],
  ["an archive without anything", archive({}), false],
  ["an archive of an empty asset", archive({ assets: { a: asset({}) } }), false],
  ["an archive of text", archive({ assets: { a: "x" } }), false],
  ["an archive", archive({ assets: { a: asset({ text: "x" }) } }), false],
  ["an archive that is a file", archive({ path: "/x" }), false],
  ["a reference to a resource", { [signature]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:x" }, false],
  ["an output", { [signature]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", value: "x" }, false],
  ["a value that nobody knows", { [signature]: "x" }, false],
  ["a signature that is an object", { [signature]: { a: 1 } }, false],
  ["an empty signature", { [signature]: "" }, true],
  ["a secret without a value", { [signature]: "1b47061264138c4ac30d75fd1eb44270" }, false],
  ["an empty asset in a secret", secret(asset({ text: "" })), false],
  ["a secret that isn't known", secret(UNKNOWN), true],
  ["a secret in a secret", secret(secret("x")), true],
  ["a secret that is null", secret(null), true],
  ["no number", NaN, true],
  ["an endless number", -Infinity, true],
  ["a huge number", 1e308, true],
  ["a huge text", "x".repeat(100_000), true],
  ["half a character", "\ud800", true],
  ["a prototype", JSON.parse('{"__proto__": {"a": 1}}'), true],
  ["what is nested deep", deep(40), true],
];

/** The last one changes the resource. */
const places: [
  where: string,
  put: (props: Record<string, unknown>, value: unknown) => TestResource["provider"] | void,
][] = [
  ["a field that isn't read", (props, value) => void (props.other = value)],
  ["a list in a container", (props, value) => void (container(props).env = [{ name: "A", value }])],
  ["an object's label", (props, value) => void ((props.metadata as Record<string, unknown>).labels = { a: value })],
  ["its provider", (_, value) => ({ name: "own", props: { kubeconfig: value } })],
];

function container(props: Record<string, unknown>): Record<string, unknown> {
  return (props as { spec: { template: { spec: { containers: Record<string, unknown>[] } } } }).spec.template.spec
    .containers[0] as Record<string, unknown>;
}

function bad(put: (typeof places)[number][1], value: unknown): TestResource {
  const resource = deployment("bad");
  const provider = put(resource.props, value);
  return { ...resource, ...(provider && { provider }) };
}

const nothing = {
  analyze: { answer: Buffer.from(new AnalyzeResponse().serializeBinary()) },
  remediate: { answer: Buffer.from(new RemediateResponse().serializeBinary()) },
};

const said = (answer: Buffer) =>
  AnalyzeResponse.deserializeBinary(answer)
    .getDiagnosticsList()
    .map((each) => each.getMessage());

describe("a resource that the SDK can't decode", () => {
  const own = configured();
  const { seen } = own.run;
  let pack: Analyzer;
  let stop: () => void;

  /** A pack's server, called over gRPC. */
  before(async () => {
    const { server } = guarded(sdkFunctions(own.policies), own.run);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, at) =>
        error ? reject(error) : resolve(at),
      );
    });
    pack = connect(port);
    stop = () => {
      pack.close();
      server.forceShutdown();
    };
  });
  beforeEach(() => seen.unreadable.clear());
  after(() => stop());

  for (const [where, put] of places) {
    for (const [what, value, isReadable] of values) {
      it(`${what}, in ${where}`, async () => {
        const resource = bad(put, value);
        for (const method of ["remediate", "analyze"] as const) {
          const called = await pack.call(method, resourceRequest(resource));
          assert.ok("answer" in called, `${method}: ${JSON.stringify(called)}`);
          if (!isReadable) assert.deepEqual(called, nothing[method]);
        }
        const stack = await pack.call("analyzeStack", stackRequest([...behind(deployment("web")), resource]));
        assert.ok("answer" in stack, JSON.stringify(stack));
        const messages = said(stack.answer);
        // The rest of the stack is judged all the same.
        assert.equal(messages.filter((text) => text.includes("Deployment shop/web")).length, 1);
        const unreadable = messages.filter((text) => text.includes("Can't read Deployment bad,"));
        assert.equal(unreadable.length, isReadable ? 0 : 1);
      });
    }
  }

  it("is left out if it is nested too deep to be read", () => {
    const values = deep(100_000);
    const struct = { toJavaScript: () => values as Record<string, unknown> };
    const resource = {
      getUrn: () => "urn",
      getType: () => "",
      getProperties: () => struct,
      getName: () => "",
      getProvider: () => undefined,
      getOptions: () => undefined,
    };
    assert.equal(seen.read(resource), undefined);
    assert.deepEqual([...seen.unreadable], ["urn"]);
  });

  it("is none of the pack's business if no policy reads its type", async () => {
    const other = { ...bad(places[0]![1], asset({ text: "" })), type: "aws:s3/bucketObject:BucketObject" };
    for (const method of ["remediate", "analyze"] as const) {
      assert.deepEqual(await pack.call(method, resourceRequest(other)), nothing[method]);
    }
    const stack = await pack.call("analyzeStack", stackRequest([other]));
    assert.deepEqual("answer" in stack && said(stack.answer), []);
  });

  it("is a Helm release whose values are a file: its name is read, and nothing else", async () => {
    const props = { valueYamlFiles: [asset({ text: "" })] };
    const release = { type: "kubernetes:helm.sh/v3:Release", name: "redis", props };
    const stack = await pack.call("analyzeStack", stackRequest([release]));
    assert.match("answer" in stack ? said(stack.answer).join("\n") : "", /^[^]*Can't see what Helm release "redis"/);
  });

  it("is named once, with at most two others", async () => {
    const all = ["d", "c", "b", "a"].map((name) => ({ ...service(name), name }));
    for (const each of all) each.props.other = asset({});
    const stack = await pack.call("analyzeStack", stackRequest(all));
    assert.ok("answer" in stack);
    const [message, ...others] = said(stack.answer);
    assert.match(message ?? "", /Can't read Service a, Service b, Service c and 1 more, so the pack neither/);
    assert.deepEqual(others, []);
  });
});

describe("an SDK that doesn't answer", () => {
  const faults: [what: string, handler: () => unknown][] = [
    ["throws", () => assert.fail("at once")],
    ["rejects", () => Promise.reject(new Error("later"))],
    ["ends without an answer", () => undefined],
    ["ends later without an answer", () => Promise.resolve()],
  ];
  for (const [what, fault] of faults) {
    it(`${what}: the pack answers that there is nothing to do, and that the resource can't be read`, async () => {
      const { policies, run } = configured();
      const sdk = sdkFunctions(policies);
      let isFaulty = true;
      const { served } = guarded(
        {
          analyze: fault,
          remediate: fault,
          analyzeStack: (call, callback) => {
            if (!isFaulty) return sdk.analyzeStack(call, callback);
            isFaulty = false;
            return fault();
          },
        },
        run,
      );
      const call = (method: keyof typeof served, request: object) =>
        new Promise<{ serializeBinary(): Uint8Array }>((resolve, reject) => {
          served[method]({ request }, (error, answer) =>
            error ? reject(error) : resolve(answer as { serializeBinary(): Uint8Array }),
          );
        });
      for (const method of ["analyze", "remediate"] as const) {
        const answer = await call(method, resourceRequest(deployment("web")));
        assert.deepEqual({ answer: Buffer.from(answer.serializeBinary()) }, nothing[method]);
      }
      const stack = await call("analyzeStack", stackRequest([service("web")]));
      assert.match(said(Buffer.from(stack.serializeBinary())).join("\n"), /Can't read Deployment web, Service web, so/);
    });
  }

  it("is left alone once it has answered", async () => {
    const { served } = guarded(
      {
        analyze: (_, callback) => {
          callback(null, "its answer");
          throw new Error("after it");
        },
        remediate: () => undefined,
        analyzeStack: () => undefined,
      },
      configured().run,
    );
    const answers: unknown[] = [];
    const call = { request: resourceRequest(deployment("web")) };
    await assert.rejects(async () => served.analyze(call, (_, answer) => answers.push(answer)), /after it/);
    assert.deepEqual(answers, ["its answer"]);
  });

  it("may answer with an error", async () => {
    const { served } = guarded(
      {
        analyze: (_, callback) => callback(new Error("a newer CLI is needed"), undefined),
        remediate: () => undefined,
        analyzeStack: () => undefined,
      },
      configured().run,
    );
    const errors: unknown[] = [];
    const call = { request: resourceRequest(deployment("web")) };
    await served.analyze(call, (error) => errors.push(error?.message));
    assert.deepEqual(errors, ["a newer CLI is needed"]);
  });
});
