/**
 * The SDK that serves the pack, and the gRPC library that this SDK uses: an organization's own pack may have installed
 * further copies of both.
 */
import { createRequire } from "node:module";
import { levels, type Level } from "../src/settings/schema";
import { refuseToStart } from "../src/start";

const ofSdk = requireOfSdk();

export const { Server, status } = ofSdk("@grpc/grpc-js") as typeof import("@grpc/grpc-js");

const { EnforcementLevel } = ofSdk("@pulumi/pulumi/proto/analyzer_pb") as { EnforcementLevel: Record<string, number> };

/** A level as it is sent, by its name; undefined for one that the SDK doesn't know. */
export function levelNamed(sent: number): Level | undefined {
  const name = Object.keys(EnforcementLevel).find((each) => EnforcementLevel[each] === sent);
  return levels.find((level) => level === name?.toLowerCase());
}

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
