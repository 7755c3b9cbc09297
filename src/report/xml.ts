/** Text for XML 1.0 and for HTML. */
import { visible } from "./plain";

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** For text and for attributes in quotes. What XML 1.0 forbids (control characters) is shown as U+FFFD. */
export function escape(text: string): string {
  return visible(text).replace(/[&<>"']/g, (char) => entities[char] ?? "");
}

/** ` name="value"`, or nothing where there is no value. Line feeds and tabs are kept. */
export function attribute(name: string, value: string | number | undefined): string {
  if (value === undefined) return "";
  return ` ${name}="${escape(String(value)).replace(/\n/g, "&#10;").replace(/\t/g, "&#9;")}"`;
}
