/**
 * The text of a finding, taken apart.
 *
 * The pack writes: what is wrong on one line, lines of evidence, a line `Fix: …`, and the address of the code's page.
 * Pulumi puts the policy's description and a line feed before it. Versions before 0.2 ended with a path of the docs,
 * without a code. A text of another form is all "what".
 */
import { shortened, visible, withoutColors } from "./plain";

export interface Message {
  /** The policy's description, if it can be told apart from the rest. */
  description?: string;
  what: string;
  /** What is wrong, as a stable code. */
  code?: string;
  /** The container that it is about. */
  container?: string;
  /** Chains that tell why the resource is concerned: `ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web`. */
  evidence: string[];
  fix?: string;
  /** Path or address of the policy's page. */
  docs?: string;
}

/** Between the links of a chain of evidence. */
export const chainMark = " › ";

/** No finding needs more characters than this; a report is not a log. */
const longest = 10_000;

/** The address that ends a message names its code. */
const codeInAddress = /\/docs\/findings\.md#([a-z0-9-]+)$/;

const docsAtEnd = /(?:^|\s+)(?:More:\s+)?((?:docs\/[\w./-]+\.md|https:\/\/[^\s"'<>]+)(?:#[\w-]+)?)\s*$/;

/**
 * @param text a policy event's message.
 * @param description the policy's description, where it is known.
 */
export function parseMessage(text: string, description?: string): Message {
  const lines = visible(shortened(withoutColors(text), longest))
    .trim()
    .split("\n");
  let start = 0;
  let described: string | undefined;
  if (description !== undefined && lines.length > 1) {
    const known = visible(description).trim().split("\n");
    if (known.length < lines.length && known.every((line, i) => line.trim() === lines[i]?.trim())) {
      described = known.join("\n");
      start = known.length;
    }
  }
  const fixAt = lines.findIndex((line, i) => i > start && line.startsWith("Fix: "));
  const end = fixAt < 0 ? lines.length : fixAt;
  const firstEvidence = lines.findIndex((line, i) => i > start && i < end && line.includes(chainMark));
  const whatEnd = firstEvidence < 0 ? end : firstEvidence;
  // Of the pack's form, and Pulumi's line is still before it: a message has at least one line of its own.
  if (described === undefined && whatEnd < lines.length && whatEnd - start > 1) described = lines[start++];

  const code = codeInAddress.exec(lines.at(-1) ?? "")?.[1];
  // With a code and a known description it is plain where what is wrong ends: after one line.
  const oneLine = code !== undefined && described !== undefined ? start + 1 : whatEnd;
  const message: Message = { what: lines.slice(start, oneLine).join("\n").trim(), evidence: [] };
  if (described !== undefined) message.description = described;
  if (code !== undefined) {
    message.code = code;
    const container = /\bcontainer "([^"]+)"/i.exec(message.what)?.[1];
    if (container !== undefined) message.container = container;
  }
  for (const line of lines.slice(oneLine, end)) {
    if (code !== undefined || line.includes(chainMark)) message.evidence.push(line.trim());
    else if (line.trim() !== "") message.what += `\n${line}`;
  }
  if (fixAt >= 0) {
    const fix = lines.slice(fixAt).join("\n").slice("Fix: ".length).trim();
    const docs = docsAtEnd.exec(fix);
    message.fix = docs ? fix.slice(0, docs.index).trim() : fix;
    if (docs?.[1] !== undefined) message.docs = docs[1];
  } else {
    const docs = docsAtEnd.exec(message.what);
    if (docs?.[1] !== undefined && docs.index > 0) {
      message.docs = docs[1];
      message.what = message.what.slice(0, docs.index).trim();
    }
  }
  return message;
}

/** A link of a chain: `Deployment shop/web`, `Service shop/web:80`, `IngressClass apisix`. */
export interface Link {
  kind: string;
  namespace?: string;
  name: string;
}

/** What a link of a chain names; undefined where it isn't of that form. A remark in brackets may follow it. */
export function parseLink(text: string): Link | undefined {
  text = text.replace(/ \([^()]*\)$/, "");
  const match = /^([A-Z][A-Za-z0-9]*) (?:([a-z0-9.-]+)\/)?([^\s/:]+)(?::[\w-]+)?$/.exec(text.trim());
  const [, kind, namespace, name] = match ?? [];
  if (kind === undefined || name === undefined) return undefined;
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}

/** The links of a chain. */
export function links(chain: string): string[] {
  return chain.split(chainMark).map((link) => link.trim());
}
