/** Objects of any kind on a Kubernetes API: where they stand, and what the API says of them. */
import { messageOf, type Answer, type ApiServer } from "./api-server";
import { until } from "./processes";

/** A Kubernetes object; what else it holds is the API's to judge. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** What the API says of an object: `message` is why it refuses it. */
export interface Verdict {
  accepted: boolean;
  message?: string;
}

interface Kind {
  name: string;
  kind: string;
  namespaced: boolean;
}

const kindsOf = new WeakMap<ApiServer, Map<string, Promise<Kind[]>>>();

/**
 * The path of an object's collection, by the API's own discovery: `/apis/apps/v1/namespaces/shop/deployments`. An
 * object without a namespace stands in `default`.
 *
 * @throws Error when the API doesn't know the kind.
 */
async function collectionPath(api: ApiServer, object: KubernetesObject): Promise<string> {
  const root = object.apiVersion.includes("/") ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const known = kindsOf.get(api) ?? new Map<string, Promise<Kind[]>>();
  kindsOf.set(api, known);
  const search = async () =>
    (await known.get(root))?.find(({ name, kind }) => kind === object.kind && !name.includes("/"));
  let found = await search();
  if (!found) {
    // Asked again for a kind not seen before: a CRD may have been added.
    known.set(
      root,
      api.request("GET", root).then(({ body }) => (body as { resources?: Kind[] }).resources ?? []),
    );
    found = await search();
  }
  if (!found) throw new Error(`The API has no ${object.kind} in ${object.apiVersion}`);
  const namespace = object.metadata?.namespace ?? "default";
  return found.namespaced ? `${root}/namespaces/${namespace}/${found.name}` : `${root}/${found.name}`;
}

/**
 * Asks the API for its verdict on a new object, without storing it (server-side dry-run). Its namespace is created when
 * it doesn't exist, as that isn't the question.
 *
 * @throws Error when the answer is no verdict: no rights, an unknown kind, a name that is taken, a broken server.
 */
export async function dryRun(api: ApiServer, object: KubernetesObject): Promise<Verdict> {
  const path = await collectionPath(api, object);
  const ask = () => api.request("POST", path, object, { query: { dryRun: "All" } });
  let answer = await ask();
  const namespace = object.metadata?.namespace;
  if (answer.status === 404 && namespace !== undefined) {
    await api.createNamespace(namespace);
    answer = await ask();
  }
  return verdictOf(answer, object);
}

function verdictOf({ status, body }: Answer, { kind, metadata }: KubernetesObject): Verdict {
  if (status === 200 || status === 201) return { accepted: true };
  // 400: it can't be read as its kind; 422: it breaks a rule of its kind.
  if (status === 400 || status === 422) return { accepted: false, message: messageOf(body) };
  throw new Error(`No verdict on ${kind} ${metadata?.name}: ${status} ${messageOf(body)}`);
}

/**
 * Asks the API for its verdict on a change of a stored object, without making it: by server-side apply, of the manager
 * that made it or another one, and by a whole update.
 */
export async function dryRunChange(
  api: ApiServer,
  object: KubernetesObject,
  fieldManager = manager.fieldManager,
): Promise<Record<"apply" | "update", Verdict>> {
  const path = `${await collectionPath(api, object)}/${object.metadata?.name}`;
  const query = { dryRun: "All" };
  const applied = await api.request("PATCH", path, object, { query: { ...query, ...manager, fieldManager } });
  return {
    apply: verdictOf(applied, object),
    update: verdictOf(await api.request("PUT", path, object, { query }), object),
  };
}

/** Deletes an object at once. */
export async function remove(api: ApiServer, object: KubernetesObject): Promise<void> {
  const path = `${await collectionPath(api, object)}/${object.metadata?.name}`;
  await api.ask("DELETE", path, undefined, { query: { gracePeriodSeconds: "0" } });
}

const manager = { fieldManager: "test", force: "true" };

/** Creates an object as `kubectl create` does, which drops fields that its kind doesn't have; answers it as stored. */
export async function create(api: ApiServer, object: KubernetesObject): Promise<KubernetesObject> {
  return api.ask<KubernetesObject>("POST", await collectionPath(api, object), object);
}

/** Creates objects or changes them to what is given (server-side apply); answers them as stored. */
export async function apply(api: ApiServer, ...objects: KubernetesObject[]): Promise<KubernetesObject[]> {
  const stored: KubernetesObject[] = [];
  for (const object of objects) {
    const path = `${await collectionPath(api, object)}/${object.metadata?.name}`;
    stored.push(await api.ask<KubernetesObject>("PATCH", path, object, { query: manager }));
    if (object.kind === "CustomResourceDefinition") await established(api, path);
  }
  return stored;
}

/** Objects of a new kind are accepted a moment after its definition is. */
async function established(api: ApiServer, path: string): Promise<void> {
  await until(
    async () => {
      const { status } = await api.ask<{
        status?: { conditions?: { type: string; status: string }[] };
      }>("GET", path);
      return status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
    },
    `${path} is established`,
    30,
  );
}
