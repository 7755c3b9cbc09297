import { strict as assert } from "node:assert";
import { readKnowledge } from "../../src/assess";
import { noConfigMaps } from "../../src/shutdown/app/config-maps";
import { consider } from "../../src/assess/alone";
import { judged } from "../support/findings";
import { namespacesOf } from "../../src/assess/injected";
import { messageOf } from "../../src/assess/messages";
import { ofDefect } from "../../src/assess/finding";
import { fromManifest, type Resource } from "../../src/kubernetes/resource";
import { Secrets } from "../../src/kubernetes/secrets";
import { unknown } from "../../src/kubernetes/values";
import { readWorkload } from "../../src/kubernetes/workload";
import type { Settings } from "../../src/settings/schema";

interface Given {
  labels?: object;
  annotations?: object;
  namespace?: object;
  spec?: object;
  settings?: Settings;
  /** Paths of secrets of the workload. */
  secrets?: string[][];
}

const container = (name: string) => ({ name, image: "app", lifecycle: { preStop: { sleep: { seconds: 5 } } } });

/** `proxy: what it waits` of each finding about an injected proxy. */
function found({ labels = {}, annotations = {}, namespace, spec = {}, settings = {}, secrets }: Given) {
  const workload = {
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop" } },
    spec: { template: { metadata: { labels, annotations }, spec: { containers: [container("web")], ...spec } } },
  };
  const place = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", ...namespace } };
  const [resource, other] = [workload, place].map((each, i) => fromManifest(each, String(i))) as [Resource, Resource];
  if (secrets) {
    resource.secrets = new Secrets();
    for (const path of secrets) resource.secrets.add(path, "");
  }
  const read = readWorkload(resource);
  assert.ok(read);
  const around = { configMaps: noConfigMaps, namespace: namespacesOf(namespace ? [other] : [])(read) };
  const of = consider(read, readKnowledge({}, settings), around);
  return of
    .judge(undefined)
    .defects.filter(({ code }) => code === "injected-proxy-may-stop-first")
    .map((defect) => {
      assert.ok(!defect.certain);
      return messageOf(ofDefect(defect, { policy: "apisix-route-blind-spots" }));
    });
}

const linkerd = { "linkerd.io/inject": "enabled" };
const istio = { "sidecar.istio.io/inject": "true" };
const dapr = { "dapr.io/enabled": "true" };
const istioWaits = (config: string) => ({ ...istio, "proxy.istio.io/config": config });
const wait = (seconds: string) => ({ "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": seconds });
const native = (at: string) => ({ [`${at}.linkerd.io/proxy-enable-native-sidecar`]: "true" });

