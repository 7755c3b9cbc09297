/** Programs on PATH, on every platform alike. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The path of a program, as a shell would find it: on Windows a name without an extension has those of PATHEXT.
 *
 * @param env of the process; PATH and PATHEXT are read
 */
export function onPath(
  program: string,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const extensions = platform === "win32" ? (env.PATHEXT ?? ".EXE;.CMD").split(";").filter(Boolean) : [""];
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders
    .flatMap((folder) => extensions.map((extension) => join(folder, program + extension)))
    .find((path) => isProgram(path, platform));
}

function isProgram(path: string, platform: NodeJS.Platform): boolean {
  try {
    // Windows has no such permission: the extension decides.
    if (platform !== "win32") accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
