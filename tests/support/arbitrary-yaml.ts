/** Odd ways to write objects as YAML: what a file may look like that people, templates and other tools wrote. */
import fc from "fast-check";
import { Document, isAlias, isCollection, isMap, isNode, isScalar, Pair, Scalar, visit, type YAMLMap } from "yaml";

/** Makes a choice: a number from 0 to below n. */
type Choose = (n: number) => number;

const scalarTypes = ["PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE", "BLOCK_LITERAL", "BLOCK_FOLDED"] as const;

/**
 * Manifests of these objects, written in an odd way: a document for each, or one List. What is the same object twice
 * becomes an anchor and its aliases.
 */
export function arbitraryYaml(objects: readonly unknown[]): fc.Arbitrary<string> {
  return fc.record({ choices: fc.infiniteStream(fc.nat(2 ** 20)), isList: fc.boolean() }).map(({ choices, isList }) => {
    const choose = (n: number) => choices.next().value! % n;
    if (isList) return finished(written({ apiVersion: "v1", kind: "List", items: objects }, choose), choose);
    const separators = ["---\n", "--- # next\n", "...\n---\n", "---\n# nothing\n---\n"];
    const texts = objects.map((each, i) => (i === 0 ? "" : separators[choose(4)]!) + written(each, choose));
    return finished(texts.join(""), choose);
  });
}

function written(value: unknown, choose: Choose): string {
  if (choose(8) === 0) return `${JSON.stringify(value, undefined, [undefined, 2, 4, "\t"][choose(4)])}\n`;
  const document = new Document(value, { merge: true, version: "1.2" });
  // Mostly in one style, as people do.
  const oddity = [40, 6, 3][choose(3)]!;
  const often = () => choose(oddity) === 0;
  visit(document, {
    Scalar(key, node) {
      if (key === "key") {
        if (often()) node.type = (["QUOTE_SINGLE", "QUOTE_DOUBLE"] as const)[choose(2)]!;
        return;
      }
      if (typeof node.value === "string" && often()) node.type = scalarTypes[choose(5)]!;
      if (often()) node.comment = ` of a value ${choose(9)}`;
    },
    Map(_, node) {
      if (often()) node.flow = true;
      if (often()) mergePart(document, node, choose);
      for (const { key } of node.items) if (isScalar(key) && often()) key.commentBefore = ` before a key ${choose(9)}`;
      // A key that is there twice: the last one counts.
      const [first] = node.items;
      if (first && String(first.key) !== "<<" && often())
        node.items.unshift(new Pair(new Scalar((first.key as Scalar).value), new Scalar("other")));
    },
    Seq(_, node) {
      if (often()) node.flow = true;
      const [first, second] = node.items;
      if (!isMap(first) || !isMap(second) || !often()) return;
      // The second is as the first, but for some of its keys.
      second.items = second.items.filter(
        ({ key, value }) => (isScalar(key) && key.value === "name") || isAnchored(value) || choose(2) === 0,
      );
      second.items.unshift(new Pair(new Scalar("<<"), document.createAlias(first)));
    },
  });
  return document.toString({
    indent: [2, 4, 3][choose(3)]!,
    indentSeq: choose(2) === 0,
    lineWidth: [0, 40][choose(2)]!,
    flowCollectionPadding: choose(2) === 0,
  });
}

function isAnchored(value: unknown): boolean {
  let found = false;
  if (isNode(value)) visit(value, { Collection: (_, { anchor }) => void (found ||= anchor !== undefined) });
  return found;
}

/** Some of a map's keys come by a merge key: written there, or by an alias of a map before it. */
function mergePart(document: Document, map: YAMLMap, choose: Choose): void {
  const pair = map.items[choose(map.items.length || 1)];
  if (!pair || isAlias(pair.value) || map.items.some(({ key }) => isScalar(key) && key.value === "<<")) return;
  const part = document.createNode({}) as YAMLMap;
  part.flow = isCollection(pair.value) && isMap(pair.value) ? (pair.value.flow ?? false) : choose(2) === 0;
  part.items.push(pair);
  map.items.splice(map.items.indexOf(pair), 1, new Pair(new Scalar("<<"), part));
}

/** As files end up on disk. */
function finished(text: string, choose: Choose): string {
  let file = text;
  if (choose(6) === 0)
    file = file.replace(
      /^( *(?:- )?[\w]+:) (?=[\w"'[{])/gm,
      (_, key: string) => `${key}${[" ", "\t", "  "][choose(3)]!}`,
    );
  if (choose(6) === 0) file = file.replace(/^( *)lifecycle:\n\1  preStop:\n(\1   .*\n)+/m, "$1lifecycle: # none yet\n");
  if (choose(4) === 0) file = file.trimEnd();
  if (choose(4) === 0) file = file.replaceAll("\n", "\r\n");
  if (choose(8) === 0) file = `\ufeff${file}`;
  return file;
}
