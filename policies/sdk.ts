/**
 * The SDK that serves the pack, and the gRPC library that this SDK uses: an organization's own pack may have installed
 * further copies of both.
 */
import { createRequire } from "node:module";
import { refuseToStart } from "../src/start";

const ofSdk = requireOfSdk();

export const { Server, status } = ofSdk("@grpc/grpc-js") as typeof import("@grpc/grpc-js");

/** The numbers of levels as they are sent: `ADVISORY`, `MANDATORY`, … */
export const { EnforcementLevel } = ofSdk("@pulumi/pulumi/proto/analyzer_pb") as {
  EnforcementLevel: Readonly<Record<string, number>>;
};

/** The installed versions, such as `1.21.0`. */
export const versions: Readonly<Record<string, string>> = {
  "@pulumi/policy": versionIn("./package.json"),
  "@pulumi/pulumi": versionIn("@pulumi/pulumi/package.json"),
};

/** `@pulumi/policy` writes a `v` before its own. */
function versionIn(manifest: string): string {
  return (ofSdk(manifest) as { version: string }).version.replace(/^v/, "");
}

function requireOfSdk(): NodeJS.Require {
  try {
    return createRequire(require.resolve("@pulumi/policy"));
  } catch {
    return refuseToStart("@pulumi/policy and @pulumi/pulumi are not installed, and the pack needs both.");
  }
}
