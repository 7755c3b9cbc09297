/** Which values of a resource are secrets. */
import { segments } from "./property-path";

/** What is printed in place of a secret. */
export const hidden = "(secret)";

type Path = readonly string[];

/** The secrets of one resource, by where they stand. */
export class Secrets {
  /** By their text: the same secrets are seen again in each call for the resource. */
  private readonly paths = new Map<string, Path>();
  /** Is one of them more than a text or a number? Then there is more in it than its path tells. */
  hasObjects = false;

  add(path: Path, value: unknown): void {
    this.paths.set(path.join("\0"), path);
    this.hasObjects ||= typeof value === "object";
  }

  /**
   * Is the value at a path a secret, or a part of one?
   *
   * @param path such as `spec.template.spec.containers[0].name`
   */
  cover(path: string): boolean {
    const asked = segments(path);
    return this.some((secret) => startsWith(asked, secret));
  }

  /** The same, or does it hold one? */
  touch(path: string): boolean {
    const asked = segments(path);
    return this.some((secret) => startsWith(asked, secret) || startsWith(secret, asked));
  }

  /**
   * The same, or is what stands beside it and belongs to it a secret?
   *
   * @param belongs the names of what does
   */
  touchBeside(path: string, belongs: RegExp): boolean {
    const asked = segments(path);
    const parent = asked.slice(0, -1);
    return this.some(
      (secret) =>
        startsWith(asked, secret) ||
        startsWith(secret, asked) ||
        (startsWith(secret, parent) && secret.length <= asked.length + 1 && belongs.test(secret.at(-1) ?? "")),
    );
  }

  some(is: (path: Path) => boolean): boolean {
    for (const path of this.paths.values()) if (is(path)) return true;
    return false;
  }
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((segment, i) => path[i] === segment);
}
