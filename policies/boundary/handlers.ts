/** What stands before each of the SDK's handlers. */
import type { PulumiResource } from "../../src/kubernetes/resource";
import { levels, type Level } from "../../src/settings/schema";
import { SettingsError, type PackConfig } from "../../src/settings/settings";
import { EnforcementLevel, status } from "../sdk";
import type { Struct, WireResource } from "./decode";
import type { Seen } from "./seen";

interface Call<Request> {
  request: Request;
}
type Callback = (error: { code: number; details: string } | undefined, response?: unknown) => void;
type Handler<Request> = (call: Call<Request>, callback: Callback) => unknown;

interface ConfigureRequest {
  getPolicyconfigMap(): {
    entries(): Iterable<[string, { getEnforcementlevel(): number; getProperties(): Struct | undefined }]>;
  };
}
/** Who judges the resources. */
export interface Judge {
  /** Takes them. */
  seen: Seen;
  /** Does a policy repair it? */
  repairs: (resource: PulumiResource) => boolean;
}

interface StackRequest {
  getResourcesList(): WireResource[];
  setResourcesList(resources: WireResource[]): void;
}

/**
 * Shows the pack the whole of its config before the SDK takes it.
 *
 * @param configure takes the config; what it throws is the engine's answer
 */
export function beforeConfigure(
  own: Handler<ConfigureRequest>,
  configure: (config: PackConfig) => void,
): Handler<ConfigureRequest> {
  return (call, callback) => {
    const config: Record<string, PackConfig[string]> = {};
    for (const [policy, value] of call.request.getPolicyconfigMap().entries()) {
      const enforcementLevel = levelNamed(value.getEnforcementlevel());
      config[policy] = { ...value.getProperties()?.toJavaScript(), ...(enforcementLevel && { enforcementLevel }) };
    }
    try {
      configure(config);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      callback({ code: status.INVALID_ARGUMENT, details: error.message });
      return undefined;
    }
    return own(call, callback);
  };
}

/** A level as it is sent, by its name; undefined for one that the SDK doesn't know. */
function levelNamed(sent: number): Level | undefined {
  const name = Object.keys(EnforcementLevel).find((each) => EnforcementLevel[each] === sent);
  return levels.find((level) => level === name?.toLowerCase());
}

/**
 * Before Analyze. A resource that isn't a workload is answered as the SDK would: the resource policies have nothing to
 * say about it. Of a workload the SDK gets no values: the policies have them from here.
 *
 * @param nothing the answer of a pack that has nothing to say
 */
export function beforeAnalyze(own: Handler<WireResource>, nothing: () => unknown, seen: Seen): Handler<WireResource> {
  return async (call, callback) => {
    const { request } = call;
    const resource = seen.mayBeWorkload(request.getType()) ? seen.read(request) : undefined;
    if (!resource) return callback(undefined, nothing());
    const { urn } = resource;
    seen.asked.set(urn, resource);
    withoutValues(request);
    await always(own, call, callback, () => {
      seen.unreadable.add(urn);
      callback(undefined, nothing());
    });
    // The engine has its answer, and may have asked again.
    if (seen.asked.get(urn) === resource) seen.asked.delete(urn);
  };
}

/**
 * Before Remediate. The SDK decodes only what is repaired: it writes the values back, secrets as secrets.
 */
export function beforeRemediate(
  own: Handler<WireResource>,
  nothing: () => unknown,
  { seen, repairs }: Judge,
): Handler<WireResource> {
  return (call, callback) => {
    const { request } = call;
    const resource = seen.mayBeWorkload(request.getType()) ? seen.read(request) : undefined;
    if (!resource || !repairs(resource)) return callback(undefined, nothing());
    return always(own, call, callback, () => {
      seen.unreadable.add(resource.urn);
      callback(undefined, nothing());
    });
  };
}

/** Before AnalyzeStack: the SDK gets no resources. The policies have them from here. */
export function beforeStack(own: Handler<StackRequest>, seen: Seen): Handler<StackRequest> {
  return (call, callback) => {
    seen.readStack(call.request.getResourcesList());
    call.request.setResourcesList([]);
    return always(own, call, callback, () => {
      // None of it was judged: without any resource, the pack says so.
      for (const { urn } of seen.stack) seen.unreadable.add(urn);
      seen.stack = [];
      own(call, callback);
    });
  };
}

/** The SDK would read them once for each policy. */
function withoutValues(resource: WireResource): void {
  for (const values of [resource.getProperties(), resource.getProvider()?.getProperties()]) {
    if (values) values.toJavaScript = () => ({});
  }
}

/**
 * Calls a handler that may throw, or end, without an answer: the engine would wait for ever.
 *
 * @param otherwise answers in its place
 */
async function always<Request>(
  own: Handler<Request>,
  call: Call<Request>,
  callback: Callback,
  otherwise: () => void,
): Promise<void> {
  let isAnswered = false;
  try {
    await own(call, (error, response) => {
      isAnswered = true;
      callback(error, response);
    });
  } catch (error) {
    if (isAnswered) throw error;
  }
  if (!isAnswered) otherwise();
}
