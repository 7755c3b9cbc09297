/** What is rolled out: the same app each time, with another hook and grace period. */
import { images, type KubernetesObject } from "../tests/support/kubernetes";

export interface Scenario {
  /** Of the Deployment, its Service and its route. */
  name: string;
  about: string;
  replicas: number;
  /** The preStop hook's seconds. */
  sleepSeconds?: number;
  /** Kubernetes' own default where it isn't given. */
  gracePeriodSeconds?: number;
  /** How long APISIX takes to use what the ingress controller has put; t is longer by the way there. */
  delaySeconds: number;
}

/** As they are written; each is rolled out again with the pack's repair. */
export const scenarios: readonly Scenario[] = [
  { name: "no-hook", about: "no hook", replicas: 3, delaySeconds: 2 },
  { name: "one-replica", about: "no hook, one replica", replicas: 1, delaySeconds: 2 },
  { name: "short-sleep", about: "a sleep that is shorter than t", replicas: 3, sleepSeconds: 1, delaySeconds: 2 },
  { name: "short-grace", about: "no hook, a short grace period", replicas: 3, gracePeriodSeconds: 5, delaySeconds: 2 },
  {
    name: "sleep-fills-grace",
    about: "a sleep as long as the grace period",
    replicas: 3,
    sleepSeconds: 5,
    gracePeriodSeconds: 5,
    delaySeconds: 2,
  },
  { name: "no-delay", about: "no hook, no added delay", replicas: 3, delaySeconds: 0 },
];

export const namespace = "shop";
const port = 8080;

/** The app's answer takes so many seconds where a request asks for a slow one. */
export const slowSeconds = 8;

/**
 * @param nodeName there is no scheduler
 * @param sharedFolder a folder of the machine, where each Pod notes its SIGTERM in a file of its name
 */
export function objectsOf(
  { name, replicas, sleepSeconds, gracePeriodSeconds }: Scenario,
  { nodeName, sharedFolder }: { nodeName: string; sharedFolder: string },
): KubernetesObject[] {
  const metadata = { name, namespace };
  const labels = { app: name };
  const container = {
    name: "app",
    image: images.app,
    imagePullPolicy: "Never",
    command: ["/stamp", "-listen", `:${port}`, "-drain", "-to", "/shared/$(POD_NAME)"],
    env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
    ports: [{ containerPort: port }],
    readinessProbe: { httpGet: { path: "/", port }, periodSeconds: 1 },
    volumeMounts: [{ name: "shared", mountPath: "/shared" }],
    ...(sleepSeconds === undefined ? {} : { lifecycle: { preStop: { sleep: { seconds: sleepSeconds } } } }),
  };
  const spec = {
    ...(gracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds: gracePeriodSeconds }),
    nodeName,
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    containers: [container],
    volumes: [{ name: "shared", hostPath: { path: sharedFolder } }],
  };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: labels, ports: [{ port: 80, targetPort: port }] },
    },
    {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixRoute",
      metadata,
      spec: {
        http: [
          {
            name: "all",
            match: { paths: [`/${name}/*`] },
            backends: [{ serviceName: name, servicePort: 80 }],
          },
        ],
      },
    },
  ];
}
