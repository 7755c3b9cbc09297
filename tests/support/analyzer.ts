/** The engine's end of the wire to a pack: the calls of its protocol, over gRPC. */
import { promisify } from "node:util";
import type { ServiceError } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { credentials } from "@grpc/grpc-js";

/** What a call came to, as bytes that can be compared: the answer, or the error's code and words. */
export type Called = { answer: Buffer } | { error: string };

interface Message {
  serializeBinary(): Uint8Array;
}
type Method = "getAnalyzerInfo" | "configure" | "analyze" | "remediate" | "analyzeStack";

export interface Analyzer {
  call: (method: Method, request?: Message) => Promise<Called>;
  close: () => void;
}

/** Calls the pack that listens on a port of this machine. */
export function connect(port: number): Analyzer {
  const client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
  });
  type Call = (request: Message, callback: (error: ServiceError | null, answer: Message) => void) => void;
  return {
    call: async (method, request = new Empty()) => {
      const call = promisify((client as unknown as Record<Method, Call>)[method].bind(client));
      try {
        return { answer: Buffer.from((await call(request)).serializeBinary()) };
      } catch (error) {
        const { code, details } = error as ServiceError;
        return { error: `${code}: ${details}` };
      }
    },
    close: () => client.close(),
  };
}

/** The request that configures a pack, as the engine makes it of a config file. */
export function configureRequest(
  config: Readonly<Record<string, Record<string, unknown>>>,
): proto.ConfigureAnalyzerRequest {
  const request = new proto.ConfigureAnalyzerRequest();
  for (const [policy, { enforcementLevel = "mandatory", ...settings }] of Object.entries(config)) {
    const own = new proto.PolicyConfig();
    own.setEnforcementlevel(proto.EnforcementLevel[String(enforcementLevel).toUpperCase() as "MANDATORY"]);
    own.setProperties(Struct.fromJavaScript(settings as never));
    request.getPolicyconfigMap().set(policy, own);
  }
  return request;
}
