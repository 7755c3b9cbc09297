/**
 * A double of Pulumi's service on the loopback interface, as far as `policy publish`, `policy enable` and the preview of
 * a governed stack ask for it (pkg/backend/httpstate/client of the Pulumi CLI). One organization, one policy group.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** A version of a pack, as the CLI published it. */
export interface Published {
  name: string;
  versionTag: string;
  policies: { name: string; enforcementLevel: string }[];
  tarball: Buffer;
  isComplete: boolean;
}

export interface ServiceDouble {
  url: string;
  packs: Published[];
  /** What is enabled in the group, with its config. */
  enabled: { name: string; versionTag: string; config?: Record<string, unknown> }[];
  /** Requests that it has no answer to. */
  unknown: string[];
  close: () => Promise<void>;
}

type Answer = (match: string[], body: Buffer) => unknown;

/** Starts it; it ends with `close`, and never keeps a process alive. */
export async function startService(): Promise<ServiceDouble> {
  const stacks = new Set<string>();
  const double: ServiceDouble = { url: "", packs: [], enabled: [], unknown: [], close: async () => {} };
  const { packs, enabled } = double;
  const json = (body: Buffer) => JSON.parse(body.toString()) as Record<string, unknown>;
  const stackOf = (path: string) => {
    const [orgName, projectName, stackName] = path.split("/");
    return {
      id: path,
      orgName,
      projectName,
      stackName,
      currentOperation: null,
      activeUpdate: "",
      tags: {},
      version: 0,
    };
  };
  const required = () =>
    enabled.map(({ name, versionTag, config }) => ({
      name,
      displayName: name,
      version: 1,
      versionTag,
      packLocation: `${double.url}/blobs/${name}/${versionTag}`,
      ...(config && { config }),
    }));
  const publishedAs = (name = "", version = "") =>
    packs.find((pack) => pack.name === name && pack.versionTag === version);

  const answers: [request: RegExp, answer: Answer][] = [
    [/^GET \/api\/user$/, () => ({ githubLogin: "acme", organizations: [{ githubLogin: "acme" }] })],
    [/^GET \/api\/user\/organizations\/default$/, () => ({ gitHubLogin: "acme" })],
    [/^GET \/api\/capabilities$/, () => ({ capabilities: [] })],
    // Not a secret here: the CLI tries it out when it makes a stack.
    [/^POST \/api\/stacks\/[^/]+\/[^/]+\/[^/]+\/encrypt$/, (_, body) => ({ ciphertext: json(body).plaintext })],
    [/^POST \/api\/stacks\/[^/]+\/[^/]+\/[^/]+\/decrypt$/, (_, body) => ({ plaintext: json(body).ciphertext })],
    // Policy packs and groups.
    [
      /^POST \/api\/orgs\/acme\/policypacks$/,
      (_, body) => {
        const pack = json(body) as unknown as Published;
        packs.push({ ...pack, tarball: Buffer.alloc(0), isComplete: false });
        return { version: packs.length, uploadURI: `${double.url}/blobs/${pack.name}/${pack.versionTag}` };
      },
    ],
    [
      /^PUT \/blobs\/([^/]+)\/([^/]+)$/,
      ([name, version], body) => {
        const pack = publishedAs(name, version);
        if (pack) pack.tarball = body;
        return {};
      },
    ],
    [/^GET \/blobs\/([^/]+)\/([^/]+)$/, ([name, version]) => publishedAs(name, version)?.tarball],
    [
      /^POST \/api\/orgs\/acme\/policypacks\/([^/]+)\/versions\/([^/]+)\/complete$/,
      ([name, version]) => {
        const pack = publishedAs(name, version);
        if (pack) pack.isComplete = true;
        return {};
      },
    ],
    [
      /^PATCH \/api\/orgs\/acme\/policygroups\/production$/,
      (_, body) => {
        enabled.push(json(body).addPolicyPack as ServiceDouble["enabled"][number]);
        return {};
      },
    ],
    // Stacks and their previews.
    [
      /^HEAD \/api\/stacks\/([^/]+\/[^/]+)$/,
      ([project = ""]) => ([...stacks].some((stack) => stack.startsWith(project)) ? {} : undefined),
    ],
    [
      /^POST \/api\/stacks\/([^/]+\/[^/]+)$/,
      ([project = ""], body) => {
        stacks.add(`${project}/${String(json(body).stackName)}`);
        return {};
      },
    ],
    [/^GET \/api\/stacks\/([^/]+\/[^/]+\/[^/]+)$/, ([stack = ""]) => (stacks.has(stack) ? stackOf(stack) : undefined)],
    [/^GET \/api\/stacks\/[^/]+\/[^/]+\/[^/]+\/policypacks$/, () => ({ requiredPolicies: required() })],
    [/^GET \/api\/stacks\/[^/]+\/[^/]+\/[^/]+\/export$/, () => ({ version: 3, deployment: {} })],
    [/^POST \/api\/stacks\/[^/]+\/[^/]+\/[^/]+\/preview$/, () => ({ updateID: "u1", requiredPolicies: required() })],
    [/^POST \/api\/stacks\/[^/]+\/[^/]+\/[^/]+\/update\/u1$/, () => ({ version: 1, token: "lease" })],
    [/^(POST|PATCH) \/api\/stacks\/[^/]+\/[^/]+\/[^/]+\/update\/u1\/\S+$/, () => ({})],
  ];

  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const asked = `${request.method} ${(request.url ?? "").split("?")[0]}`;
      const [pattern, answer] = answers.find(([request]) => request.test(asked)) ?? [];
      const given = answer?.(pattern?.exec(asked)?.slice(1) ?? [], body);
      if (given !== undefined) return response.end(Buffer.isBuffer(given) ? given : JSON.stringify(given));
      if (!pattern) double.unknown.push(asked);
      response.writeHead(404).end(JSON.stringify({ code: 404, message: "not found" }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  double.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  double.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return double;
}

/** The body of a request, unpacked: the CLI sends its own gzipped. */
async function textOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}
