import { strict as assert } from "node:assert";
import {
  fromManifest,
  fromPulumi,
  labelOf,
  nameOf,
  namespaceOf,
  type PulumiResource,
} from "../../src/kubernetes/resource";
import { unknown } from "../../src/kubernetes/values";
import { withUnknowns } from "../support/unreadable";

function pulumi(type: string, props: unknown, rest: Partial<PulumiResource> = {}): PulumiResource {
  return { type, urn: `urn:pulumi:test::shop::${type}::web`, name: "web", props, ...rest };
}

describe("fromPulumi", () => {
  /** `[type, props, "group version kind", a patch?]` */
  const cases: [type: string, props: object, expected: string | undefined, isPatch?: boolean][] = [
    ["kubernetes:apps/v1:Deployment", { apiVersion: "apps/v1", kind: "Deployment" }, "apps v1 Deployment"],
    ["kubernetes:apps/v1:Deployment", {}, "apps v1 Deployment"],
    ["kubernetes:extensions/v1beta1:Deployment", {}, "extensions v1beta1 Deployment"],
    ["kubernetes:core/v1:Service", { apiVersion: "v1" }, " v1 Service"],
    ["kubernetes:core/v1:Pod", {}, " v1 Pod"],
    ["kubernetes:core/v1:Pod", { apiVersion: 1 }, " v1 Pod"],
    ["kubernetes:core/v1:Pod", { apiVersion: "" }, " v1 Pod"],
    ["kubernetes:networking/v1:Ingress", { apiVersion: "networking.k8s.io/v1" }, "networking.k8s.io v1 Ingress"],
    ["kubernetes:apisix.apache.org/v2:ApisixRoute", {}, "apisix.apache.org v2 ApisixRoute"],
    ["kubernetes:apps/v1:DeploymentPatch", { kind: "Deployment" }, "apps v1 Deployment", true],
    ["kubernetes:apps/v1:DeploymentPatch", {}, "apps v1 Deployment", true],
    ["kubernetes:example.com/v1:Patch", {}, "example.com v1 Patch", false],
    // A custom resource whose own kind ends like that.
    ["kubernetes:example.com/v1:JSONPatch", { kind: "JSONPatch" }, "example.com v1 JSONPatch", false],
    ["kubernetes:helm.sh/v3:Release", {}, undefined],
    ["kubernetes:helm.sh/v4:Chart", {}, undefined],
    ["kubernetes:yaml:ConfigFile", {}, undefined],
    ["kubernetes:yaml/v2:ConfigGroup", {}, undefined],
    ["pulumi:providers:kubernetes", {}, undefined],
    ["aws:ec2/instance:Instance", {}, undefined],
    ["kubernetes", {}, undefined],
    ["", {}, undefined],
  ];
  for (const [type, props, expected, isPatch = false] of cases) {
    it(`${type} ${JSON.stringify(props)}`, () => {
      const resource = fromPulumi(pulumi(type, props));
      assert.equal(resource && `${resource.group} ${resource.version} ${resource.kind}`, expected);
      if (resource) assert.equal(resource.isPatch, isPatch);
    });
  }

  for (const props of [undefined, null, "text", 5, [], withUnknowns({ apiVersion: "v1" }, "apiVersion")]) {
    it(`takes group and version from the type where the props are ${JSON.stringify(typeof props)}`, () => {
      const resource = fromPulumi(pulumi("kubernetes:apps/v1:Deployment", props));
      assert.equal(resource?.group, "apps");
      assert.equal(resource?.version, "v1");
    });
  }

  it("keeps the props themselves, not a copy", () => {
    const props = { kind: "Deployment" };
    assert.equal(fromPulumi(pulumi("kubernetes:apps/v1:Deployment", props))?.body, props);
  });
});

