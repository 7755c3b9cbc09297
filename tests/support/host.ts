/**
 * Runs policies over resources the way Pulumi's SDK does: through its own RPC functions, with its protocol buffers, its
 * proxies for unknown and secret values, and its rules for levels. Only the engine's end of the wire is ours.
 */
import { promisify } from "node:util";
import type { EnforcementLevel, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

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

export interface TestResource {
  type: string;
  name: string;
  props: Record<string, unknown>;
  /** The provider's inputs. */
  provider?: { name: string; props: Record<string, unknown> };
  /** Names of the resources that each property depends on. */
  propertyDependencies?: Record<string, string[]>;
}

export interface Violation {
  policy: string;
  /** Name of the resource, empty for the stack. */
  resource: string;
  level: "advisory" | "mandatory";
  message: string;
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

type Policy = ResourceValidationPolicy | StackValidationPolicy;
type Config = Record<string, EnforcementLevel | Record<string, unknown>>;

export function urnOf({ type, name }: { type: string; name: string }): string {
  return `urn:pulumi:test::shop::${type}::${name}`;
}

/** One preview: remediate and analyze each resource in turn, then analyze the stack. */
export async function preview(policies: Policy[], resources: TestResource[], config: Config = {}): Promise<Outcome> {
  const configured = policies.map((policy) => withConfig(policy, config));
  const pack: [string, string, EnforcementLevel, Policy[]] = [
    "apisix-graceful-termination",
    "1.0.0",
    "advisory",
    configured,
  ];
  const remediate = promisify(server.makeRemediateRpcFun(...pack));
  const analyze = promisify(server.makeAnalyzeRpcFun(...pack));
  const analyzeStack = promisify(server.makeAnalyzeStackRpcFun(...pack));
  const outcome: Outcome = { violations: [], remediations: [], resources: [] };

  const collect = (response: proto.AnalyzeResponse, fallback: string) => {
    for (const diagnostic of response.getDiagnosticsList()) {
      outcome.violations.push({
        policy: diagnostic.getPolicyname(),
        resource: diagnostic.getUrn().split("::").at(-1) || fallback,
        level: diagnostic.getEnforcementlevel() === proto.EnforcementLevel.MANDATORY ? "mandatory" : "advisory",
        message: diagnostic.getMessage(),
      });
    }
  };

  for (const resource of resources) {
    let { props } = resource;
    const request = resourceRequest({ ...resource, props });
    const remediated = (await remediate({ request })) as proto.RemediateResponse;
    for (const remediation of remediated.getRemediationsList()) {
      const properties = remediation.getProperties();
      if (!properties) throw new Error(remediation.getDiagnostic());
      props = properties.toJavaScript();
      outcome.remediations.push({ policy: remediation.getPolicyname(), resource: resource.name, props });
    }
    const after = { ...resource, props };
    outcome.resources.push(after);
    collect((await analyze({ request: resourceRequest(after) })) as proto.AnalyzeResponse, resource.name);
  }

  const request = stackRequest(outcome.resources);
  collect((await analyzeStack({ request })) as proto.AnalyzeResponse, "");
  return outcome;
}

type Request = proto.AnalyzeRequest | proto.AnalyzerResource;

/** What the engine asks about a whole stack. */
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

/** What the engine asks about one resource. */
export function resourceRequest(resource: TestResource): proto.AnalyzeRequest {
  return fill(new proto.AnalyzeRequest(), resource);
}

function fill<T extends Request>(message: T, resource: TestResource): T {
  message.setType(resource.type);
  message.setName(resource.name);
  message.setUrn(urnOf(resource));
  message.setProperties(Struct.fromJavaScript(resource.props as never));
  message.setOptions(new proto.AnalyzerResourceOptions());
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

/** The SDK keeps the config of its one pack in the process; here each run has its own. */
function withConfig(policy: Policy, config: Config): Policy {
  const { all } = config;
  const own = config[policy.name] ?? {};
  const { enforcementLevel, ...settings } = typeof own === "string" ? { enforcementLevel: own } : own;
  const level = (enforcementLevel ?? all ?? policy.enforcementLevel) as EnforcementLevel;
  const getConfig = <T extends object>() => settings as T;
  if ("validateStack" in policy) {
    const { validateStack } = policy;
    return {
      ...policy,
      enforcementLevel: level,
      validateStack: (args, report) => validateStack({ ...args, getConfig }, report),
    };
  }
  const { validateResource, remediateResource } = policy;
  if (!validateResource || Array.isArray(validateResource) || !remediateResource) return policy;
  return {
    ...policy,
    enforcementLevel: level,
    validateResource: (args, report) => validateResource({ ...args, getConfig }, report),
    remediateResource: (args) => remediateResource({ ...args, getConfig }),
  };
}

type Rpc = (call: { request: unknown }, callback: (error: Error | null, response: unknown) => void) => void;
