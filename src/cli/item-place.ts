import { isNode, LineCounter, parseAllDocuments } from "yaml";
import type { Place } from "./sources";

interface ItemPlace {
  line: number;
  column?: number;
}

const counted = new WeakMap<object, (path: Place["path"]) => ItemPlace | undefined>();

/**
 * Where an object stands in its file, from 1: the line of its document, or for an item of a list its own. The YAML library
 * that knows the places of nodes is slow, so that it is asked only about documents that something is reported of.
 *
 * @param field one of its fields, or what would hold it
 */
export function itemPlace(
  { document, path: item, line }: Pick<Place, "document" | "path" | "line">,
  text: string,
  field: Place["path"] = [],
): ItemPlace {
  const path = [...item, ...field];
  if (path.length === 0) return { line };
  let find = counted.get(document);
  if (!find) {
    const lines = new LineCounter();
    const { start, end, line: first } = document.part;
    const documents = parseAllDocuments(text.slice(start, end), { lineCounter: lines });
    const [parsed] = Array.isArray(documents) ? documents : [];
    find = (path) => {
      const node = parsed?.getIn(path, true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      if (offset === undefined) return path.length > 1 ? find?.(path.slice(0, -1)) : undefined;
      const { line, col } = lines.linePos(offset);
      return { line: first - 1 + line, column: col };
    };
    counted.set(document, find);
  }
  return find(path) ?? { line };
}