describe("fromManifest", () => {
  const cases: [manifest: unknown, expected: string | undefined][] = [
    [{ apiVersion: "apps/v1", kind: "Deployment" }, "apps v1 Deployment"],
    [{ apiVersion: "v1", kind: "Pod" }, " v1 Pod"],
    [{ apiVersion: "v1" }, undefined],
    [{ apiVersion: "v1", kind: "" }, undefined],
    [{ apiVersion: 1, kind: "Pod" }, undefined],
    [{ kind: "Pod" }, undefined],
    [null, undefined],
    ["Pod", undefined],
    [[], undefined],
  ];
  for (const [manifest, expected] of cases) {
    it(JSON.stringify(manifest), () => {
      const resource = fromManifest(manifest, "web.yaml#0");
      assert.equal(resource && `${resource.group} ${resource.version} ${resource.kind}`, expected);
    });
  }
});

describe("names and namespaces", () => {
  const autonamed = { "pulumi.com/autonamed": "true" };
  /** `[name of the case, metadata, the provider's props, namespace, label]` */
  const cases: [string, unknown, unknown, string | typeof unknown, string][] = [
    ["both set", { name: "api", namespace: "shop" }, {}, "shop", "Deployment shop/api"],
    ["no namespace", { name: "api" }, {}, "default", "Deployment default/api"],
    ["empty namespace", { name: "api", namespace: "" }, {}, "default", "Deployment default/api"],
    ["the provider's namespace", { name: "api" }, { namespace: "shop" }, "shop", "Deployment shop/api"],
    ["the provider's empty namespace", { name: "api" }, { namespace: "" }, "default", "Deployment default/api"],
    ["its own wins", { name: "api", namespace: "shop" }, { namespace: "x" }, "shop", "Deployment shop/api"],
    ["unknown namespace", { name: "api", namespace: 5 }, {}, unknown, "Deployment api"],
    ["the provider's unknown one", { name: "api" }, { namespace: 5 }, unknown, "Deployment api"],
    [
      "a name made up by the provider",
      { name: "web-1a2b3c4d", annotations: autonamed },
      {},
      "default",
      "Deployment default/web",
    ],
    ["no name yet", {}, {}, "default", "Deployment default/web"],
    ["an empty name", { name: "" }, {}, "default", "Deployment default/web"],
    ["unknown name", { name: 5 }, {}, "default", "Deployment default/web"],
    ["no metadata", undefined, {}, "default", "Deployment default/web"],
    ["metadata that is no object", "shop/api", {}, unknown, "Deployment web"],
  ];
  for (const [name, metadata, provider, namespace, label] of cases) {
    it(name, () => {
      const resource = fromPulumi(
        pulumi("kubernetes:apps/v1:Deployment", { metadata }, { provider: { urn: "provider", props: provider } }),
      );
      assert.ok(resource);
      assert.equal(namespaceOf(resource), namespace);
      assert.equal(labelOf(resource), label);
    });
  }

  it("an autonamed manifest has only the name that it shows", () => {
    const metadata = { name: "web-1a2b3c4d", annotations: autonamed };
    const resource = fromManifest({ apiVersion: "v1", kind: "Pod", metadata }, "web.yaml#0");
    assert.ok(resource);
    assert.equal(labelOf(resource), "Pod default/web-1a2b3c4d");
    assert.equal(nameOf(resource), "web-1a2b3c4d");
  });

  it("a manifest without a name is told as that", () => {
    const resource = fromManifest({ apiVersion: "v1", kind: "Pod" }, "web.yaml#0", "shop");
    assert.ok(resource);
    assert.equal(labelOf(resource), "Pod shop/(unnamed)");
  });

  it("cluster-scoped kinds have no namespace", () => {
    const manifest = { apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name: "apisix" } };
    const resource = fromManifest(manifest, "class.yaml#0");
    assert.ok(resource);
    assert.equal(labelOf(resource), "IngressClass apisix");
  });

  it("a patch is told as one", () => {
    const resource = fromPulumi(pulumi("kubernetes:apps/v1:DeploymentPatch", { metadata: { name: "api" } }));
    assert.ok(resource);
    assert.equal(labelOf(resource), "DeploymentPatch default/api");
  });
});
