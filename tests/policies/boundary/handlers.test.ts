import assert from "node:assert/strict";
import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import {
  apply,
  assess,
  assessResource,
  messageOf,
  readKnowledge,
  type Finding,
  type ResourcePolicyName,
} from "../../../src/assess";
import { fromPulumi } from "../../../src/kubernetes/resource";
import {
  configured,
  resourceRequest,
  rpcFunctions,
  sdkFunctions,
  secret,
  servedPack,
  stackRequest,
  UNKNOWN,
  urnOf,
  type Policy,
  type TestResource,
} from "../../support/host";
import { apisixRoute, barePod, behind, deployment, hook, nativeSleep, routed, service } from "../../support/resources";
import { mayBeWorkload } from "../../../src/kubernetes/workload";

/**
 * The same judgements of the values that the SDK itself hands to policies: whatever the boundary decodes and leaves out
 * makes no difference.
 */
const knowledge = readKnowledge();
const sdkPolicies = configured().policies.map((policy): Policy => {
  const own = ({ policy: name, reported, excuses }: Finding) =>
    name === policy.name && reported && excuses.length === 0;
  if ("validateStack" in policy) {
    return {
      ...policy,
      validateStack: ({ resources }, report) => {
        const urns = (all: readonly PolicyResource[]) => all.map(({ urn }) => urn);
        const planned = resources.map((each) => ({
          ...each,
          dependencies: urns(each.dependencies),
          propertyDependencies: Object.fromEntries(
            Object.entries(each.propertyDependencies).map(([property, on]) => [property, urns(on)]),
          ),
        }));
        const { findings } = assess({ planned, repaired: new Map(), reported: new Map() }, knowledge, new Date());
        for (const each of findings.filter(own)) report(messageOf(each), each.subject?.id);
      },
    };
  }
  const name = policy.name as ResourcePolicyName;
  const judged = (args: ResourceValidationArgs) => {
    const resource = fromPulumi(args);
    return resource && assessResource(resource, knowledge, new Date());
  };
  return {
    ...policy,
    remediateResource: (args) => {
      const edits = judged(args)?.remedy(name) ?? [];
      apply(edits);
      return edits.length > 0 ? args.props : undefined;
    },
    validateResource: (args, report) => {
      for (const each of judged(args)?.findings(name, "reported").filter(own) ?? []) report(messageOf(each));
    },
  };
});
const [sdk, served] = [rpcFunctions(sdkFunctions(sdkPolicies)), servedPack(configured())];
const bytes = (answer: { serializeBinary(): Uint8Array }) => Buffer.from(answer.serializeBinary());

const object = (type: string, props: object = {}): TestResource => ({
  ...deployment("web"),
  type,
  props: { ...props },
});

/** Resources of all kinds of types: those that no resource policy reads, and those that one does. */
const resources: [what: string, resource: TestResource, isHandedOn: boolean][] = [
  ["another provider's", object("aws:s3/bucket:Bucket", { name: "x", tags: { a: UNKNOWN } }), false],
  ["a component", object("shop:index:Deployment", { replicas: 2 }), false],
  ["a provider", object("pulumi:providers:kubernetes", { kubeconfig: secret("x") }), false],
  ["the stack", object("pulumi:pulumi:Stack"), false],
  ["a Helm release", object("kubernetes:helm.sh/v3:Release", { chart: "x" }), false],
  ["a Chart", object("kubernetes:helm.sh/v4:Chart"), false],
  ["a ConfigGroup", object("kubernetes:yaml/v2:ConfigGroup"), false],
  ["a Service", service("web"), false],
  ["a route", apisixRoute("web"), false],
  ["a Job", deployment("job", {}, { kind: "Job", type: "kubernetes:batch/v1:Job" }), false],
  ["a Deployment that is fine", deployment("web", nativeSleep(5)), true],
  ["a Deployment that is repaired", deployment("web"), true],
  ["a Deployment that is routed", deployment("web", hook("/drain"), routed), true],
  ["a Deployment of another group", deployment("web", {}, { type: "kubernetes:example.org/v1:Deployment" }), true],
  ["a patch", deployment("web", nativeSleep(1), { kind: "DeploymentPatch" }), true],
  ["a Pod", barePod("web", routed), true],
  ["a PodPatch", { ...barePod("web"), type: "kubernetes:core/v1:PodPatch" }, true],
  ["a Rollout", deployment("web", {}, { type: "kubernetes:argoproj.io/v1alpha1:Rollout" }), true],
  ["one with secrets", deployment("web", { env: [{ name: "A", value: secret("x") }] }), true],
  [
    "one with a secret spec",
    object("kubernetes:apps/v1:Deployment", { spec: secret(deployment("web").props.spec) }),
    true,
  ],
  ["one that isn't known", object("kubernetes:apps/v1:Deployment", { spec: UNKNOWN }), true],
];

