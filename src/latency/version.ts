/** Versions of APISIX's controller and of ADC, as their images' tags write them. */

/** Major, minor, patch, and the number of the release candidate: Infinity for the release itself. */
export type Version = readonly [major: number, minor: number, patch: number, candidate: number];

/**
 * `2.0.0-rc5`, `v1.8.4`; undefined for every other text. Another suffix (`2.0.1-debug`) is somebody's own build.
 * Source: the tags of apache/apisix-ingress-controller and api7/adc.
 */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:-rc(\d{1,3}))?$/.exec(text);
  if (!match) return undefined;
  const [, major, minor, patch, candidate] = match;
  return [Number(major), Number(minor), Number(patch), candidate === undefined ? Infinity : Number(candidate)];
}

/** The version in an image's tag; undefined for `latest`, a digest alone and the like. */
export function versionIn(image: string): string | undefined {
  const tag = /:([^:/@]+)(?:@[^@]*)?$/.exec(image)?.[1];
  return tag !== undefined && parseVersion(tag) ? tag.replace(/^v/, "") : undefined;
}

/** Is it at least `from`, and before `before`? False where one of them is no version. */
export function isWithin(version: string, [from, before]: Range): boolean {
  const [own, first, end] = [version, from, before].map(parseVersion);
  return own !== undefined && first !== undefined && end !== undefined && !isLess(own, first) && isLess(own, end);
}

/** The first version, and the first one after the last. */
export type Range = readonly [from: string, before: string];

function isLess(a: Version, b: Version): boolean {
  for (const [i, part] of a.entries()) {
    const other = b[i] ?? 0;
    if (part !== other) return part < other;
  }
  return false;
}
