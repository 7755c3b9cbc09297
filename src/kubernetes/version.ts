/** The minor version in `1.34`, `v1.34.2` or `1.34.2-gke.100`; 0 where there is none. */
export function minorVersion(version: string): number {
  return Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? 0);
}

/** Native `sleep` hooks are on by default from Kubernetes 1.30 (KEP-3960, beta). */
export function hasNativeSleep(version: string): boolean {
  return minorVersion(version) >= 30;
}

/** Native sidecars are stopped after the ordinary containers from Kubernetes 1.29 (KEP-753, beta). */
export function hasOrderedSidecars(version: string): boolean {
  return minorVersion(version) >= 29;
}
