import assert from "node:assert/strict";
import { messageOf } from "../../../src/assess";
import { judged } from "../../support/findings";
import { preview, secret, UNKNOWN, type TestResource } from "../../support/host";
import { apisixRoute, deployment, service } from "../../support/resources";

const codes = ["sleep-below-advice", "controller-version-loses-endpoints"];

const controller = (image: unknown, adc: object = {}) =>
  deployment(
    "aic",
    { name: "manager", image },
    {
      labels: { app: "aic" },
      pod: {
        containers: [
          { name: "manager", image },
          { name: "adc", image: "ghcr.io/api7/adc:0.27.1", ...adc },
        ],
      },
    },
  );
const limit = (cpu: unknown) => ({ resources: { limits: { cpu } } });
const proxy: TestResource = {
  type: "kubernetes:apisix.apache.org/v1alpha1:GatewayProxy",
  name: "proxy",
  props: {
    apiVersion: "apisix.apache.org/v1alpha1",
    kind: "GatewayProxy",
    metadata: { name: "apisix", namespace: "shop" },
    spec: { provider: { type: "ControlPlane", controlPlane: { mode: "apisix", endpoints: ["http://a"] } } },
  },
};
const image = "apache/apisix-ingress-controller:2.2.0";
/** An ApisixRoute of so many rules. */
function routeOf(count: number): TestResource {
  const route = apisixRoute("web");
  (route.props.spec as { http: unknown }).http = Array.from({ length: count }, (_, i) => ({
    name: `rule-${i}`,
    match: { paths: [`/${i}`] },
    backends: [{ serviceName: "web", servicePort: 80 }],
  }));
  return route;
}
const many = routeOf(1000);
const slow = [controller(image, limit("100m")), proxy, service("web"), many];

const of = (resources: readonly TestResource[], settings = {}) =>
  judged(resources, settings).findings.filter(({ code }) => codes.includes(code));

describe("advice on t", () => {
  it("is one line, for the controller, where the stack says that t is longer", () => {
    const [finding, ...others] = of(slow);
    assert.ok(finding && others.length === 0);
    assert.deepEqual(
      [finding.code, finding.subject?.logicalName, finding.certain],
      ["sleep-below-advice", "aic", false],
    );
    assert.match(messageOf(finding), /^sleepSeconds is 5 s, and APISIX may send a Pod requests for up to 14 s: /);
  });

  it("names no number that no setting takes", () => {
    const fixOf = (count: number) => {
      const [finding] = of([controller(image, limit("1m")), proxy, service("web"), routeOf(count)]);
      return finding && messageOf(finding);
    };
    assert.match(fixOf(1000) ?? "", /Fix: set sleepSeconds to 1301,/);
    assert.match(fixOf(3000) ?? "", /Fix: no sleepSeconds is that long \(3600 at most\): shorten the syncs first\./);
  });

  it("is none where the settings cover it", () => assert.deepEqual(of(slow, { sleepSeconds: 14 }), []));

  it("is none where little is known", () => {
    const cases: TestResource[][] = [
      [service("web"), many],
      [controller(image, limit("100m")), proxy],
      [controller("acme/controller:2.0.1", limit("100m")), service("web"), many],
      [controller(UNKNOWN, limit(UNKNOWN)), proxy, service("web"), many],
      [controller(image), proxy, service("web"), many],
    ];
    for (const resources of cases) assert.deepEqual(of(resources), []);
  });

  it("blames no number below the documentation's by that alone", () => {
    assert.deepEqual(of([controller(image), proxy, service("web"), apisixRoute("web")], { sleepSeconds: 3 }), []);
  });

  it("names versions that no sleep helps", () => {
    const [finding, ...others] = of([controller("apache/apisix-ingress-controller:2.0.0-rc4")]);
    assert.ok(finding && others.length === 0);
    assert.match(
      messageOf(finding),
      /^No sleep is long enough with controller 2\.0\.0-rc4: .*\n[^]*Fix: upgrade the controller to 2\.2\.0 or later; its ADC .* \(https:/,
    );
  });

  it("reads no secret", async () => {
    const secrets = [
      [controller(secret("apache/apisix-ingress-controller:2.0.0-rc4"))],
      [controller(image, limit(secret("100m"))), proxy, service("web"), many],
    ];
    for (const resources of secrets) {
      const { violations } = await preview(resources);
      const own = violations
        .map(({ message }) => message)
        .filter((each) => /rc4|100m|0\.1 CPUs|long enough/.test(each));
      assert.deepEqual(own, []);
    }
  });
});
