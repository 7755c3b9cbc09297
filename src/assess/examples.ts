/** One example of each code, for `explain` and docs/findings.md. */
import type { Fix } from "../shutdown/judge";
import { exactly } from "../shutdown/interval";
import type { Code, FindingData } from "./finding";

const setHook: Fix = { do: "set-hook", container: "web", hook: { sleep: { seconds: 5 } }, replaces: false };
const replaceHook: Fix = { ...setHook, replaces: true };
const setGrace: Fix = { do: "set-grace", seconds: 50 };
const sleepFirst: Fix = { do: "sleep-first", container: "web", seconds: 5, plain: false, stopsApp: false };

export const examples: { readonly [C in Code]: { data: FindingData[C]; fixes?: readonly Fix[] } } = {
  "no-hook": { data: { t: 5, protects: exactly(0), waits: false }, fixes: [setHook] },
  "hook-too-short": {
    data: { t: 5, protects: exactly(2), because: "sleeps 2 s" },
    fixes: [{ ...sleepFirst, plain: true }],
  },
  "hook-fails": {
    data: { t: 5, protects: exactly(0), because: 'runs "sleep" without an operand; the 5 is $0' },
    fixes: [replaceHook],
  },
  "hook-stops-app": { data: { t: 5, protects: exactly(0) }, fixes: [{ ...sleepFirst, stopsApp: true }] },
  "native-sleep-unsupported": {
    data: { t: 5, protects: exactly(0), kubernetesVersion: "1.29" },
    fixes: [{ ...replaceHook, hook: { exec: { command: ["/bin/sh", "-c", "sleep 5"] } } }, { do: "raise-version" }],
  },
  "hook-may-be-too-short": { data: { t: 5, because: "runs a program of unknown length" }, fixes: [sleepFirst] },
  "hook-may-not-run": { data: { t: 5 }, fixes: [replaceHook] },
  "sidecar-unknown": { data: { t: 5 }, fixes: [setHook] },
  "template-unknown": { data: {}, fixes: [{ do: "make-known", field: "the Pod template" }] },
  "grace-unknown": { data: {}, fixes: [{ do: "make-known", field: "terminationGracePeriodSeconds" }] },
  "grace-zero": { data: {}, fixes: [{ ...setGrace, seconds: 15 }] },
  "sleep-exceeds-grace": { data: { sleep: 40, grace: { seconds: 30, isDefault: true } }, fixes: [setGrace] },
  "hook-never-ends": {
    data: { grace: { seconds: 30, isDefault: true } },
    fixes: [{ do: "end-hook", container: "web" }],
  },
  "grace-too-short": {
    data: { grace: { seconds: 30, isDefault: true }, shutdown: 10, hook: exactly(40), stopsApp: false },
    fixes: [setGrace],
  },
  "stop-signal-kills": { data: { shutdown: 10 }, fixes: [{ do: "change-signal", container: "web" }] },
  "spot-nodes": {
    data: { label: "cloud.google.com/gke-spot", grants: 15, needed: 40 },
    fixes: [{ do: "set-ceiling" }],
  },
  "grace-may-be-too-short": {
    data: { grace: { seconds: 30, isDefault: true }, shutdown: 10, because: "waits for a server's answer" },
    fixes: [{ do: "end-hook", container: "web", within: 20, shutdown: 10 }],
  },
  "signal-lost": { data: {}, fixes: [{ do: "exec-app", container: "web" }] },
  "signal-may-be-lost": { data: {}, fixes: [{ do: "exec-app", container: "web" }] },
  "injected-proxy-may-stop-first": {
    data: { t: 5, proxy: { mesh: "Linkerd", proxy: "linkerd-proxy", waits: 2, endsWhenIdle: false } },
    fixes: [{ do: "hold-proxy", mesh: "Linkerd", seconds: 5, mayBeNative: true, endsWhenIdle: false }],
  },
  "publishes-not-ready": { data: { service: "Service shop/web" } },
  "repair-undone": {
    data: {
      workload: "Deployment shop/web",
      path: "spec.template",
      isGone: true,
      blocks: true,
      lands: "rolls-out",
      fixes: [setHook],
    },
  },
  "repair-waits": { data: { workload: "ReplicaSet shop/web", lands: "next-pods" } },
  "mirror-only": {
    data: {
      workload: "Deployment shop/shadow",
      defects: [
        {
          code: "no-hook",
          rule: "sleep",
          certain: true,
          container: "web",
          data: { t: 5, protects: exactly(0), waits: false },
          fixes: [{ do: "set-hook", container: "web", hook: { sleep: { seconds: 5 } }, replaces: false }],
        },
      ],
    },
  },
  "timeout-exceeds-grace": { data: { timeout: 90, left: 25, grace: 95, fits: 25 } },
  "gateway-stops-early": {
    data: {
      workload: "Deployment ingress-apisix/apisix",
      defect: {
        ...{ code: "no-hook", rule: "sleep", certain: true, container: "web", fixes: [setHook] },
        data: { t: 5, protects: exactly(0), waits: false },
      },
    },
  },
  "gateway-cuts-requests": {
    data: { workload: "Deployment ingress-apisix/apisix", needs: 240, by: "default", left: 2, grace: 270 },
  },
  "controller-shutdown": {
    data: {
      workload: "Deployment ingress-apisix/controller",
      defects: [{ code: "grace-zero", rule: "grace", certain: true, data: {}, fixes: [{ ...setGrace, seconds: 15 }] }],
    },
  },
  "connections-cut": {
    data: {
      workload: "Deployment shop/ws",
      mark: { kind: "websocket", resource: "ApisixRoute shop/ws", field: "spec.http[0].websocket: true" },
      seconds: 30,
      mayRaise: true,
    },
  },
  "nothing-takes-over": { data: { workload: "Deployment shop/registry", gaps: [{ is: "recreate" }] } },
  "field-dropped": {
    data: {
      workload: "Deployment shop/web",
      fields: [
        {
          path: "spec.template.spec.containers[0].lifecycle.preStopHook",
          meant: "spec.template.spec.containers[0].lifecycle.preStop",
        },
      ],
      others: 0,
    },
  },
  "keep-alive-connections": { data: { workload: "Deployment shop/web", others: 0 } },
  "sleep-below-advice": {
    data: {
      sleepSeconds: 5,
      reason: { code: "syncs-estimated", seconds: 21, basis: "inferred", routes: 3000, endpoints: 1, cpu: 0.2 },
    },
  },
  "controller-version-loses-endpoints": { data: { id: "first-sync-waits", version: "2.0.1" } },
  "dns-ttl": { data: { workload: "StatefulSet shop/db", others: 1 } },
  "controller-line": {
    data: {
      route: "ApisixRoute shop/web",
      others: 0,
      note: { code: "controller-line", line: "1", because: { code: "no-class" } },
    },
  },
  "dead-route": {
    data: {
      route: "ApisixRoute shop/web",
      others: 0,
      refusals: [{ line: "2", because: { code: "service-port-missing", service: "Service shop/web", port: 9999 } }],
    },
  },
  "exemption-without-effect": {
    data: {
      source: "ignore.apisix-graceful-termination/pre-stop-sleep",
      workload: "Deployment shop/web",
      others: 0,
    },
  },
  "exemption-matches-nothing": { data: { source: "exempt[0]" } },
  "exemption-invalid": {
    data: {
      source: "ignore.apisix-graceful-termination/pre-stop-sleep",
      workload: "Deployment shop/web",
      fault: "no-reason",
    },
  },
  "exemption-policy-unknown": {
    data: {
      annotation: "ignore.apisix-graceful-termination/pre-stop-slep",
      hint: '; did you mean "pre-stop-sleep"?',
    },
  },
  "annotation-not-boolean": { data: { annotation: "apisix-graceful-termination/routed" } },
  "annotation-not-seconds": { data: { annotation: "apisix-graceful-termination/sleep-seconds" } },
  "annotation-above-ceiling": {
    data: { annotation: "apisix-graceful-termination/shutdown-seconds", ceiling: 30 },
  },
  "annotation-below-setting": {
    data: { annotation: "apisix-graceful-termination/sleep-seconds", setting: "sleepSeconds", seconds: 5 },
  },
  "catalog-undated": { data: { file: "catalog.json" } },
  "catalog-stale": { data: { file: "catalog.json", days: 45, most: 30 } },
  "gitops-objects": { data: { objects: ["Application argocd/shop"], others: 0 } },
  "no-routes-seen": { data: { apisix: "Deployment ingress-apisix/apisix", others: 0, mayAnnotate: true } },
  "helm-release": { data: { releases: '"redis"', count: 1 } },
  "resource-unreadable": { data: { resources: ["Deployment web"], others: 0 } },
  "nothing-to-judge": { data: { workloads: 3, mayAnnotate: true } },
  "class-not-in-stack": { data: { class: "edge" } },
  "class-missing": { data: { resource: "Ingress shop/web" } },
  "ingress-class-missing": { data: { ingress: "Ingress shop/web" } },
  "ingress-class-named-twice": { data: { ingress: "Ingress shop/web", annotation: "nginx", field: "apisix" } },
  "class-of-unlisted-controller": { data: { class: "IngressClass edge", resource: "ApisixRoute shop/web" } },
  "gateway-class-not-in-stack": { data: { class: "edge" } },
  "gateway-not-in-stack": { data: { gateway: "infra/edge" } },
  "listener-namespaces-unknown": { data: { gateway: "Gateway infra/edge", namespace: "shop" } },
  "reference-grant-not-in-stack": { data: { route: "HTTPRoute shop/web" } },
  "gateway-proxy-unused": { data: { proxy: "GatewayProxy infra/apisix" } },
  "gateway-proxy-not-in-stack": { data: { proxy: "infra/apisix", by: "Gateway edge/public" } },
  "value-unknown": { data: { field: "spec.http[0].backends[0].serviceName", resource: "ApisixRoute shop/web" } },
  "service-not-in-stack": { data: { service: "Service shop/web" } },
  "service-without-selector": { data: { service: "Service shop/web" } },
  "endpoints-written-by-hand": { data: { service: "Service shop/web" } },
  "service-selects-nothing": { data: { service: "Service shop/web" } },
  "pod-labels-unknown": {
    data: {
      service: "Service shop/web",
      workload: "Deployment shop/web",
      field: "spec.template.metadata.labels",
      more: 0,
    },
  },
  "workload-kind-unknown": {
    data: { workload: "DeploymentConfig shop/web", apiVersion: "apps.openshift.io/v1", kind: "DeploymentConfig" },
  },
  "apisix-upstream-not-in-stack": { data: { upstream: "ApisixUpstream shop/web" } },
  "subset-not-in-stack": {
    data: {
      upstream: "ApisixUpstream shop/web",
      field: "spec.http[0].backends[0].subset",
      route: "ApisixRoute shop/web",
    },
  },
  "plugin-config-not-in-stack": { data: { config: "ApisixPluginConfig shop/auth" } },
  "host-without-namespace": { data: { field: "spec.http[0].plugins[0].config.uri", resource: "ApisixRoute shop/web" } },
  "other-cluster-domain": { data: { field: "spec.externalNodes[0].name", resource: "ApisixUpstream shop/web" } },
  "discovery-name-not-followed": { data: { field: "spec.discovery.serviceName", resource: "ApisixUpstream shop/web" } },
  "discovery-not-followed": { data: { field: "spec.discovery", resource: "ApisixUpstream shop/web" } },
  "upstream-in-secret": { data: { field: "spec.http[0].plugins[0].secretRef", resource: "ApisixRoute shop/web" } },
  "upstream-id-not-followed": { data: { field: "upstream_id", resource: "ConfigMap infra/apisix" } },
  "plugin-not-followed": {
    data: {
      plugin: "geo-lookup",
      field: "spec.http[0].plugins[0].config.url",
      resource: "ApisixRoute shop/web",
      service: "Service shop/geo",
    },
  },
  "apisix-config-unreadable": { data: { key: "apisix.yaml", configMap: "ConfigMap infra/apisix" } },
  "default-backend-not-read": { data: { ingress: "Ingress shop/web" } },
  "backend-resource-not-read": { data: { field: "spec.rules[0].http.paths[0].backend", ingress: "Ingress shop/web" } },
  "service-port-missing": { data: { service: "Service shop/web", port: 81, lost: "backend" } },
  "target-port-missing": {
    data: { service: "Service shop/web", port: 80, targetPort: "http", workload: "Deployment shop/web", more: 0 },
  },
  "job-behind-service": { data: { job: "Job shop/migrate", service: "Service shop/web" } },
  "weight-zero": { data: { service: "Service shop/web" } },
  "split-takes-all": {
    data: { service: "Service shop/web", field: "spec.http[0].plugins[0].config", resource: "ApisixRoute shop/web" },
  },
  "headless-service-as-host": { data: { service: "Service shop/db" } },
  "external-node-of-wrong-type": { data: { service: "Service shop/web" } },
  "service-name-with-dot": {
    data: {
      service: "web.shop.svc.cluster.local",
      field: "spec.http[0].backends[0].serviceName",
      resource: "ApisixRoute edge/web",
      kind: "ApisixRoute",
    },
  },
  "apisix-upstream-refused": { data: { upstream: "ApisixUpstream shop/web", field: "spec.retries" } },
  "apisix-upstream-empty": { data: { upstream: "ApisixUpstream shop/web" } },
  "external-name-without-cluster-ip": { data: { service: "Service shop/web" } },
};
