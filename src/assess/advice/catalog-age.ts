import { finding, type Finding } from "../finding";
import type { Knowledge } from "../knowledge";

const policy = "apisix-rollout-advice";

/** A catalog file that may lack routes which were made since. */
export function catalogAge({ settings, catalog }: Knowledge, today: Date): Finding | undefined {
  const most = settings.facts.maxCatalogAgeDays;
  // Entries in the settings have no age of their own.
  if (catalog?.file === undefined || most === undefined) return undefined;
  const { file, createdAt } = catalog;
  if (createdAt === undefined) return finding("catalog-undated", { file }, { policy });
  const days = Math.floor((today.getTime() - Date.parse(createdAt)) / 86_400_000);
  return days <= most ? undefined : finding("catalog-stale", { file, days, most }, { policy });
}
