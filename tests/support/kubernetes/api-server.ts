/**
 * A Kubernetes API of one's own: etcd and kube-apiserver on the loopback interface, with their data in a temporary
 * folder. There are no controllers: objects are judged and stored, and nothing happens to them.
 */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import { join } from "node:path";
import { hasGo } from "../../../tools/go";
import { apiServerPrograms, buildAll } from "../../../tools/kubernetes";
import { freePorts, startService, temporaryFolder, until, type Service } from "./processes";

export interface User {
  name: string;
  groups?: string[];
}

/** What the API answered. `body` is the parsed JSON, or the text where it is none. */
export interface Answer {
  status: number;
  body: unknown;
}

export interface RequestOptions {
  query?: Record<string, string>;
  /** Whose token to use; the administrator's by default. */
  user?: string;
  /** By default that of JSON, or of a server-side apply for PATCH. */
  contentType?: string;
}

export interface ApiServer {
  url: string;
  /** The administrator's token. */
  token: string;
  caFile: string;
  /** The administrator's kubeconfig. */
  kubeconfigPath: string;
  /** For files of the tests; removed by `stop`. */
  folder: string;
  /** What it consists of: that one of them ends is a failure. */
  services: readonly Service[];
  /** The log of what `audit` asked for: an event of `audit.k8s.io/v1` a line. */
  auditFile: string;
  /** Writes the kubeconfig of a user given to `startApiServer`, and answers its path. */
  kubeconfigFor: (user: string) => string;
  request: (method: string, path: string, body?: unknown, options?: RequestOptions) => Promise<Answer>;
  /** Like `request`, but throws on any status that isn't 2xx, and answers the body alone, taken for a `Body`. */
  ask: <Body>(method: string, path: string, body?: unknown, options?: RequestOptions) => Promise<Body>;
  /** Creates a namespace; it is no error if it exists. */
  createNamespace: (name: string) => Promise<void>;
  stop: () => void;
}

const admin = "admin";

export interface ApiServerOptions {
  /** Users besides the administrator; they may do nothing until a RoleBinding says so. */
  users?: User[];
  /** Rules of an audit policy: which requests to note, with their times. */
  audit?: object[];
}

/** Why the API server can't run here; undefined where it can. */
export function canRunApiServer(): string | undefined {
  return hasGo() ? undefined : "it needs a Go toolchain to build kube-apiserver";
}