describe("a resource at the engine boundary", () => {
  for (const [what, resource, isHandedOn] of resources) {
    it(`is answered as by the SDK: ${what}`, async () => {
      assert.equal(mayBeWorkload(resource.type), isHandedOn);
      for (const method of ["analyze", "remediate"] as const) {
        assert.deepEqual(
          bytes(await served[method](resourceRequest(resource))),
          bytes(await sdk[method](resourceRequest(resource))),
        );
      }
    });
  }

  it("is decoded once for all policies, if one reads its type, and by the SDK if it is repaired", async () => {
    for (const [, resource, isHandedOn] of resources) {
      for (const method of ["analyze", "remediate"] as const) {
        const request = resourceRequest(resource);
        let decoded = 0;
        const struct = request.getProperties()!;
        const original = struct.toJavaScript.bind(struct);
        struct.toJavaScript = () => (decoded++, original());
        request.getProperties = () => struct;
        const answer = await served[method](request);
        const isRepaired = "getRemediationsList" in answer && answer.getRemediationsList().length > 0;
        assert.equal(decoded, (isHandedOn ? 1 : 0) + (isRepaired ? 1 : 0), resource.type);
      }
    }
  });
});

const bucket = object("aws:s3/bucket:Bucket", { bucket: UNKNOWN });
const component: TestResource = { type: "shop:index:App", name: "app", props: {} };
const comesFrom = (...names: string[]) => ({ propertyDependencies: { spec: names } });

/** Stacks of which a part is taken out. */
const stacks: [what: string, resources: TestResource[]][] = [
  ["nothing", []],
  ["other resources only", [bucket, component]],
  ["a shop and other resources", [bucket, ...behind(deployment("web")), component]],
  ["a workload that waits for another resource", [bucket, ...behind({ ...deployment("web"), ...comesFrom("bucket") })]],
  [
    "a name that comes from a Service, beside another resource",
    [
      { ...bucket, name: "b" },
      deployment("web"),
      service("web"),
      { ...apisixRoute("r", UNKNOWN), ...comesFrom("b", "web") },
    ],
  ],
  [
    "a name that comes from another resource",
    [{ ...bucket, name: "b" }, ...behind(deployment("web")), { ...apisixRoute("r", UNKNOWN), ...comesFrom("b") }],
  ],
  [
    "a Helm release with values",
    [{ type: "kubernetes:helm.sh/v3:Release", name: "redis", props: { values: { a: secret("x"), b: UNKNOWN } } }],
  ],
  [
    "a namespace of which only another kind is in the stack",
    [
      {
        ...apisixRoute("web"),
        props: {
          ...apisixRoute("web").props,
          spec: {
            ingressClassName: "apisix",
            http: [
              { name: "a", plugins: [{ name: "forward-auth", enable: true, config: { uri: "http://auth.infra" } }] },
            ],
          },
        },
      },
      { type: "kubernetes:core/v1:ConfigMap", name: "c", props: { metadata: { name: "c", namespace: "infra" } } },
    ],
  ],
];

describe("a stack at the engine boundary", () => {
  for (const [what, all] of stacks) {
    it(`is judged as by the SDK: ${what}`, async () => {
      const served = servedPack(configured());
      const [own, other] = [await served.analyzeStack(stackRequest(all)), await sdk.analyzeStack(stackRequest(all))];
      assert.deepEqual(bytes(own), bytes(other));
    });
  }

  it("doesn't reach the SDK: the policies have it from the boundary", async () => {
    const request = stackRequest([bucket, ...behind(deployment("web")), component]);
    const { policies, run } = configured();
    await servedPack({ policies, run }).analyzeStack(request);
    assert.deepEqual(request.getResourcesList(), []);
    assert.deepEqual(
      run.seen.stack.map(({ urn }) => urn),
      behind(deployment("web")).map(urnOf),
    );
  });
});
