/** The words for what routing finds: blind spots, and notes on ways. Data in, text out. */
import type {
  BlindSpot,
  BlindSpotCode,
  BlindSpotData,
  ControllerLine,
  LineNote,
  LostByPort,
  Note,
  Problem,
} from "../routing";
import { annotationPrefix } from "../settings/exemptions";
import {
  correctUpstream,
  dropGranularity,
  fixText,
  giveNodes,
  insteadOfDots,
  nameBackend,
  portFix,
  quoted,
  refusalText,
} from "./refusal-messages";

/** The words for one code. */
export interface BlindSpotMessage<Data> {
  /** What can't be seen and why: one or two sentences. */
  what: (data: Data) => string;
  /** What to do: an imperative that follows a label such as `Fix:`. */
  fix: (data: Data) => string;
  /** For those who look the code up: why the pack can't see it, and what that means for them. */
  why: string;
  /** Nothing is hidden: APISIX's controller refuses or ignores it. Advice on the routes rather than a blind spot. */
  advice?: true;
}

const annotation = `${annotationPrefix}routed: "true"`;

const notSeen: Record<"route" | "workload", string> = {
  route: "The pack doesn't follow the route until then, and reports none of the workloads behind it.",
  workload:
    "The annotation tells the pack that APISIX sends the workload requests, so its resource policies hold there. This report stays, because the route itself still can't be followed.",
};

const lostByPort: Record<LostByPort, string> = {
  requests: "no request arrives",
  backend: "APISIX gets no upstream for this backend",
  "route-on-1": "APISIX gets no upstream for this backend, and controller 1.x drops the whole route",
};