/** `[name, what is given, what the message says of each proxy]` */
const cases: [name: string, given: Given, says: RegExp[]][] = [
  ["no mark", {}, []],
  // Linkerd
  ["Linkerd", { annotations: linkerd }, [/"linkerd-proxy" that Linkerd .* default is 0 s/]],
  ["in ingress mode", { annotations: { "linkerd.io/inject": "ingress" } }, [/Linkerd/]],
  ["disabled", { annotations: { "linkerd.io/inject": "disabled" } }, []],
  ["by its Namespace", { namespace: { annotations: linkerd } }, [/Linkerd/]],
  [
    "disabled in such a Namespace",
    { namespace: { annotations: linkerd }, annotations: { "linkerd.io/inject": "disabled" } },
    [],
  ],
  ["enabled in a Namespace that isn't", { namespace: { annotations: {} }, annotations: linkerd }, [/Linkerd/]],
  ["waits long enough", { annotations: { ...linkerd, ...wait("5") } }, []],
  ["waits too short", { annotations: { ...linkerd, ...wait("2") } }, [/it waits 2 s, .* for 5 s/]],
  ["waits by its Namespace", { annotations: linkerd, namespace: { annotations: wait("9") } }, []],
  [
    "the Pod's wait wins",
    { annotations: { ...linkerd, ...wait("1") }, namespace: { annotations: wait("9") } },
    [/1 s/],
  ],
  ["an absurd wait", { annotations: { ...linkerd, ...wait("1e9") } }, [/default is 0 s/]],
  ["a wait of text", { annotations: { ...linkerd, ...wait("soon") } }, [/default is 0 s/]],
  ["native, GA", { annotations: { ...linkerd, ...native("config") } }, []],
  ["native, beta", { annotations: { ...linkerd, ...native("config.beta") } }, []],
  ["native, alpha", { annotations: { ...linkerd, ...native("config.alpha") } }, []],
  ["native by its Namespace", { annotations: linkerd, namespace: { annotations: native("config.alpha") } }, []],
  [
    "the newest annotation wins",
    {
      annotations: { ...linkerd, ...native("config.alpha"), "config.linkerd.io/proxy-enable-native-sidecar": "false" },
    },
    [/Linkerd/],
  ],
  [
    "native on a cluster that doesn't order sidecars",
    { annotations: { ...linkerd, ...native("config") }, settings: { kubernetesVersion: "1.28" } },
    [/Linkerd[^]*\nFix: annotate the Pod template config\.alpha\.linkerd\.io\/proxy-wait-before-exit-seconds: "5"\.\n/],
  ],
  ["the node's network", { annotations: linkerd, spec: { hostNetwork: true } }, []],
  ["written out", { annotations: linkerd, spec: { containers: [container("web"), container("linkerd-proxy")] } }, []],
  ["ignored", { annotations: linkerd, settings: { ignoreContainers: ["linkerd-*"] } }, []],
  ["another one ignored", { annotations: linkerd, settings: { ignoreContainers: ["istio-proxy"] } }, [/Linkerd/]],
  ["a longer sleep wanted", { annotations: { ...linkerd, ...wait("5") }, settings: { sleepSeconds: 20 } }, [/5 s/]],
  // Istio
  ["Istio by label", { labels: istio }, [/"istio-proxy" that Istio .* default is 5 s/]],
  ["by annotation", { annotations: istio }, [/Istio/]],
  ["the label wins", { labels: { "sidecar.istio.io/inject": "false" }, annotations: istio }, []],
  ["by its Namespace", { namespace: { labels: { "istio-injection": "enabled" } } }, [/Istio/]],
  ["by its Namespace's revision", { namespace: { labels: { "istio.io/rev": "canary" } } }, [/Istio/]],
  ["by its own revision", { labels: { "istio.io/rev": "canary" } }, [/Istio/]],
  ["disabled Namespace", { labels: istio, namespace: { labels: { "istio-injection": "disabled" } } }, []],
  [
    "opted out",
    { labels: { "sidecar.istio.io/inject": "false" }, namespace: { labels: { "istio-injection": "enabled" } } },
    [],
  ],
  ["native", { annotations: { ...istio, "sidecar.istio.io/nativeSidecar": "true" } }, []],
  ["not native", { annotations: { ...istio, "sidecar.istio.io/nativeSidecar": "false" } }, [/Istio/]],
  ["drains long enough", { annotations: istioWaits("terminationDrainDuration: 10s\n") }, []],
  ["drains too short", { annotations: istioWaits("terminationDrainDuration: 3s") }, [/it waits 3 s/]],
  ["as JSON", { annotations: istioWaits('{"terminationDrainDuration":"1.5s"}') }, [/it waits 1.5 s/]],
  ["a comment", { annotations: istioWaits("# terminationDrainDuration: 10s") }, [/default is 5 s/]],
  ["a duration that Istio refuses", { annotations: istioWaits("terminationDrainDuration: 1m") }, [/default is 5 s/]],
  ["broken YAML", { annotations: istioWaits("terminationDrainDuration: [") }, [/default is 5 s/]],
  ["a huge text", { annotations: istioWaits(`terminationDrainDuration: 9s\n${"#".repeat(1e6)}`) }, [/default/]],
  [
    "until no connection is left",
    { annotations: istioWaits('proxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true" }') },
    [],
  ],
  [
    "until no connection is left, at least",
    {
      annotations: istioWaits(
        'proxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true", MINIMUM_DRAIN_DURATION: "2s" }',
      ),
    },
    [
      /it waits 2 s[^]*\nFix: .*, or proxy\.istio\.io\/config with MINIMUM_DRAIN_DURATION: "5s" in its proxyMetadata\.\n/,
    ],
  ],
  // Dapr
  ["Dapr", { annotations: dapr }, [/"daprd" that Dapr .*by default it doesn't/]],
  ["a Namespace of Dapr's", { namespace: { annotations: dapr } }, []],
  ["not enabled", { annotations: { "dapr.io/enabled": "false" } }, []],
  ["blocks long enough", { annotations: { ...dapr, "dapr.io/block-shutdown-duration": "1m5s" } }, []],
  ["blocks too short", { annotations: { ...dapr, "dapr.io/block-shutdown-duration": "1500ms" } }, [/waits 1.5 s/]],
  ["graceful seconds hold nothing", { annotations: { ...dapr, "dapr.io/graceful-shutdown-seconds": "25" } }, [/Dapr/]],
  ["native Dapr", { annotations: { ...dapr, "dapr.io/enable-native-sidecar": "true" } }, []],
  // Several, and what can't be known
  ["two meshes", { annotations: { ...dapr, ...linkerd } }, [/Linkerd/, /Dapr/]],
  ["unknown", { annotations: { "linkerd.io/inject": unknown, "dapr.io/enabled": unknown } }, []],
  ["an unknown wait", { annotations: { ...linkerd, ...wait(unknown as never) } }, [/default is 0 s/]],
  [
    "a secret wait",
    {
      annotations: { ...linkerd, ...wait("2") },
      secrets: [
        ["spec", "template", "metadata", "annotations", "config.alpha.linkerd.io/proxy-wait-before-exit-seconds"],
      ],
    },
    [/default is 0 s/],
  ],
  ["containers that can't be known", { annotations: linkerd, spec: { containers: unknown } }, []],
];

describe("injected proxies", () => {
  for (const [name, given, says] of cases) {
    it(name, () => {
      const messages = found(given);
      assert.equal(messages.length, says.length, messages.join("\n"));
      for (const [i, message] of messages.entries()) assert.match(message, says[i] ?? /$^/);
    });
  }
});

describe("a stack", () => {
  const stack = (labels: object, annotations: object, command: string[]) => [
    {
      type: "kubernetes:core/v1:Namespace",
      name: "shop",
      props: { kind: "Namespace", metadata: { name: "shop", labels } },
    },
    {
      type: "kubernetes:networking.k8s.io/v1:Ingress",
      name: "web",
      props: {
        ...{ kind: "Ingress", metadata: { name: "web", namespace: "shop" } },
        spec: { ingressClassName: "apisix", rules: rulesTo("web") },
      },
    },
    {
      type: "kubernetes:core/v1:Service",
      name: "web",
      props: {
        ...{ kind: "Service", metadata: { name: "web", namespace: "shop" } },
        spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
      },
    },
    {
      type: "kubernetes:apps/v1:Deployment",
      name: "web",
      props: {
        ...{ kind: "Deployment", metadata: { name: "web", namespace: "shop" } },
        spec: {
          template: {
            metadata: { labels: { app: "web" }, annotations },
            spec: { containers: [{ ...container("web"), command, ports: [{ containerPort: 80 }] }] },
          },
        },
      },
    },
  ];
  const rulesTo = (name: string) => [
    { http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { number: 80 } } } }] } },
  ];
  const codes = (...given: Parameters<typeof stack>) =>
    judged(stack(...given))
      .printed.filter((each) => /injected|signal/.test(each))
      .sort();

  it("knows the marks of the Namespace", () =>
    assert.deepEqual(codes({ "istio-injection": "enabled" }, {}, ["java"]), [
      "apisix-route-blind-spots: injected-proxy-may-stop-first web",
    ]));
  it("tells of a signal that is lost, and of one that may be", () => {
    assert.deepEqual(codes({}, {}, ["dash", "-c", "app | tee /log"]), ["apisix-routed-workloads: signal-lost web web"]);
    assert.deepEqual(codes({}, {}, ["sh", "-c", "./wait-for-db.sh; app"]), [
      "apisix-route-blind-spots: signal-may-be-lost web web",
    ]);
  });
});
