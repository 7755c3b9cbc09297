/** The roll-out without and with the repair, as a picture. */
import type { TopLevelSpec } from "vega-lite";
import { binWidth, lostOf, type Result, type Rollout } from "./result";

/** The scenario that is shown. */
export const shown = "no-hook";
/** Seconds around the beginning of the roll-out. */
const [from, to] = [-2, 12];

/** An SVG, of a width for pages. */
export async function picture({ rollouts }: Result): Promise<string> {
  const spec: TopLevelSpec = {
    background: "white",
    padding: 12,
    config: {
      aria: false,
      font: "sans-serif",
      view: { stroke: null },
      axis: { grid: false, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
      legend: { labelFontSize: 12, title: null, orient: "top", symbolStrokeWidth: 1.5 },
      title: { anchor: "start", fontSize: 14, fontWeight: 600 },
    },
    vconcat: rollouts.filter(({ scenario }) => scenario === shown).map(panel),
  };
  // Both are modules that can't be required: they wait at their top level.
  const [{ compile }, { parse, View }] = await Promise.all([import("vega-lite"), import("vega")]);
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}

type Panel = Extract<TopLevelSpec, { vconcat: unknown }>["vconcat"][number];

function panel(rollout: Rollout): Panel {
  const lost = lostOf(rollout.requests.off);
  const bins = (rollout.bins ?? []).filter(({ at }) => at >= from && at < to);
  const bars = bins.flatMap(({ at, answered, lost }) => [
    { from: at, to: at + binWidth, rate: answered / binWidth, what: "answered" },
    { from: at, to: at + binWidth, rate: lost / binWidth, what: "lost" },
  ]);
  const moments = rollout.pods.flatMap(({ sigterm, gone }) => [
    ...(sigterm === undefined ? [] : [{ at: sigterm, event: "SIGTERM" }]),
    { at: gone, event: "gone from APISIX" },
  ]);
  const hook =
    rollout.sleepSeconds === undefined ? "No hook" : `Repaired, a preStop sleep of ${rollout.sleepSeconds} s`;
  const x = { type: "quantitative" as const, title: "seconds since the roll-out began", scale: { domain: [from, to] } };
  return {
    title: `${hook}: ${lost === 0 ? "no" : lost} requests lost (t = ${rollout.delaySeconds} s, no retries)`,
    width: 640,
    height: 130,
    layer: [
      {
        data: { values: bars },
        mark: { type: "bar", strokeWidth: 0, binSpacing: 0 },
        encoding: {
          x: { field: "from", bin: "binned", ...x },
          x2: { field: "to" },
          y: { field: "rate", type: "quantitative", title: "requests a second", stack: "zero", axis: { tickCount: 3 } },
          color: {
            field: "what",
            type: "nominal",
            scale: { domain: ["answered", "lost"], range: ["#a9c4e4", "#cf222e"] },
          },
        },
      },
      {
        data: { values: moments },
        mark: { type: "rule", color: "#1f2328", strokeWidth: 1.5 },
        encoding: {
          x: { field: "at", ...x },
          strokeDash: {
            field: "event",
            type: "nominal",
            scale: {
              domain: ["SIGTERM", "gone from APISIX"],
              range: [
                [4, 3],
                [1, 0],
              ],
            },
          },
        },
      },
    ],
  };
}
