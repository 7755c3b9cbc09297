/**
 * How a Pod terminates, as a picture inside the HTML report.
 *
 * Places along the axis are percentages, so that the picture takes the width it gets and its letters keep their size;
 * colors and hatchings are the page's. All that it shows is in words in its label and below it.
 */
import type { ContainerTimeline, Timeline } from "./model";
import { early, gracePeriodText, interval, nameOf, seconds, sentence, verdicts, type Scale } from "./scale";
import { attribute, escape } from "./xml";

const top = 22;
const apisixRow = 28;
const row = 58;
const barHeight = 14;

export const marks = { ok: "✓", short: "✕", unknown: "?" } as const;

/** @param scale of all pictures of the workload, so that they can be compared. */
export function timelineSvg(timeline: Timeline, t: number, scale: Scale): string {
  const { containers } = timeline;
  const height = top + apisixRow + row * containers.length;
  const x = (at: number) => `${Math.round(scale.at(at) * 1000) / 10}%`;
  const parts = [
    `<svg class="tl" role="img" width="100%" height="${height}"${attribute("aria-label", inWords(timeline, t))}>`,
    // Room for what stands at the ends of the axis.
    '<svg x="1%" width="98%" overflow="visible">',
  ];
  for (const { at, anchor } of ticks(timeline, t, scale)) {
    parts.push(text(x(at), 12, seconds(at), "tl-tick", anchor));
    parts.push(line(x(at), 17, top, "tl-axis"));
  }
  parts.push(line("0", top, top, "tl-axis", "100%"));
  if (scale.cut !== undefined)
    parts.push(text(`${Math.round(scale.cut * 1000) / 10}%`, top + 5, "//", "tl-cut", "middle"));
  // Drawn first, so that the letters stand over the line.
  parts.push(line(x(t), top, height - 4, "tl-t"));
  parts.push(bar("0", x(t), top + 6, "tl-apisix"));
  const label = `APISIX may send requests for ${seconds(t)}`;
  parts.push(text(x(t), top + 17, label, "tl-small", scale.at(t) > 0.45 ? "end" : "start", 6));
  containers.forEach((one, i) => parts.push(...containerRow(one, t, x, scale, top + apisixRow + row * i)));
  parts.push("</svg></svg>");
  return parts.join("");
}

function containerRow(one: ContainerTimeline, t: number, x: (at: number) => string, scale: Scale, y: number): string[] {
  const { sigkill } = one;
  // Without a SIGTERM the container serves until it is killed.
  const never = { atLeast: sigkill ?? 0, atMost: sigkill };
  const sigterm = one.sigterm ?? never;
  const name = nameOf(one, 28);
  const end = sigkill === null ? "100%" : x(sigkill);
  const endAt = sigkill ?? scale.end;
  const latest = sigterm.atMost ?? endAt;
  const barTop = y + 20;
  const parts = [
    text("0", y + 14, name, "tl-name"),
    text("100%", y + 14, `${marks[one.verdict]} ${verdicts[one.verdict]}`, `tl-verdict v-${one.verdict}`, "end"),
  ];
  if (sigterm.atLeast > 0) parts.push(bar("0", x(sigterm.atLeast), barTop, "tl-hook"));
  if (latest > sigterm.atLeast) parts.push(bar(x(sigterm.atLeast), x(latest), barTop, "tl-maybe"));
  if (endAt > latest) parts.push(bar(x(latest), end, barTop, sigkill === null ? "tl-maybe" : "tl-left"));
  // What goes wrong: the app shuts down, or may do so, and still gets requests. Not of what can't be judged.
  if (one.verdict === "short" && early(one, t) !== "no") parts.push(bar(x(sigterm.atLeast), x(t), barTop, "tl-danger"));
  const isSure = sigterm.atMost === sigterm.atLeast;
  const at = sigterm.atLeast;
  if (one.sigterm !== null && sigterm.atMost !== null) {
    parts.push(mark(x(at), barTop, "M0 -3 L6 7 L0 17 L-6 7 Z", "tl-sigterm"));
    const anchor = scale.at(at) > 0.6 ? "end" : "start";
    const label = at === 0 && isSure ? "SIGTERM at once" : `SIGTERM ${isSure ? seconds(at) : interval(sigterm)}`;
    parts.push(text(x(at), barTop + 28, label, "tl-small", anchor, at === 0 ? 0 : 8));
  }
  if (sigkill !== null) {
    parts.push(mark(end, barTop, "M-5 2 L5 12 M5 2 L-5 12", "tl-sigkill"));
    // Only where the two labels don't meet, on a phone either.
    const apart = scale.at(sigkill) - scale.at(at);
    const anchor = scale.at(sigkill) < 0.2 ? "start" : "end";
    if (one.sigterm === null || sigterm.atMost === null || (apart > 0.55 && isSure) || apart > 0.75) {
      parts.push(text(end, barTop + 28, `SIGKILL ${seconds(sigkill)}`, "tl-small", anchor));
    }
  }
  return parts;
}

function ticks(
  { gracePeriod }: Timeline,
  t: number,
  scale: Scale,
): { at: number; anchor: "start" | "middle" | "end" }[] {
  const shown: { at: number; anchor: "start" | "middle" | "end" }[] = [{ at: 0, anchor: "start" }];
  const last = gracePeriod !== null && scale.at(gracePeriod) > 0.1 ? gracePeriod : undefined;
  if (scale.at(t) > 0.1 && (last === undefined || scale.at(last) - scale.at(t) > 0.15)) {
    shown.push({ at: t, anchor: scale.at(t) > 0.9 ? "end" : "middle" });
  }
  if (last !== undefined) shown.push({ at: last, anchor: scale.at(last) > 0.9 ? "end" : "middle" });
  return shown;
}

function inWords(timeline: Timeline, t: number): string {
  const containers = timeline.containers.map((one) => {
    return `${nameOf(one, 60)}: ${verdicts[one.verdict]}. ${sentence(one)}`;
  });
  return [`Timeline, ${gracePeriodText(timeline)}. APISIX may send requests for ${seconds(t)}.`, ...containers].join(
    " ",
  );
}

/** @param gap between the place and the letters, in pixels. */
function text(
  x: string,
  y: number,
  content: string,
  className: string,
  anchor: "start" | "middle" | "end" = "start",
  gap = 0,
): string {
  const at = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  const dx = gap === 0 ? "" : ` dx="${anchor === "end" ? -gap : gap}"`;
  return `<text class="${className}" x="${x}" y="${y}"${at}${dx}>${escape(content)}</text>`;
}

/** From one place to another; SVG has no right edge, so its width is a difference of percentages. */
function bar(from: string, to: string, y: number, className: string): string {
  const width = Math.round((parseFloat(to) - parseFloat(from)) * 10) / 10;
  return `<rect class="${className}" x="${from}" y="${y}" width="${width}%" height="${barHeight}"/>`;
}

function line(x: string, y1: number, y2: number, className: string, x2 = x): string {
  return `<line class="${className}" x1="${x}" x2="${x2}" y1="${y1}" y2="${y2}"/>`;
}

/** A path has no percentages; an inner picture puts it there. */
function mark(x: string, y: number, path: string, className: string): string {
  return `<svg x="${x}" y="${y}" overflow="visible"><path class="${className}" d="${path}"/></svg>`;
}
