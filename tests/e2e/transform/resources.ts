/** A program's resources, with all that a program may give them: secrets, Outputs, values that a preview doesn't know. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** @param own the options that each resource has, beside those that it is about */
export function registerResources(own: pulumi.ResourceOptions = {}): void {
  const namespace = "shop";
  const key = new pulumi.Config().requireSecret("paymentKey");

  // As good as a readiness probe, and no sign that requests come.
  const startupProbe = { tcpSocket: { port: 8080 } };
  type Container = Partial<k8s.types.input.core.v1.Container>;
  const podSpec = (container: Container = {}): k8s.types.input.core.v1.PodSpec => ({
    containers: [{ name: "app", image: "app:1", ports: [{ containerPort: 8080 }], startupProbe, ...container }],
  });
  const spec = (app: string, container: Container = {}): k8s.types.input.apps.v1.DeploymentSpec => ({
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } }, spec: podSpec(container) },
  });
  const deployment = (name: string, of: pulumi.Input<k8s.types.input.apps.v1.DeploymentSpec>, options = own) =>
    new k8s.apps.v1.Deployment(name, { metadata: { name, namespace }, spec: of }, options);
  const sleeps = (script: pulumi.Input<string>): Container => ({
    lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", script] } } },
  });

  // No workload; and where Outputs come from: its id is not known in a preview, its name is.
  const settings = new k8s.core.v1.ConfigMap(
    "settings",
    { metadata: { name: "settings", namespace }, data: { key } },
    own,
  );

  new k8s.apps.v1.Deployment(
    "outputs",
    {
      metadata: { name: "outputs", namespace, annotations: { settings: settings.metadata.name, id: settings.id } },
      spec: {
        ...spec("outputs", {
          image: pulumi.interpolate`app:${settings.id}`,
          env: [
            { name: "KEY", value: key },
            { name: "SETTINGS", value: settings.metadata.name },
          ],
        }),
        replicas: settings.metadata.apply(() => 3),
      },
    },
    {
      ...own,
      ...{ protect: true, ignoreChanges: ["spec.replicas"], replaceOnChanges: ["spec.selector"], retainOnDelete: true },
      ...{ aliases: [{ name: "old-name" }], customTimeouts: { create: "7m" }, additionalSecretOutputs: ["status"] },
      ...{ hideDiffs: ["metadata.annotations"], deletedWith: settings },
    },
  );
  deployment("long-hook", spec("long-hook", sleeps("sleep 40")));
  deployment("secret-hook", spec("secret-hook", sleeps(pulumi.secret("sleep 3"))));
  deployment("unknown-hook", spec("unknown-hook", sleeps(pulumi.interpolate`sleep ${settings.id}`)));
  deployment("secret-spec", pulumi.secret(spec("secret-spec", { env: [{ name: "KEY", value: key }] })));
  deployment(
    "unknown-spec",
    settings.id.apply((id) => spec("unknown-spec", { image: id })),
  );
  deployment("worker", spec("worker", { ports: [] }));
  new k8s.core.v1.Pod("pod", { metadata: { namespace, labels: { app: "pod" } }, spec: podSpec() }, own);
  new k8s.core.v1.Pod("named-pod", { metadata: { name: "named-pod", namespace }, spec: podSpec() }, own);
  const rollout = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" };
  new k8s.apiextensions.CustomResource(
    "rollout",
    {
      ...rollout,
      metadata: { name: "rollout", namespace },
      spec: spec("rollout", { env: [{ name: "KEY", value: key }] }),
    },
    own,
  );
  new k8s.apiextensions.CustomResource(
    "malformed",
    { ...rollout, metadata: { name: "malformed", namespace }, spec: { template: { spec: { containers: "app" } } } },
    own,
  );

  class Shop extends pulumi.ComponentResource {
    constructor(name: string, options: pulumi.ComponentResourceOptions) {
      super("shop:index:Shop", name, { key }, options);
      deployment("child", spec("child"), { parent: this });
    }
  }
  new Shop("component", own);
  new pulumi.Stash("stash", { input: key }, own);

  // What a route reaches, the pack judges.
  for (const app of ["outputs", "long-hook", "secret-hook", "secret-spec", "rollout", "child", "pod"]) {
    const metadata = { name: app, namespace };
    new k8s.core.v1.Service(app, { metadata, spec: { selector: { app }, ports: [{ port: 8080 }] } });
    const backends = [{ serviceName: app, servicePort: 8080 }];
    new k8s.apiextensions.CustomResource(`${app}-route`, {
      ...{ apiVersion: "apisix.apache.org/v2", kind: "ApisixRoute", metadata },
      spec: { ingressClassName: "apisix", http: [{ name: app, match: { paths: [`/${app}`] }, backends }] },
    });
  }
}
