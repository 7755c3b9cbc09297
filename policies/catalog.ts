/** The route catalog that the settings name: read once in a process, however many policies and resources ask. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  CatalogError,
  catalogEntryFor,
  entryProblems,
  indexCatalog,
  parseCatalog,
  type Catalog,
  type CatalogIndex,
  type CatalogMatch,
} from "../src/routing/catalog";
import type { Workload } from "../src/kubernetes/workload";
import type { Settings } from "../src/settings/schema";
import { SettingsError } from "../src/settings/settings";

type CatalogSetting = NonNullable<Settings["catalog"]>;

interface Read {
  catalog: Catalog;
  index: CatalogIndex;
}

const files = new Map<string, Read>();
const inline = new WeakMap<readonly object[], Read>();

/**
 * What is wrong with a `catalog` setting; none where it can be used.
 *
 * A path is relative to the working directory. Pulumi starts a pack in its own folder, so that a catalog beside the
 * pack's package.json needs no more than its name.
 */
export function catalogProblems(setting: unknown): string[] {
  // What is of another type is for the settings' schema to say.
  if (typeof setting !== "string" && !Array.isArray(setting)) return [];
  try {
    read(setting as CatalogSetting);
    return [];
  } catch (error) {
    if (error instanceof CatalogError) return [error.message];
    throw error;
  }
}

/** What the catalog of these settings says of a workload; undefined where there is none, or it doesn't know it. */
export function knownRoute(workload: Workload, settings: Pick<Settings, "catalog">): CatalogMatch | undefined {
  return settings.catalog === undefined ? undefined : catalogEntryFor(workload, load(settings.catalog).index);
}

/** Why the catalog may lack routes that were made since; undefined where it is recent enough. */
export function staleness(settings: Pick<Settings, "catalog" | "maxCatalogAgeDays">, today: Date): string | undefined {
  const { catalog, maxCatalogAgeDays } = settings;
  // Entries in the settings have no age of their own.
  if (typeof catalog !== "string" || maxCatalogAgeDays === undefined) return undefined;
  const { createdAt } = load(catalog).catalog;
  if (createdAt === undefined) return `The route catalog ${catalog} doesn't say when it was made.`;
  const days = Math.floor((today.getTime() - Date.parse(createdAt)) / 86_400_000);
  return days <= maxCatalogAgeDays
    ? undefined
    : `The route catalog ${catalog} is ${days} days old, and maxCatalogAgeDays is ${maxCatalogAgeDays}: it lacks the routes that were made since.`;
}

/** As `read`, for settings that were checked before: whoever catches the error sees the setting's name. */
function load(setting: CatalogSetting): Read {
  try {
    return read(setting);
  } catch (error) {
    if (error instanceof CatalogError) throw new SettingsError([`catalog: ${error.message}`]);
    throw error;
  }
}

/** @throws CatalogError */
function read(setting: CatalogSetting): Read {
  if (typeof setting !== "string") {
    let known = inline.get(setting);
    if (!known) {
      const problems = [...entryProblems(setting, "catalog")];
      if (problems.length > 0) throw new CatalogError(problems.join("; "));
      inline.set(setting, (known = { catalog: { sources: [], services: setting }, index: indexCatalog(setting) }));
    }
    return known;
  }
  const file = resolve(setting);
  let known = files.get(file);
  if (!known) {
    const catalog = parseCatalog(textOf(file), setting);
    files.set(file, (known = { catalog, index: indexCatalog(catalog.services) }));
  }
  return known;
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
