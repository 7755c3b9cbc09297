import { version } from "../../package.json";

/** The version of the command line; the bundle has it inside. */
export function packVersion(): string {
  return version;
}
