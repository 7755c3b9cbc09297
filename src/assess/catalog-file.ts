/** The route catalog that the settings name: read once in a process, however many policies and resources ask. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  CatalogError,
  duplicates,
  indexCatalog,
  parseCatalog,
  type CatalogEntry,
  type CatalogIndex,
} from "../routing/catalog";
import type { Settings } from "../settings/schema";

/** A catalog, ready to be asked. */
export interface KnownCatalog {
  index: CatalogIndex;
  /** As the settings name it; absent where its entries stand in the settings. */
  file?: string;
  /** When it was made, ISO 8601. */
  createdAt?: string;
}

type CatalogSetting = NonNullable<Settings["catalog"]>;

const files = new Map<string, KnownCatalog>();

/**
 * Reads the catalog of a `catalog` setting.
 *
 * A path is relative to the working directory. Pulumi starts a pack in its own folder, so that a catalog beside the
 * pack's package.json needs no more than its name.
 *
 * @throws CatalogError that names the file, and the place in it
 */
export function readCatalog(setting: CatalogSetting): KnownCatalog {
  if (typeof setting !== "string") {
    const [problem] = catalogProblems(setting);
    if (problem !== undefined) throw new CatalogError(problem);
    return { index: indexCatalog(setting) };
  }
  const path = resolve(setting);
  let known = files.get(path);
  if (!known) {
    const { services, createdAt } = parseCatalog(textOf(path), setting);
    known = { index: indexCatalog(services), file: setting, ...(createdAt === undefined ? {} : { createdAt }) };
    files.set(path, known);
  }
  return known;
}

/** What is wrong with a `catalog` setting; none where it can be used. What is of another type is for its schema to say. */
export function catalogProblems(setting: unknown): string[] {
  if (Array.isArray(setting)) {
    const problems = duplicates(setting as CatalogEntry[], "catalog");
    return problems.length > 0 ? [problems.join("; ")] : [];
  }
  if (typeof setting !== "string") return [];
  try {
    readCatalog(setting);
    return [];
  } catch (error) {
    if (error instanceof CatalogError) return [error.message];
    throw error;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CatalogError(
      code === "ENOENT"
        ? `Route catalog ${file}: no such file; a path is relative to the folder that the pack is started in`
        : `Route catalog ${file}: can't be read (${code ?? "unknown error"})`,
    );
  }
}
