/** How a Pod terminates, drawn with characters: for `explain`, and inside Markdown. */
import { label, stackLabel, type ContainerTimeline, type Timeline, type WorkloadTimeline } from "./model";
import { oneLine } from "./plain";
import { gracePeriodText, nameOf, scaleOf, seconds, sentence, verdicts, type Scale } from "./scale";
import { painter, type Paint } from "./text";

export interface TimelineTextOptions {
  color?: boolean;
  /** Of a line, in columns. */
  width?: number;
}

const marks = { ok: "✓", short: "✗", unknown: "?" } as const;

export function timelineText(of: WorkloadTimeline, options: TimelineTextOptions = {}): string {
  const paint = painter(options.color);
  const stack = stackLabel(of.workload);
  const lines = [
    paint("bold", oneLine(label(of.workload))) + (stack === undefined ? "" : ` in stack ${oneLine(stack)}`),
    `APISIX may send requests for ${seconds(of.t)} after the Pod began to terminate.`,
  ];
  const scale = scaleOf(of);
  const drawings: [string, Timeline][] = of.before
    ? [
        ["Without the repair", of.before],
        ["With the repair", of.after],
      ]
    : [["", of.after]];
  // One margin for all, so that before and after stand below one another.
  const names = drawings.flatMap(([, timeline]) => timeline.containers.map(shortName));
  const margin = Math.max(6, ...names.map((name) => name.length)) + 3;
  for (const [title, timeline] of drawings) {
    const heading = title === "" ? gracePeriodText(timeline) : `${title}: ${gracePeriodText(timeline)}`;
    lines.push("", paint("bold", heading[0]?.toUpperCase() + heading.slice(1)));
    lines.push(...drawing(timeline, of.t, scale, margin, options.width ?? 80, paint));
  }
  lines.push(
    "",
    paint("dim", "▒ APISIX sends requests  ░ hook  T SIGTERM  ═ time to shut down  K SIGKILL  ~ not known"),
  );
  return `${lines.join("\n")}\n`;
}

function shortName(one: ContainerTimeline): string {
  return nameOf(one, 40);
}

function drawing(
  { containers }: Timeline,
  t: number,
  scale: Scale,
  margin: number,
  width: number,
  paint: Paint,
): string[] {
  const columns = Math.max(24, width - margin - 3);
  const column = (at: number) => Math.round(scale.at(at) * (columns - 1));
  const lines = [" ".repeat(margin) + axis(scale, column, columns)];
  lines.push("APISIX".padEnd(margin) + "▒".repeat(column(t)) + "│");
  for (const one of containers) {
    const style = one.verdict === "ok" ? "green" : one.verdict === "short" ? "red" : "yellow";
    lines.push(`${paint(style, marks[one.verdict])} ${shortName(one).padEnd(margin - 2)}${bar(one, column, columns)}`);
  }
  lines.push("");
  for (const one of containers) {
    lines.push(`${shortName(one)}: ${verdicts[one.verdict]}. ${sentence(one)}`);
    if (one.because !== "") lines.push(`  ${oneLine(one.because)}`);
  }
  return lines;
}

function bar({ sigterm, sigkill }: ContainerTimeline, column: (at: number) => number, columns: number): string {
  const cells = Array.from({ length: columns }, () => " ");
  const fill = (from: number, to: number, mark: string) => {
    for (let i = from; i < to && i < columns; i++) cells[i] = mark;
  };
  const end = sigkill === null ? columns : column(sigkill);
  const first = sigterm === null ? end : column(sigterm.atLeast);
  const last = sigterm === null || sigterm.atMost === null ? end : column(sigterm.atMost);
  fill(0, first, "░");
  fill(first, last, "~");
  fill(last + 1, end, sigkill === null ? "~" : "═");
  // A bound that isn't known is no moment to mark.
  const isMarked = sigterm !== null && sigterm.atMost !== null;
  if (isMarked) cells[last] = "T";
  if (sigkill !== null) cells[Math.min(columns - 1, Math.max(end, isMarked ? last + 1 : 0))] = "K";
  return cells.join("").trimEnd();
}

function axis(scale: Scale, column: (at: number) => number, columns: number): string {
  const cells = Array.from({ length: columns + 8 }, () => " ");
  let free = 0;
  for (const tick of scale.ticks) {
    const [text, at] = [seconds(tick), column(tick)];
    // No two labels on one another; the first of two counts, and the numbers are below.
    if (at < free) continue;
    for (let i = 0; i < text.length; i++) cells[at + i] = text[i] ?? "";
    free = at + text.length + 1;
  }
  if (scale.cut !== undefined) {
    const at = Math.round(scale.cut * (columns - 1));
    if (at >= free || cells.slice(at, at + 2).every((cell) => cell === " ")) cells.splice(at, 2, "/", "/");
  }
  return cells.join("").trimEnd();
}
