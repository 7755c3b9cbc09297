/** Helm releases: what they install isn't in the stack, and their names tell what it may be called. */
import type { HelmRelease } from "../../kubernetes/helm";
import { isKnown } from "../../kubernetes/values";
import type { Place, ResourceIndex } from "./resource-index";

/** Releases by the place that they install into, and by what the names of their Services begin with. */
export type Releases = ReadonlyMap<string, HelmRelease>;

export function indexReleases(index: ResourceIndex, releases: readonly HelmRelease[]): Releases {
  const byName = new Map<string, HelmRelease>();
  for (const release of releases) {
    if (!isKnown(release.namespace)) continue;
    const place = index.placeNamed(release.cluster, release.namespace);
    for (const name of [release.name, release.chart]) {
      const key = `${place}\0${name}`;
      if (name !== undefined && !byName.has(key)) byName.set(key, release);
    }
  }
  return byName;
}

/** What a Service may be called at most (DNS-1035 label). */
const longestName = 63;

/**
 * The release that probably makes a Service: as charts have it, what is called like the release or the chart, alone or
 * with more behind it (`fullname` in what `helm create` writes).
 */
export function releaseOf(releases: Releases, place: Place, service: string): { release?: string } {
  if (releases.size === 0 || service.length > longestName) return {};
  const words = service.split("-");
  for (let count = words.length; count > 0; count--) {
    const release = releases.get(`${place}\0${words.slice(0, count).join("-")}`);
    if (release) return { release: release.logicalName };
  }
  return {};
}