export const blindSpotMessages: { readonly [C in keyof BlindSpotData]: BlindSpotMessage<BlindSpotData[C]> } = {
  "class-not-in-stack": {
    what: ({ class: name }) =>
      `IngressClass ${name} is neither in this stack nor in the setting ingressClasses, so the pack can't tell whether it is APISIX's.`,
    fix: ({ class: name }) => `add "${name}" to ingressClasses if it is APISIX's.`,
    why: `A class belongs to APISIX if its controller does. This class is created elsewhere, so the pack can't read its controller. ${notSeen.route}`,
  },
  "class-missing": {
    what: ({ resource }) =>
      `${resource} has no ingressClassName. APISIX ingress controller 2.x takes it only if the cluster's default IngressClass is APISIX's, and this stack has no such class.`,
    fix: () =>
      "set spec.ingressClassName to the name of APISIX's IngressClass, or say in defaultIngressClass which class is the cluster's default.",
    why: `Version 1.x of the controller takes resources without a class; version 2.x takes them only through a default IngressClass. The pack can't see a default class that is created elsewhere. ${notSeen.route}`,
  },
  "ingress-class-missing": {
    what: ({ ingress }) =>
      `${ingress} has no class, so the cluster's default IngressClass gets it. This stack doesn't settle which class that is, so the pack can't tell whether it is APISIX's.`,
    fix: () =>
      "set spec.ingressClassName, or say in defaultIngressClass which class is the cluster's default (empty if it has none).",
    why: `The API server writes the default class into an Ingress without one. The default class is nearly always another stack's, and of several the newest counts. Something in this stack has to do with APISIX, so its Ingresses may, too. ${notSeen.route}`,
  },
  "ingress-class-named-twice": {
    advice: true,
    what: ({ ingress, annotation, field }) =>
      `${ingress} names two classes: ${annotation} in the annotation kubernetes.io/ingress.class and ${field} in spec.ingressClassName. Kubernetes refuses to create it.`,
    fix: () => "remove the annotation.",
    why: "Kubernetes creates an Ingress only if both names are equal. It lets an update through that makes them differ; then controller 1.x goes by the annotation and 2.x by the field.",
  },
  "class-of-unlisted-controller": {
    what: ({ class: name, resource }) =>
      `${resource} is of ${name}, whose controller is not in the setting controllerNames, so the pack can't tell whether APISIX takes it.`,
    fix: () =>
      "add the controller's name to controllerNames if it is APISIX's. If your controller 1.x has the class apisix-and-all, add that to ingressClasses. Otherwise name a class of APISIX's in the resource.",
    why: `Only APISIX's controllers read resources of this kind, and controller 2.x goes by the controller name of the class. ${notSeen.route}`,
  },
  "gateway-class-not-in-stack": {
    what: ({ class: name }) =>
      `GatewayClass ${name} is neither in this stack nor in the setting gatewayClasses, so the pack can't tell whether it is APISIX's.`,
    fix: ({ class: name }) => `add "${name}" to gatewayClasses if it is APISIX's.`,
    why: `A Gateway belongs to APISIX if the controller of its class does. This class is created elsewhere, and only its name or its parameters suggest APISIX. ${notSeen.route}`,
  },
  "gateway-not-in-stack": {
    what: ({ gateway }) =>
      `Gateway ${gateway} is neither in this stack nor in the setting gateways, so the pack can't tell whether it is APISIX's.`,
    fix: ({ gateway }) =>
      `add "${gateway.includes("/") ? gateway : `<its namespace>/${gateway}`}" to gateways if it is APISIX's. Once the list has an entry, Gateways outside it count as another controller's.`,
    why: `A route is APISIX's if a Gateway that it names is. This Gateway is created elsewhere, so the pack can read neither its class nor its listeners. ${notSeen.route}`,
  },
  "listener-namespaces-unknown": {
    what: ({ gateway, namespace }) =>
      `The pack can't tell whether a listener of ${gateway} accepts routes from ${namespace === undefined ? "this route's namespace" : `namespace ${namespace}`}: it can't read the listener's namespace selector or the namespace's labels.`,
    fix: ({ namespace }) =>
      `manage ${namespace === undefined ? "the Namespace" : `Namespace ${namespace}`} and its labels in this stack, or select it by the label kubernetes.io/metadata.name.`,
    why: `A listener may accept routes only from namespaces with certain labels. The labels of a Namespace that is created elsewhere can't be read, apart from kubernetes.io/metadata.name, which the API server sets. ${notSeen.route}`,
  },
  "reference-grant-not-in-stack": {
    what: ({ route }) =>
      `No ReferenceGrant in this stack lets ${route} name a Service in another namespace. APISIX ingress controller 2.x needs one to send it requests.`,
    fix: () =>
      `add a ReferenceGrant to the Service's namespace. If another stack has it, annotate the workload with ${annotation}.`,
    why: "Version 2.x of the controller follows a route to a Service in another namespace only with a ReferenceGrant there. The pack can't see a grant that is created elsewhere, so it doesn't count the workload as routed.",
  },
  "gateway-proxy-unused": {
    what: ({ proxy }) =>
      `No IngressClass or Gateway in this stack uses ${proxy}, so the pack can't tell whether its plugins send requests to Services.`,
    fix: () =>
      `name it in an IngressClass or a Gateway. If another stack does so, annotate the workloads that its plugins call with ${annotation}.`,
    why: "The plugins of a GatewayProxy run for all requests, once an IngressClass or a Gateway names it. The one that does so may be created elsewhere. Its plugins name Services of this stack, so the pack reports it.",
  },
  "gateway-proxy-not-in-stack": {
    what: ({ proxy, by }) =>
      `${by} names GatewayProxy ${proxy}, which is not in this stack. Without it, APISIX ingress controller 2.x pushes nothing.`,
    fix: ({ proxy }) => `add "${proxy}" to gatewayProxies if another stack has it.`,
    why: `A GatewayProxy tells controller 2.x which APISIX to send to. ${notSeen.route}`,
  },
  "value-unknown": {
    what: ({ field, resource }) =>
      `${field} of ${resource} is not known in this preview or has the wrong type, so the pack can't see which workloads it leads to.`,
    fix: () => "write a value of the right type that the preview knows, or preview again after the first update.",
    why: "In a preview, an output of a resource that doesn't exist yet has no value. The pack follows Pulumi's dependencies if they lead to exactly one resource. Otherwise it would have to guess, so it reports the field.",
  },
  "service-not-in-stack": {
    what: ({ service, release }) =>
      release === undefined
        ? `${service} is not in this stack, so the pack can't see which workloads it selects.`
        : `${service} is not in this stack. The Helm release "${release}" probably installs it, and the pack can't see what a release installs.`,
    fix: ({ release }) =>
      release !== undefined
        ? "use kubernetes.helm.v4.Chart, which registers its resources, or check what runs with `apisix-graceful-termination check --cluster`."
        : `annotate its workload with ${annotation} in the stack that deploys it, or give that stack a route catalog.`,
    why: `A route of this stack names a Service of another stack, of a Helm release, or one that doesn't exist. A preview shows the pack one stack only, and of a release only its name, so no annotation of its workloads reaches the pack. ${notSeen.workload}`,
  },
  "service-without-selector": {
    what: ({ service }) => `${service} has no selector, so the pack can't see which Pods are behind it.`,
    fix: () => `add a selector, or annotate the workload behind it with ${annotation}.`,
    why: `Something other than the Service controller writes the endpoints of a Service without a selector, so nothing in the stack leads to its Pods. ${notSeen.workload}`,
  },
  "endpoints-written-by-hand": {
    what: ({ service }) =>
      `${service} has no selector and its endpoints are written by hand, so the pack can't see which Pods are behind it.`,
    fix: () => `add a selector if Pods of this cluster are behind it, or annotate their workload with ${annotation}.`,
    why: `Endpoints hold addresses, and an address doesn't lead to a workload. It may also be outside the cluster; then there is nothing to do. ${notSeen.workload}`,
  },
  "service-selects-nothing": {
    what: ({ service }) =>
      `${service} selects no Pods of the workloads in this stack. The pack can't see Pods that another stack or an operator creates.`,
    fix: () =>
      `compare its selector with the labels of the Pod template. If the workload is in another stack, annotate it there with ${annotation}.`,
    why: `The labels of the Pod template must have all labels of the selector, in the same namespace. Either the selector is wrong, or the Pods come from another stack or an operator. ${notSeen.workload}`,
  },
  "pod-labels-unknown": {
    what: ({ service, workload, field, more }) =>
      `The pack can't tell whether ${service} selects ${workload}${more > 0 ? ` and ${more} more` : ""}: ${field} is not known in this preview or has the wrong type.`,
    fix: () => `write Pod labels that the preview knows, or annotate the workload with ${annotation}.`,
    why: "A Service selects Pods by their labels. These labels come from an output that has no value yet, or from something outside the stack, so the pack neither blames the workload nor clears it.",
  },
  "workload-kind-unknown": {
    what: ({ workload, kind }) =>
      `Requests reach the Pods of ${workload}, but the pack doesn't know ${kind} as a kind of workload, so it doesn't check how they terminate.`,
    fix: ({ apiVersion, kind }) => `add { "apiVersion": "${apiVersion}", "kind": "${kind}" } to the setting workloads.`,
    why: "The resource has a Pod template whose labels the Service selects. The pack knows where the Pod template of Kubernetes' own kinds, Argo Rollouts and OpenKruise's kinds stands. The setting workloads adds others.",
  },
  "apisix-upstream-not-in-stack": {
    what: ({ upstream }) => `${upstream} is not in this stack, so the pack can't see where it leads.`,
    fix: () => `move it to the stack of the route, or annotate the workload behind it with ${annotation}.`,
    why: `An ApisixUpstream may lead to a host name, an ExternalName Service or a service discovery. ${notSeen.workload}`,
  },
  "subset-not-in-stack": {
    what: ({ upstream, field, route }) =>
      `${upstream} is not in this stack. It defines the subset at ${field} of ${route}, so the pack can't tell which Pods get requests.`,
    fix: () => `move it to the stack of the route, or annotate the workload with ${annotation}.`,
    why: `A subset narrows a Service to Pods with further labels, and the ApisixUpstream with the Service's name holds them. ${notSeen.workload}`,
  },
  "plugin-config-not-in-stack": {
    what: ({ config }) =>
      `${config} is not in this stack, so the pack can't see whether its plugins send requests to a Service.`,
    fix: () => `move it to the stack of the route, or annotate the workloads that its plugins call with ${annotation}.`,
    why: "Plugins such as traffic-split and forward-auth send requests to hosts of their own. Most plugins don't, so this often hides nothing. The backends of the route are followed all the same.",
  },
  "host-without-namespace": {
    what: ({ field, resource }) =>
      `${field} of ${resource} is a host name without a namespace. APISIX looks it up in its own namespace, which the pack doesn't know.`,
    fix: () => "set apisixNamespace, or write the host name as <service>.<namespace>.svc.",
    why: "A short host name means the Service of that name in the namespace of APISIX's own Pods. The stack has a Service of that name, and it may be another one.",
  },
  "other-cluster-domain": {
    what: ({ field, resource }) =>
      `${field} of ${resource} names a Service in a cluster domain that differs from the setting clusterDomain, so the pack doesn't follow it.`,
    fix: () => "set clusterDomain if the host name uses the domain of this cluster.",
    why: "A name such as web.shop.svc.example.org is a Service of this cluster only if example.org is its domain. Otherwise it is a host of another cluster, and there is nothing to do.",
  },
  "discovery-name-not-followed": {
    what: ({ field, resource }) =>
      `${field} of ${resource} is not of the form namespace/service:port, so the pack can't tell which Service the Kubernetes service discovery finds.`,
    fix: () => `write <namespace>/<service>:<port>, or annotate the workload behind it with ${annotation}.`,
    why: `With several clusters, APISIX's service discovery takes names that start with the id of a cluster, and only APISIX's own configuration says which cluster that is. ${notSeen.workload}`,
  },
  "discovery-not-followed": {
    what: ({ field, resource }) =>
      `${field} of ${resource} names a service of a discovery other than Kubernetes and DNS, which the pack can't follow.`,
    fix: () => `annotate the workload behind it with ${annotation} if it runs in this cluster.`,
    why: `Registries such as Consul and Nacos know the addresses of a service; no manifest does. ${notSeen.workload}`,
  },
  "upstream-in-secret": {
    what: ({ field, resource }) =>
      `${field} of ${resource} takes a part of the plugin's configuration from a Secret, so the pack can't see where the plugin sends requests.`,
    fix: () => `write the host into the plugin's config, or annotate the workload behind it with ${annotation}.`,
    why: `The controller merges the keys of the Secret into the plugin's configuration. The pack doesn't read Secrets. ${notSeen.workload}`,
  },
  "upstream-id-not-followed": {
    what: ({ field, resource }) =>
      `${field} of ${resource} names an upstream that only APISIX itself holds, so the pack can't see where it leads.`,
    fix: () => `write the upstream out in the plugin's config, or annotate the workload behind it with ${annotation}.`,
    why: `The upstream was created through APISIX's Admin API, or by the controller under an id of its own. ${notSeen.workload}`,
  },
  "plugin-not-followed": {
    what: ({ plugin, field, resource, service }) =>
      `${field} of ${resource} holds the name of ${service}, but the pack can't tell whether the plugin ${plugin} sends requests there.`,
    fix: () => `annotate the workload behind the Service with ${annotation} if the plugin sends requests to it.`,
    why: `The pack knows which fields of APISIX's own plugins name hosts. A custom plugin, or one that runs code, can use a name for anything. ${notSeen.workload}`,
  },
  "apisix-config-unreadable": {
    what: ({ key, configMap }) => `${key} in ${configMap} is not valid YAML, so the pack can't see its routes.`,
    fix: () => "correct the YAML.",
    why: "In standalone mode APISIX reads all its routes from this file. The pack can't parse it, so it follows none of them.",
  },
  "default-backend-not-read": {
    what: ({ ingress }) => `APISIX doesn't read the default backend of ${ingress}, so it sends no requests there.`,
    fix: () => "add a rule for the path / with that backend, or remove the default backend.",
    why: "No version of APISIX's controller reads spec.defaultBackend of an Ingress. APISIX answers requests that match no rule with 404.",
    advice: true,
  },
  "backend-resource-not-read": {
    what: ({ field, ingress }) => `APISIX doesn't read ${field} of ${ingress}, so this path leads nowhere.`,
    fix: () => "name a Service in the backend, or remove the path.",
    why: "An Ingress may name an object other than a Service as its backend. No version of APISIX's controller reads it.",
    advice: true,
  },
  "service-port-missing": {
    what: ({ service, port, lost }) => `${service} has no port ${quoted(port)}, so ${lostByPort[lost]}.`,
    fix: ({ port }) => portFix(port),
    why: "The controller looks for the port among the ports of the Service, by number or by name, and doesn't fall back to the ports of the containers. This path sends no requests, so the pack doesn't check the workloads behind it.",
    advice: true,
  },
  "target-port-missing": {
    what: ({ service, port, targetPort, workload, more }) =>
      `${service} sends port ${quoted(port)} to the container port "${targetPort}", and no container of ${workload}${more > 0 ? ` and ${more} more` : ""} declares a port of that name, so no request arrives there.`,
    fix: ({ targetPort, more }) =>
      `name the container's port "${targetPort}", or write its number as the Service's targetPort. If an admission webhook adds the container that has the port, annotate ${more > 0 ? "the workloads" : "the workload"} with ${annotation}.`,
    why: "Kubernetes looks a targetPort up by its name, among the ports that the containers and native sidecars of a Pod declare for the protocol of the Service's port. A Pod without that port gets no requests for it, so the pack doesn't check its workload by this path.",
    advice: true,
  },
  "job-behind-service": {
    what: ({ job, service }) =>
      `${service} selects the Pods of ${job}. They end by themselves, and requests that they have then are lost, whatever their hooks do.`,
    fix: () => "give the Service a label to select that the Job's Pods lack, or run a server as a Deployment.",
    why: "A Service sends requests to every ready Pod with its labels, so also to the Pods of a Job that has the labels of an app. The Pods of a Job end when their work is done, without a deletion, so no hook runs and nothing delays their end.",
    advice: true,
  },
  "weight-zero": {
    what: ({ service }) =>
      `The weight of ${service} is 0, so APISIX sends it no requests, and the pack doesn't check the workloads behind it.`,
    fix: () =>
      `raise the weight or remove the backend. To prepare its workloads now, annotate them with ${annotation}.`,
    why: "A backend with weight 0 is common before and after a canary release. Its workloads get requests as soon as the weight rises, and the pack checks them then.",
    advice: true,
  },
  "split-takes-all": {
    what: ({ service, field, resource }) =>
      `APISIX sends ${service} no requests: the traffic split in ${field} of ${resource} sends all of them elsewhere. The pack doesn't check the workloads behind it.`,
    fix: () =>
      `add an entry without an upstream to the split's weighted_upstreams, with a weight above 0, or remove the backend. To prepare its workloads now, annotate them with ${annotation}.`,
    why: "In the plugin traffic-split, an entry without an upstream stands for the backend of the route itself. Without such an entry, or with its weight at 0, the backend gets no requests. This is common at the end of a canary release.",
    advice: true,
  },
  "headless-service-as-host": {
    what: ({ service }) =>
      `resolveGranularity is "service", but ${service} is headless. APISIX gets "None" for a host, and no request arrives.`,
    fix: () => 'remove resolveGranularity, or set it to "endpoint".',
    why: 'With resolveGranularity "service", the controller gives APISIX the cluster IP of the Service. A headless Service has none. No requests arrive, so the pack doesn\'t check the workloads behind it.',
    advice: true,
  },
  "external-node-of-wrong-type": {
    what: ({ service }) =>
      `${service} is an external node of an ApisixUpstream, but its type isn't ExternalName, so APISIX gets no upstream.`,
    fix: () => nameBackend,
    why: "The controller takes a Service as an external node only if its type is ExternalName. This path sends no requests, so the pack doesn't check the workloads behind it.",
    advice: true,
  },
  "service-name-with-dot": {
    what: ({ service, field, resource, kind }) =>
      `${field} of ${resource} is "${service}", but the name of a Service has no dots, so ${kind === "Ingress" ? "the API server refuses the Ingress" : "APISIX never finds one"}.`,
    fix: ({ kind }) => insteadOfDots(kind),
    why: "Routes name a Service by its name, not by its host name, and look it up in one namespace. Controller 1.x drops a whole route for a missing Service, and 2.x for one in a stream rule. No request arrives, so the pack doesn't check the workloads behind it.",
    advice: true,
  },
  "apisix-upstream-refused": {
    what: ({ upstream, field }) =>
      `The controller refuses ${upstream} for its ${field}, so APISIX gets no upstream from it.`,
    fix: ({ upstream, field }) => correctUpstream(upstream, field),
    why: "The controller makes no upstream of an ApisixUpstream with a bad field, also of the one with a Service's name. A node of type Domain needs a host name in lower case without a dot at its end. Timeouts and retries can't be negative, and a health check's intervals can't be shorter than 1s. On controller 1.x, chash needs hashOn. This path sends no requests, so the pack doesn't check the workloads behind it.",
    advice: true,
  },
  "apisix-upstream-empty": {
    what: ({ upstream }) => `${upstream} has neither externalNodes nor a discovery, so it leads nowhere.`,
    fix: ({ upstream }) => giveNodes(upstream),
    why: "A route that names an ApisixUpstream sends requests to its external nodes, or to what its discovery finds. To reach a Service of the same name, name it in the backends of the route.",
    advice: true,
  },
  "external-name-without-cluster-ip": {
    what: ({ service }) =>
      `resolveGranularity is "service", but ${service} is an ExternalName and has no cluster IP, so APISIX gets no upstream for this backend.`,
    fix: () => dropGranularity,
    why: 'With resolveGranularity "service", the controller gives APISIX the cluster IP of the Service. An ExternalName has none. Without it, controller 2.x gives APISIX the external name. This path sends no requests, so the pack doesn\'t check the workloads behind it.',
    advice: true,
  },
};

