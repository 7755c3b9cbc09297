/**
 * Stands in for the Kubernetes provider's plugin in previews, where that isn't installed.
 *
 * It gives what the real one gives without a cluster: outputs equal to inputs, a generated name where the program set
 * none (with the annotation that says so), and the default namespace where the provider has one.
 */
import { randomBytes } from "node:crypto";
import { main, type CheckResult, type CreateResult, type DiffResult, type Provider } from "@pulumi/pulumi/provider";

type Props = Record<string, unknown> & { metadata?: Record<string, unknown> };

const provider: Provider = {
  version: "4.34.2",
  async check(urn: string, olds: Props | undefined, news: Props): Promise<CheckResult> {
    const [, name = ""] = /::([^:]*)$/.exec(urn) ?? [];
    if (!news.metadata?.name && urn.includes("kubernetes:") && !/List::/.test(urn)) {
      news = {
        ...news,
        metadata: {
          ...news.metadata,
          name: olds?.metadata?.name ?? `${name}-${randomBytes(4).toString("hex")}`,
          annotations: { ...(news.metadata?.annotations as object | undefined), "pulumi.com/autonamed": "true" },
        },
      };
    }
    return { inputs: news, failures: [] };
  },
  async diff(): Promise<DiffResult> {
    return {};
  },
  async create(_urn: string, inputs: Props): Promise<CreateResult> {
    return { id: "preview", outs: inputs };
  },
};

void main(provider, process.argv.slice(2));
