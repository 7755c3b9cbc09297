/** What an image's name tells of its contents. */
import { getString } from "../kubernetes/values";
import type { Container } from "../kubernetes/workload";

/**
 * Does a container's image look like one without a shell and `sleep`? Distroless images have them in their `debug`
 * tags only, Chainguard's in their `-dev` tags and in their base images; `scratch` and `static` are what their names
 * say. A guess by name: good for saying that something can't be known, never for blame.
 */
export function mayLackShell(container: Container): boolean {
  const image = getString(container.body, "image");
  if (typeof image !== "string") return false;
  const [, path = "", tag = ""] = /^([^@]*?)(?::([^:/@]*))?(?:@.*)?$/s.exec(image) ?? [];
  const parts = path.split("/");
  if (parts.includes("distroless")) return !tag.includes("debug");
  if (parts.includes("chainguard")) return !tag.endsWith("-dev") && !withShell.has(parts.at(-1) ?? "");
  return ["scratch", "static", "distroless"].includes(parts.at(-1) ?? "");
}

const withShell = new Set(["bash", "busybox", "chainguard-base", "wolfi-base"]);

/**
 * Is an image's `sh` busybox's, by its name? Alpine's is. A guess as well: good for not asking a question whose answer is
 * nearly certain.
 */
export function hasBusyboxShell(container: Pick<Container, "body">): boolean {
  const image = getString(container.body, "image");
  return typeof image === "string" && /(?:^|[/:._-])(?:alpine|busybox)/.test(image.replace(/@.*$/s, ""));
}
