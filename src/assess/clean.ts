/** What a message is made of, made safe to print: names come from anywhere, and may hold anything. */
import { oneLine, shortened } from "../plain";
import type { Finding } from "./finding";

/** A name of Kubernetes has at most 253 characters, and a label two of them. */
const most = 1000;

/** A finding whose texts are one line each, of visible characters, and not endless. */
export function cleaned<F extends Omit<Finding, "policy" | "subject">>(finding: F): F {
  const { container, data, fixes, evidence, notes, remarks, excuses } = finding;
  return {
    ...finding,
    ...clean({ container, data, fixes, notes, remarks, excuses }),
    evidence: evidence.map((chain) => chain.split(" › ").map(cleanText).join(" › ")),
  };
}

function clean<T>(value: T): T {
  if (typeof value === "string") return cleanText(value) as T;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(clean) as T;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clean(each as unknown)])) as T;
}

function cleanText(text: string): string {
  // Pulumi reads `<{%` as the start of a color.
  return shortened(oneLine(text), most).replaceAll("<{%", "<{ %");
}