/**
 * Builds etcd and kube-apiserver if the cache doesn't have them (minutes), starts them, and waits until the API is
 * ready (seconds).
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const programs = await buildAll(apiServerPrograms);
  // Another process may take a port between its choice and its use.
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(programs, options);
    } catch (error) {
      if (attempt === 3 || !/address already in use/.test(String(error))) throw error;
    }
  }
}

async function start(
  programs: { etcd: string; apiServer: string },
  { users = [], audit = [] }: ApiServerOptions,
): Promise<ApiServer> {
  const { folder, remove } = temporaryFolder();
  const services: Service[] = [];
  const stop = () => {
    for (const service of services.toReversed()) service.stop();
    remove();
  };
  try {
    const [etcdPort, peerPort, port] = await freePorts(3);
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    services.push(
      startService(
        programs.etcd,
        flags({
          "data-dir": join(folder, "etcd"),
          "listen-client-urls": etcdUrl,
          "advertise-client-urls": etcdUrl,
          "listen-peer-urls": peerUrl,
          "initial-advertise-peer-urls": peerUrl,
          "initial-cluster": `default=${peerUrl}`,
          "unsafe-no-fsync": "true",
        }),
        join(folder, "etcd.log"),
      ),
    );

    const tokens = new Map([{ name: admin }, ...users].map(({ name }) => [name, randomUUID()]));
    const tokenOf = (user: string): string => {
      const token = tokens.get(user);
      if (token === undefined) throw new Error(`startApiServer was not told of a user ${user}`);
      return token;
    };
    const everybody: User[] = [{ name: admin, groups: ["system:masters"] }, ...users];
    write("tokens.csv", everybody.map((user) => tokenLine(user, tokenOf(user.name))).join("\n") + "\n");
    // Service accounts can't be turned off altogether: the server insists on keys for their tokens.
    const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
    write("sa.key", keys.privateKey.export({ type: "pkcs1", format: "pem" }));
    write("sa.pub", keys.publicKey.export({ type: "spki", format: "pem" }));
    const auditFile = join(folder, "audit.log");
    const policy = { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [...audit, { level: "None" }] };
    services.push(
      startService(
        programs.apiServer,
        flags({
          "etcd-servers": etcdUrl,
          "cert-dir": join(folder, "certificates"),
          "bind-address": "127.0.0.1",
          "advertise-address": "127.0.0.1",
          "secure-port": String(port),
          "endpoint-reconciler-type": "none",
          "service-cluster-ip-range": "10.0.0.0/24",
          "authorization-mode": "RBAC",
          "token-auth-file": join(folder, "tokens.csv"),
          // Without a controller manager there are no service accounts, and this plugin would refuse every Pod.
          "disable-admission-plugins": "ServiceAccount",
          "service-account-issuer": "https://kubernetes.default.svc",
          "service-account-key-file": join(folder, "sa.pub"),
          "service-account-signing-key-file": join(folder, "sa.key"),
          "audit-policy-file": write("audit.json", JSON.stringify(policy)),
          "audit-log-path": auditFile,
        }),
        join(folder, "kube-apiserver.log"),
      ),
    );

    const url = `https://127.0.0.1:${port}`;
    // The server makes its certificate itself when it starts.
    const caFile = join(folder, "certificates", "apiserver.crt");
    const agent = new Agent({ keepAlive: true });
    const request: ApiServer["request"] = async (method, path, body, options = {}) => {
      const token = tokenOf(options.user ?? admin);
      return send(agent, readFileSync(caFile, "utf8"), token, url, method, path, body, options);
    };
    const ask = async <Body>(method: string, path: string, body?: unknown, options?: RequestOptions) => {
      const { status, body: answer } = await request(method, path, body, options);
      if (status >= 200 && status < 300) return answer as Body;
      throw new Error(`${method} ${path}: ${status} ${messageOf(answer)}`);
    };
    const kubeconfigFor = (user: string) =>
      write(
        `kubeconfig-${encodeURIComponent(user)}.json`,
        JSON.stringify(kubeconfig(url, caFile, user, tokenOf(user))),
      );

    await until(
      async () => {
        const dead = services.find((service) => service.hasEnded());
        if (dead) throw new Error(`${await dead.ended}\n${dead.log()}`);
        // Also waits for the namespace "default", which the server makes a moment after it is ready.
        const answers = await Promise.all(
          ["/readyz", "/api/v1/namespaces/default"].map((path) => request("GET", path).catch(() => undefined)),
        );
        return answers.every((answer) => answer?.status === 200);
      },
      "The Kubernetes API is ready",
      120,
    );
    return {
      url,
      token: tokenOf(admin),
      caFile,
      kubeconfigPath: kubeconfigFor(admin),
      folder,
      services,
      auditFile,
      kubeconfigFor,
      request,
      ask,
      createNamespace: async (name) => {
        const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
        const { status, body: answer } = await request("POST", "/api/v1/namespaces", body);
        if (status !== 201 && status !== 409) throw new Error(`namespace ${name}: ${status} ${messageOf(answer)}`);
      },
      stop: () => {
        agent.destroy();
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }

  function write(name: string, content: string | Buffer): string {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }
}

const flags = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => `--${name}=${value}`);

/** A line of the token file: token, user, uid, and the groups in one quoted column. */
function tokenLine(user: User, token: string): string {
  const groups = user.groups?.length ? [`"${user.groups.join(",")}"`] : [];
  return [token, user.name, user.name, ...groups].join(",");
}

function kubeconfig(url: string, caFile: string, user: string, token: string): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: url, "certificate-authority": caFile } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user } }],
    "current-context": "test",
  };
}

/** The text of an API answer that isn't an object of the asked kind: a `Status`. */
export function messageOf(body: unknown): string {
  const message = (body as { message?: unknown } | null)?.message;
  return typeof message === "string" ? message : JSON.stringify(body);
}

function send(
  agent: Agent,
  ca: string,
  token: string,
  url: string,
  method: string,
  path: string,
  body: unknown,
  { query = {}, contentType }: RequestOptions,
): Promise<Answer> {
  const target = new URL(path, url);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  const type = contentType ?? (method === "PATCH" ? "application/apply-patch+yaml" : "application/json");
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: "application/json" };
    if (body !== undefined) headers["content-type"] = type;
    const request = httpsRequest(target, { method, agent, ca, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parse(text) }));
    });
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