/** What can't be seen and why. */
export function whatOf<C extends BlindSpotCode>({ code, data }: Problem<C>): string {
  return blindSpotMessages[code].what(data);
}

/** What to do about it, without a label. */
export function fixOf<C extends BlindSpotCode>({ code, data }: Problem<C>): string {
  return blindSpotMessages[code].fix(data);
}

/** Does APISIX's controller refuse or ignore it, so that nothing is hidden from the pack? */
export function isAdvice({ code }: Problem): boolean {
  return blindSpotMessages[code].advice ?? false;
}

/** A blind spot as lines: what, the path that leads there, and `Fix:`. */
export function blindSpotLines(spot: BlindSpot): string[] {
  return [whatOf(spot), ...spot.evidence, `Fix: ${fixOf(spot)}`];
}

/** What only one line of the controller takes, in whole sentences. @param what the route, and how many more */
export function lineText(note: LineNote, what: string): string {
  return note.code === "controller-line"
    ? `Only APISIX ingress controller ${note.line}.x takes ${what}: ${refusalText(note.because, otherLine(note.line))}.`
    : `Only APISIX ingress controller ${note.line}.x is sure to take ${what}. ${whatOf(note.because)}`;
}

/** What makes the other line take it, or shows that it does: an imperative. */
export function lineFix(note: LineNote): string {
  return note.code === "controller-line" ? fixText(note.because) : fixOf(note.because);
}

/** A note on a path, in whole sentences. */
export function noteText(note: Note): string {
  switch (note.code) {
    case "controller-line":
    case "controller-line-unclear":
      return lineText(note, "this path");
    case "class-outside":
      return `Its class ${note.class} is not in this stack. It is taken for APISIX's, as only APISIX's controllers read it.`;
    case "keep-alive-connections":
      return "Requests arrive through the Service's cluster IP. APISIX's keep-alive connections to a Pod outlive its sleep, so the app must close them on SIGTERM.";
    case "dns-ttl":
      return "Requests arrive through DNS. APISIX keeps using a Pod's address until the TTL of the record ends.";
    case "asked-by-plugin":
      return `The plugin ${note.plugin} asks it while a request waits.`;
    case "fed-by-plugin":
      return `The plugin ${note.plugin} sends it data that no client waits for.`;
    case "mirror":
      return "It is a mirror, and clients don't see its answers.";
  }
}

function otherLine(line: ControllerLine): ControllerLine {
  return line === "1" ? "2" : "1";
}
