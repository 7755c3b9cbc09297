/** What stands before each of the SDK's handlers. */
import { isKubernetesType, helmRelease } from "../../src/kubernetes/resource";
import { mayBeWorkload } from "../../src/kubernetes/workload";
import { levels, type Level } from "../../src/settings/schema";
import { SettingsError, type PackConfig } from "../../src/settings/settings";
import { EnforcementLevel, status } from "../sdk";
import type { Seen, Struct, WireResource } from "./seen";

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
 * Before Analyze and Remediate. A resource that isn't a workload is answered as the SDK would: the resource policies
 * have nothing to say about it. The SDK would decode it first, once for each of them.
 *
 * @param nothing the answer of a pack that has nothing to say
 */
export function beforeResource(own: Handler<WireResource>, nothing: () => unknown, seen: Seen): Handler<WireResource> {
  return (call, callback) => {
    const { request } = call;
    if (!mayBeWorkload(request.getType()) || !seen.looksAt(request)) return callback(undefined, nothing());
    return always(own, call, callback, () => {
      seen.unreadable.add(request.getUrn());
      callback(undefined, nothing());
    });
  };
}

/** Before AnalyzeStack: takes out the resources that no stack policy reads, and those that the SDK can't decode. */
export function beforeStack(own: Handler<StackRequest>, seen: Seen): Handler<StackRequest> {
  return (call, callback) => {
    const all = call.request.getResourcesList();
    call.request.setResourcesList(all.filter((resource) => isRead(resource, seen)));
    return always(own, call, callback, () => {
      // None of it was judged: without any resource, the pack says so.
      for (const resource of call.request.getResourcesList()) seen.unreadable.add(resource.getUrn());
      call.request.setResourcesList([]);
      own(call, callback);
    });
  };
}

function isRead(resource: WireResource, seen: Seen): boolean {
  const type = resource.getType();
  if (type !== helmRelease) return isKubernetesType(type) && seen.looksAt(resource);
  // Of a release only the name is read. Its values may be files.
  const properties = resource.getProperties();
  if (properties) properties.toJavaScript = () => ({});
  return true;
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
