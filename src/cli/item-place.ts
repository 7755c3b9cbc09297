/** Where objects and their fields stand in a file, by the events of the YAML reader. */
import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException, type Event } from "js-yaml";
import { linesOf } from "./lines";
import type { Place } from "./sources";

interface ItemPlace {
  line: number;
  column?: number;
}

type Path = Place["path"];

/** A value: a field stands where its key does, an item of a list where its own text begins. */
interface Spot {
  at: number;
  below?: Map<string, Spot>;
}

interface Spots {
  root: Spot;
  placeOf: ReturnType<typeof linesOf>;
}

/** Of the documents that something is reported of. */
const known = new WeakMap<Place["document"], Spots | undefined>();

/**
 * Where an object or one of its fields stands, from 1. A column counts UTF-16 units, as editors and SARIF do.
 *
 * @param fields the first that is there counts; where none is, what would hold the last one
 */
export function itemPlace(
  { document, path: item, line }: Pick<Place, "document" | "path" | "line">,
  text: string,
  ...fields: readonly Path[]
): ItemPlace {
  const { start, end, line: first } = document.part;
  if (!known.has(document)) known.set(document, spotsOf(text.slice(start, end)));
  const spots = known.get(document);
  if (!spots) return { line };
  const found = (fields.length > 0 ? fields : [[]]).map((field) => find(spots.root, [...item, ...field]));
  const { at } = (found.find(({ isThere }) => isThere) ?? found.at(-1))?.spot ?? spots.root;
  const { line: row, column } = spots.placeOf(at);
  return { line: first - 1 + row, column };
}

/** A value, or the last one on the way to it. */
function find(root: Spot, path: Path): { spot: Spot; isThere: boolean } {
  let spot = root;
  for (const key of path) {
    const next = spot.below?.get(String(key));
    if (!next) return { spot, isThere: false };
    spot = next;
  }
  return { spot, isThere: true };
}

/** Of a text with one document; undefined where the reader doesn't take it as it is written. */
function spotsOf(marked: string): Spots | undefined {
  // A byte order mark takes no column.
  const text = marked.replace(/^\ufeff/, "");
  let events: Event[];
  try {
    events = parseEvents(text, {});
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
  }
  const start = events.findIndex(({ type }) => type === EVENT_ID.DOCUMENT);
  if (start < 0) return undefined;
  return { root: readSpot(text, events, { next: start + 1 }), placeOf: linesOf(text) };
}

/** The value that the next events are of. The reader lets nothing be nested deeper than 100 levels. */
function readSpot(text: string, events: readonly Event[], cursor: { next: number }): Spot {
  const event = events[cursor.next++];
  const spot: Spot = { at: startOf(event) };
  if (event?.type !== EVENT_ID.MAPPING && event?.type !== EVENT_ID.SEQUENCE) return spot;
  const below = (spot.below = new Map<string, Spot>());
  const isMap = event.type === EVENT_ID.MAPPING;
  while (events[cursor.next]?.type !== EVENT_ID.POP) {
    const first = events[cursor.next];
    const key = isMap ? readSpot(text, events, cursor) : undefined;
    const value = readSpot(text, events, cursor);
    // A collection as a key names no field.
    const name = !isMap ? String(below.size) : first?.type === EVENT_ID.SCALAR ? getScalarValue(text, first) : "";
    // An item with nothing in it stands nowhere by itself.
    const at = key?.at ?? value.at;
    below.set(name, { ...value, at: at < 0 ? spot.at : at });
  }
  cursor.next++;
  return spot;
}

function startOf(event: Event | undefined): number {
  switch (event?.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1;
    case EVENT_ID.SCALAR: {
      // The range of a quoted text begins behind its quote.
      const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
      return isQuoted ? event.valueStart - 1 : event.valueStart;
    }
    default:
      return -1;
  }
}
