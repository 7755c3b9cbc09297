/**
 * Runs policies over resources the way Pulumi's SDK does: through its own RPC functions, with its protocol buffers, its
 * proxies for unknown and secret values, and its rules for levels. Only the engine's end of the wire is ours.
 */
import { promisify } from "node:util";
import type { EnforcementLevel, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { policies as packPolicies } from "../../policies";
import { Run } from "../../policies/adapter";
import { Seen } from "../../policies/boundary/seen";
import { atBoundary } from "../../policies/engine-boundary";
import { Server } from "../../policies/sdk";
import { readKnowledge } from "../../src/assess";
import type { Settings } from "../../src/settings/schema";
import type { PackConfig } from "../../src/settings/settings";

// The SDK's own RPC functions, which it marks as internal and doesn't declare.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const server = require("@pulumi/policy/server") as Record<
  "makeAnalyzeRpcFun" | "makeAnalyzeStackRpcFun" | "makeRemediateRpcFun",
  (name: string, version: string, level: EnforcementLevel, policies: Policy[]) => Rpc
>;

/** Put where a value is not known in a preview. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const secretKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** A secret value. */
export function secret(value: unknown): unknown {
  return { [secretKey]: secretSignature, value };
}

/** What a secret holds; anything else itself. */
export function unwrap(value: unknown): unknown {
  const isSecret = typeof value === "object" && value !== null && Object.hasOwn(value, secretKey) && "value" in value;
  return isSecret ? value.value : value;
}

export interface TestResource {
  type: string;
  name: string;
  props: Record<string, unknown>;
  /** The provider's inputs. */
  provider?: { name: string; props: Record<string, unknown> };
  /** Names of the resources that each property depends on. */
  propertyDependencies?: Record<string, string[]>;
  ignoreChanges?: string[];
  /** What the stack holds of it in the end, where that isn't what was planned: the engine dropped a change. */
  deployed?: Record<string, unknown>;
}

export interface Violation {
  policy: string;
  /** Name of the resource, empty for the stack. */
  resource: string;
  level: "advisory" | "mandatory";
  message: string;
  /** What is wrong, as the address at the message's end says. */
  code: string;
}

export interface Remediation {
  policy: string;
  resource: string;
  props: Record<string, unknown>;
}

export interface Outcome {
  violations: Violation[];
  remediations: Remediation[];
  /** The resources after all remediations, as the engine has them: secrets still wrapped. */
  resources: TestResource[];
}

export type Policy = ResourceValidationPolicy | StackValidationPolicy;
type Config = PackConfig;

/** A pack: its policies, and what they share. */
export interface Pack {
  policies: Policy[];
  run: Run;
}

/** The pack with a config, as the engine configures it before anything is judged. */
export function configured(config: Config = {}, organization: Settings = {}): Pack {
  const knowledge = readKnowledge(config, organization);
  const run = new Run(new Seen(() => knowledge.settings.facts.workloads), () => knowledge);
  return { policies: packPolicies(organization, run), run };
}

export function urnOf({ type, name }: { type: string; name: string }): string {
  return `urn:pulumi:test::shop::${type}::${name}`;
}

export type Handlers = Record<"remediate" | "analyze" | "analyzeStack", Rpc>;

/** The SDK's RPC functions of a pack. */
export function sdkFunctions(policies: Policy[]): Handlers {
  const pack: [string, string, EnforcementLevel, Policy[]] = [
    "apisix-graceful-termination",
    "1.0.0",
    "advisory",
    policies,
  ];
  return {
    remediate: server.makeRemediateRpcFun(...pack),
    analyze: server.makeAnalyzeRpcFun(...pack),
    analyzeStack: server.makeAnalyzeStackRpcFun(...pack),
  };
}

/** A server with handlers behind the engine boundary, as the SDK starts one; and what is served. */
export function guarded(handlers: Handlers, run: Run): { server: InstanceType<typeof Server>; served: Handlers } {
  const served = { current: handlers };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its receiver below
  const original = Server.prototype.addService;
  Server.prototype.addService = function (service, implementation) {
    served.current = implementation as unknown as Handlers;
    return original.call(this, service, implementation);
  };
  try {
    const started = atBoundary({ configure: () => undefined, run }, () => {
      const own = new Server();
      const configure: Rpc = () => undefined;
      own.addService(AnalyzerService, { ...handlers, configure });
      return own;
    });
    return { server: started, served: served.current };
  } finally {
    Server.prototype.addService = original;
  }
}

/** Handlers as the engine calls them. */
export function rpcFunctions({ remediate, analyze, analyzeStack }: Handlers) {
  const [remediated, analyzed, stack] = [promisify(remediate), promisify(analyze), promisify(analyzeStack)];
  return {
    remediate: (request: proto.AnalyzeRequest) => remediated({ request }) as Promise<proto.RemediateResponse>,
    analyze: (request: proto.AnalyzeRequest) => analyzed({ request }) as Promise<proto.AnalyzeResponse>,
    analyzeStack: (request: proto.AnalyzeStackRequest) => stack({ request }) as Promise<proto.AnalyzeResponse>,
  };
}

/** A pack as it is served: its policies, in the SDK, behind the engine boundary. */
export function servedPack({ policies, run }: Pack) {
  return rpcFunctions(guarded(sdkFunctions(policies), run).served);
}

/** The request for one resource. */
export function resourceRequest(resource: TestResource): proto.AnalyzeRequest {
  return fill(new proto.AnalyzeRequest(), resource);
}

/** The request for a whole stack. */
export function stackRequest(resources: readonly TestResource[]): proto.AnalyzeStackRequest {
  const urns = new Map(resources.map((resource) => [resource.name, urnOf(resource)]));
  const request = new proto.AnalyzeStackRequest();
  request.setResourcesList(
    resources.map((resource) => {
      const message = fill(new proto.AnalyzerResource(), resource);
      for (const [property, names] of Object.entries(resource.propertyDependencies ?? {})) {
        const dependencies = new proto.AnalyzerPropertyDependencies();
        dependencies.setUrnsList(names.map((name) => urns.get(name) ?? name));
        message.getPropertydependenciesMap().set(property, dependencies);
      }
      return message;
    }),
  );
  return request;
}

/**
 * One preview of the pack: remediate and analyze each resource in turn, then analyze the stack.
 *
 * @param repairs false: the analysis of a state, which asks for repairs and makes none
 */
export async function preview(
  resources: TestResource[],
  config: Config = {},
  organization: Settings = {},
  repairs = true,
): Promise<Outcome> {
  const { policies, run } = configured(config, organization);
  const pack = servedPack({ policies: policies.map((policy) => withLevel(policy, config)), run });
  const outcome: Outcome = { violations: [], remediations: [], resources: [] };

  const collect = (response: proto.AnalyzeResponse, fallback: string) => {
    for (const diagnostic of response.getDiagnosticsList()) {
      outcome.violations.push({
        policy: diagnostic.getPolicyname(),
        resource: diagnostic.getUrn().split("::").at(-1) || fallback,
        level: diagnostic.getEnforcementlevel() === proto.EnforcementLevel.MANDATORY ? "mandatory" : "advisory",
        message: diagnostic.getMessage(),
        code: diagnostic.getMessage().split("#").at(-1) ?? "",
      });
    }
  };

  for (const resource of resources) {
    let { props } = resource;
    const remediated = await pack.remediate(resourceRequest(resource));
    for (const remediation of remediated.getRemediationsList()) {
      const properties = remediation.getProperties();
      if (!properties) throw new Error(remediation.getDiagnostic());
      const repaired = properties.toJavaScript();
      if (repairs) props = repaired;
      outcome.remediations.push({ policy: remediation.getPolicyname(), resource: resource.name, props: repaired });
    }
    const after = { ...resource, props };
    outcome.resources.push(after);
    collect(await pack.analyze(resourceRequest(after)), resource.name);
  }
  const deployed = outcome.resources.map((each) => ({ ...each, props: each.deployed ?? each.props }));
  collect(await pack.analyzeStack(stackRequest(deployed)), "");
  return outcome;
}

type Request = proto.AnalyzeRequest | proto.AnalyzerResource;

function fill<T extends Request>(message: T, resource: TestResource): T {
  message.setType(resource.type);
  message.setName(resource.name);
  message.setUrn(urnOf(resource));
  message.setProperties(Struct.fromJavaScript(resource.props as never));
  const options = new proto.AnalyzerResourceOptions();
  options.setIgnorechangesList(resource.ignoreChanges ?? []);
  message.setOptions(options);
  if (resource.provider) {
    const provider = new proto.AnalyzerProviderResource();
    provider.setType("pulumi:providers:kubernetes");
    provider.setName(resource.provider.name);
    provider.setUrn(urnOf({ type: "pulumi:providers:kubernetes", name: resource.provider.name }));
    provider.setProperties(Struct.fromJavaScript(resource.provider.props as never));
    message.setProvider(provider);
  }
  return message;
}

/** The SDK keeps the levels of its one pack in the process; here each run has its own. */
function withLevel(policy: Policy, config: Config): Policy {
  const own = config[policy.name];
  const level = typeof own === "string" ? own : own?.enforcementLevel;
  return { ...policy, enforcementLevel: (level ?? config.all ?? policy.enforcementLevel) as EnforcementLevel };
}

export type Rpc = (call: { request: unknown }, callback: (error: Error | null, response: unknown) => void) => unknown;
