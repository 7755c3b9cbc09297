import { isNode, LineCounter, parseAllDocuments } from "yaml";
import type { Place } from "./sources";

const counted = new WeakMap<object, (path: Place["path"]) => number | undefined>();

/**
 * The line of an object in its file, from 1: that of its document, or for an item of a list its own. The YAML library
 * that knows the places of nodes is slow, so that it is asked only about documents that something is reported of.
 */
export function itemLine({ document, path, line }: Place, text: string): number {
  if (path.length === 0) return line;
  let find = counted.get(document);
  if (!find) {
    const lines = new LineCounter();
    const { start, end, line: first, index } = document.part;
    const documents = parseAllDocuments(text.slice(start, end), { lineCounter: lines });
    const parsed = Array.isArray(documents) ? documents[index] : undefined;
    find = (path) => {
      const node = parsed?.getIn(path, true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      return offset === undefined ? undefined : first - 1 + lines.linePos(offset).line;
    };
    counted.set(document, find);
  }
  return find(path) ?? line;
}
