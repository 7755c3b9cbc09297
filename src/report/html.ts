/**
 * The report as one HTML file: no network, and a policy that runs the page's own script and nothing else.
 *
 * Everything is there without the script, for search in the page, print and screen readers; the script filters, and
 * draws pictures when they come into view. The parts are in html/.
 */
import { createHash } from "node:crypto";
import { script } from "./html/script";
import { style } from "./html/style";
import { isWebAddress } from "./markdown";
import { links } from "./message";
import {
  fails,
  groups,
  label,
  lastOperations,
  placeText,
  stackLabel,
  type ContainerTimeline,
  type Finding,
  type Group,
  type Outcome,
  type Policy,
  type Repair,
  type Report,
  type ResourceRef,
  type Timeline,
} from "./model";
import { changeTexts, isMade, outcomeWord } from "./outcome";
import { count, oneLine, shortened } from "./plain";
import { languages, programOf, type Language } from "./program";
import { gracePeriodText, nameOf, scaleOf, sentence, verdicts, type Scale } from "./scale";
import { operation, reason, summary, word } from "./text";
import { marks, timelineSvg } from "./timeline-svg";
import { attribute, escape } from "./xml";

const repair = (sign: string, outcome?: Outcome) => ({ sign, word: outcomeWord(outcome ? { outcome } : {}) });

/** Words and signs of what a finding, a repair or a workload is. Color only repeats them. */
const kinds = {
  mandatory: { sign: "✕", word: "mandatory" },
  remediate: { sign: "✕", word: "not repaired" },
  advisory: { sign: "!", word: "advisory" },
  "not-applied": repair("✕", "not-applied"),
  "would-be-repaired": repair("✕", "would-be-repaired"),
  "rolls-out": repair("✓", "rolls-out"),
  waits: repair("✓", "waits"),
  kept: repair("✓", "kept"),
  unchanged: repair("?", "unchanged"),
  written: repair("✓", "written"),
  announced: repair("?"),
  exempted: { sign: "–", word: "exempted" },
  known: { sign: "=", word: "known" },
  short: { sign: "✕", word: "too short" },
  unknown: { sign: "?", word: "can't be judged" },
  fine: { sign: "✓", word: "in time" },
};
type Kind = keyof typeof kinds;

function kindOfRepair({ outcome }: Repair): Kind {
  return outcome ?? "announced";
}

/** What the filters choose by: places in these lists stand in the page's attributes. */
interface Lists {
  stacks: string[];
  namespaces: string[];
  policies: string[];
  /** How many entries there are of each kind. */
  kinds: Map<Kind, number>;
  byName: Map<string, Policy>;
}

export function html(report: Report): string {
  const all = groups(report);
  const lists = listsOf(report, all);
  const title = "Graceful termination behind APISIX";
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  // An attribute's inline style would be refused, too: nothing in the page needs one.
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}: ${escape(oneLine(summary(report)))}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
${patterns}
<header>
${masthead(report, title)}
</header>
<main>
${overview(report)}
<h2 id="findings" tabindex="-1">Findings by resource</h2>
${filter(lists)}
${all.some((one) => one.timeline) ? legend : ""}
${sections(all, lists)}
<p class="nothing" id="nothing"${all.length > 0 ? " hidden" : ""}>${all.length > 0 ? "Nothing matches the filter." : "There is nothing to report."}</p>
</main>
<footer><p>${escape(tool(report))}</p></footer>
<script type="application/json" id="totals">${jsonText(report.totals)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function masthead(report: Report, title: string): string {
  const { totals } = report;
  const about = [
    report.createdAt === undefined
      ? ""
      : `<time${attribute("datetime", report.createdAt)}>${date(report.createdAt)}</time>`,
    sources(report),
  ].filter((part) => part !== "");
  const isOfStacks = report.stacks.some((one) => one.stack !== undefined);
  const numbers: [string, number][] = [
    ["Mandatory", totals.mandatory],
    ["Advisory", totals.advisory],
    ["Repairs", totals.repairs],
    ["Exempted", totals.suppressed - totals.known],
    ["Resources concerned", totals.resources],
  ];
  if (totals.known > 0) numbers.push(["Known", totals.known]);
  if (isOfStacks) numbers.push(["Stacks", totals.stacks]);
  const tiles = numbers.map(([word, n]) => `<div><dt>${word}</dt><dd>${n}</dd></div>`);
  return `<p class="name">${escape(tool(report))}</p>
<h1>${title}</h1>
<p class="lead">${escape(summary(report))}</p>
<p class="about">${about.join(" · ")}</p>
<dl class="totals">${tiles.join("")}</dl>`;
}

function tool({ tool }: Report): string {
  return oneLine(tool.version === undefined ? tool.name : `${tool.name} ${tool.version}`);
}

function sources({ stacks }: Report): string {
  const names = [...new Set(stacks.map((one) => one.source))];
  const shown = names.slice(0, 3).map((name) => escape(shortened(oneLine(name), 80)));
  return shown.length === 0 ? "" : `from ${shown.join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
}

/** `21 September 2026, 14:20 UTC`; what isn't a time is shown as it is. */
function date(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.valueOf())) return escape(shortened(text, 40));
  return `${at.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" })} UTC`;
}

function overview(report: Report): string {
  const parts: string[] = [];
  if (report.problems.length > 0) {
    const shown = report.problems.slice(0, 20).map(({ source, line, message }) => {
      return `<li><code>${escape(shortened(oneLine(placeText(source, line)), 200))}</code> ${escape(shortened(message, 1000))}</li>`;
    });
    if (report.problems.length > 20) shown.push(`<li>and ${report.problems.length - 20} more</li>`);
    const word = report.problems.some((one) => one.incomplete) ? "Findings may be missing" : "Not everything was clear";
    parts.push(`<div class="notice"><p>${word}</p><ul>${shown.join("")}</ul></div>`);
  }
  parts.push(stackTable(report), policyTable(report));
  const others = report.otherPacks.slice(0, 20).map((one) => {
    return `<code>${escape(one.name)}</code> (${count(one.findings, "finding")}, ${count(one.repairs, "repair")})`;
  });
  if (others.length > 0) {
    const more = report.otherPacks.length > 20 ? " and others" : "";
    parts.push(
      `<p class="about">Other policy packs in the same events, not shown here: ${others.join(", ")}${more}.</p>`,
    );
  }
  return parts.join("\n");
}

interface Counts {
  mandatory: number;
  advisory: number;
  repairs: number;
}

function counts(report: Report, keyOf: (one: Finding | Repair) => string): Map<string, Counts> {
  const rows = new Map<string, Counts>();
  const row = (one: Finding | Repair) => {
    const key = keyOf(one);
    const existing = rows.get(key) ?? { mandatory: 0, advisory: 0, repairs: 0 };
    rows.set(key, existing);
    return existing;
  };
  for (const one of report.findings) {
    if (one.suppressed === undefined) row(one)[fails(one) ? "mandatory" : "advisory"]++;
  }
  for (const one of report.repairs) if (isMade(one)) row(one).repairs++;
  return rows;
}

const numberHeads =
  '<th scope="col" class="n">Mandatory</th><th scope="col" class="n">Advisory</th><th scope="col" class="n">Repairs</th>';

function numberCells({ mandatory, advisory, repairs }: Counts = { mandatory: 0, advisory: 0, repairs: 0 }): string {
  return [mandatory, advisory, repairs].map((n) => `<td class="n">${n}</td>`).join("");
}

function stackTable(report: Report): string {
  const named = lastOperations(report).filter((one) => one.stack !== undefined);
  if (named.length < 2) return "";
  const rows = counts(report, (one) => stackLabel(one.resource) ?? "");
  const body = named.map((one) => {
    const name = stackLabel(one) ?? "";
    const judged = one.judged === undefined ? "" : String(one.judged);
    const at = one.at === undefined ? "" : date(one.at);
    return `<tr><th scope="row">${escape(name)}</th><td>${escape(operation(one))}<small>${at}</small></td><td class="n">${judged}</td>${numberCells(rows.get(name))}</tr>`;
  });
  return `<h2>Stacks</h2><div class="scroll" tabindex="0" role="region" aria-label="Stacks"><table><thead><tr><th scope="col">Stack</th><th scope="col">Operation</th><th scope="col" class="n">Resources judged</th>${numberHeads}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

function policyTable(report: Report): string {
  const rows = counts(report, (one) => one.policy);
  const policies = new Map<string, Policy>(report.policies.map((policy) => [policy.name, policy]));
  for (const name of rows.keys()) if (!policies.has(name)) policies.set(name, { name });
  if (policies.size === 0) return "";
  const body = [...policies.values()].map((policy) => {
    const about =
      policy.description === undefined ? "" : `<small>${escape(shortened(policy.description, 400))}</small>`;
    return `<tr><th scope="row">${pageLink(policy.name, policy.url)}${about}</th>${numberCells(rows.get(policy.name))}</tr>`;
  });
  return `<h2>Policies</h2><div class="scroll" tabindex="0" role="region" aria-label="Policies"><table><thead><tr><th scope="col">Policy</th>${numberHeads}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

/** A name with a link to the first address that can be one. */
function pageLink(name: string, ...urls: readonly (string | undefined)[]): string {
  const url = urls.find((url) => url !== undefined && isWebAddress(url));
  return url === undefined ? escape(name) : `<a${attribute("href", url)}>${escape(name)}</a>`;
}

function listsOf(report: Report, all: readonly Group[]): Lists {
  const [stacks, namespaces, policies] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const kinds = new Map<Kind, number>();
  const add = (kind: Kind) => kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  for (const { resource, findings, repairs, timeline } of all) {
    stacks.add(stackLabel(resource) ?? "");
    namespaces.add(resource.namespace ?? "");
    for (const one of [...findings, ...repairs]) policies.add(one.policy);
    for (const one of findings) add(word(one));
    for (const one of repairs) add(kindOfRepair(one));
    if (findings.length + repairs.length === 0) add(kindOfTimeline(timeline));
  }
  return {
    stacks: [...stacks].sort(),
    namespaces: [...namespaces].sort(),
    policies: [...policies].sort(),
    kinds,
    byName: new Map(report.policies.map((policy) => [policy.name, policy])),
  };
}

/** Of a workload that nothing is reported on: it is shown with its timeline alone. */
function kindOfTimeline(of: Group["timeline"]): Kind {
  const verdicts = (of?.after.containers ?? []).map((one) => one.verdict);
  return verdicts.includes("short") ? "short" : verdicts.includes("unknown") ? "unknown" : "fine";
}

/** Hidden until the script, which makes it work, shows it. */
function filter(lists: Lists): string {
  const select = (name: string, title: string, all: string, options: string[]) => {
    const list = options.map((text, i) => `<option value="${i}">${escape(oneLine(text) || "(none)")}</option>`);
    return `<div><label for="by-${name}">${title}</label><select id="by-${name}" name="${name}"><option value="">${all}</option>${list.join("")}</select></div>`;
  };
  const boxes = (Object.keys(kinds) as Kind[]).flatMap((kind) => {
    const n = lists.kinds.get(kind) ?? 0;
    // A box alone would not be a list to the script; these two are always there.
    if (n === 0 && kind !== "mandatory" && kind !== "advisory") return [];
    return [`<label><input type="checkbox" name="level" value="${kind}" checked> ${level(kind)} ${n}</label>`];
  });
  return `<form id="filter" role="search" aria-label="Filter the findings" autocomplete="off" hidden>
<div><label for="by-text">Text</label><input type="search" id="by-text" name="q" placeholder="name, container, message"></div>
${select("stack", "Stack", "All stacks", lists.stacks)}
${select("namespace", "Namespace", "All namespaces", lists.namespaces)}
${select("policy", "Policy", "All policies", lists.policies)}
<div><button type="reset">Show all</button></div>
<fieldset><legend>Level</legend>${boxes.join("")}<output id="shown" aria-live="polite"></output></fieldset>
</form>`;
}

function sections(all: readonly Group[], lists: Lists): string {
  const byStack = new Map<string, Group[]>();
  for (const one of all) {
    const key = stackLabel(one.resource) ?? "";
    const list = byStack.get(key) ?? [];
    list.push(one);
    byStack.set(key, list);
  }
  const isOne = byStack.size < 2;
  return [...byStack]
    .map(([name, list]) => {
      const heading = isOne
        ? ""
        : `<h2>${name === "" ? "Manifests" : `Stack ${escape(name)}`} <small>${count(list.length, "resource")}</small></h2>\n`;
      return `<section data-stack>${heading}${list.map((one) => article(one, lists)).join("\n")}</section>`;
    })
    .join("\n");
}

function article({ resource, findings, repairs, timeline }: Group, lists: Lists): string {
  const { kind, namespace, name, urn } = resource;
  const numbers = new Map<Kind, number>();
  for (const kind of [...findings.map(word), ...repairs.map(kindOfRepair)]) {
    numbers.set(kind, (numbers.get(kind) ?? 0) + 1);
  }
  if (numbers.size === 0) numbers.set(kindOfTimeline(timeline), 0);
  const chips = [...numbers].map(([kind, n]) => level(kind, n > 1 ? n : undefined));
  const place = namespace === undefined ? "" : `${escape(namespace)}/`;
  const items = [...findings.map((one) => findingItem(one, lists)), ...repairs.map((one) => repairItem(one, lists))];
  return `<article${timeline ? ' class="drawn"' : ""}${attribute("aria-label", oneLine(label(resource)))} data-s="${lists.stacks.indexOf(stackLabel(resource) ?? "")}" data-n="${lists.namespaces.indexOf(namespace ?? "")}"${items.length === 0 ? ` data-l="${kindOfTimeline(timeline)}"` : ""}><header><h3><span>${escape(kind)}</span> ${place}${escape(name)}</h3><p class="counts">${chips.join("")}</p>${urn === undefined ? "" : `<p class="urn">${escape(shortened(oneLine(urn), 500))}</p>`}</header>${timeline ? pictures(timeline) : ""}${items.length === 0 ? "" : `<ul class="items">${items.join("")}</ul>`}${programs(resource, repairs)}</article>`;
}

function programs(resource: ResourceRef, repairs: readonly Repair[]): string {
  const program = programOf(resource, repairs);
  if (!program) return "";
  const blocks = Object.entries(languages).map(([language, name]) => {
    const label = attribute("aria-label", `In ${name}`);
    return `<details><summary>${name}</summary><pre tabindex="0" role="region"${label}><code>${escape(program[language as Language])}</code></pre></details>`;
  });
  return `<div class="program"><p>Write the repair into the program:</p>${blocks.join("")}</div>`;
}

function pictures(of: NonNullable<Group["timeline"]>): string {
  const scale = scaleOf(of);
  const drawn = of.before
    ? picture(of.before, of.t, scale, "Without the repair") + picture(of.after, of.t, scale, "With the repair")
    : picture(of.after, of.t, scale, "Termination");
  return `<div class="pictures">${drawn}</div>`;
}

function picture(timeline: Timeline, t: number, scale: Scale, title: string): string {
  return `<figure><figcaption><b>${title}</b>, ${gracePeriodText(timeline)}</figcaption><div class="pic"><noscript>${timelineSvg(timeline, t, scale)}</noscript></div><ul class="numbers">${timeline.containers.map(numbers).join("")}</ul></figure>`;
}

function numbers(one: ContainerTimeline): string {
  const because = one.because === "" ? "" : ` ${escape(shortened(oneLine(one.because), 500))}`;
  return `<li><b>${escape(nameOf(one, 80))}</b> <span class="lv v-${one.verdict}"><span aria-hidden="true">${marks[one.verdict]}</span>${verdicts[one.verdict]}</span>. ${escape(sentence(one))}${because}</li>`;
}

function findingItem(one: Finding, lists: Lists): string {
  const kind = word(one);
  const chains = one.evidence.slice(0, 10).map((chain) => {
    const list = links(shortened(oneLine(chain), 3000)).map((link) => `<li>${escape(link)}</li>`);
    return `<ol class="chain" aria-label="Evidence">${list.join("")}</ol>`;
  });
  const because = one.suppressed ? `<p><b>Reason:</b> ${escape(reason(one.suppressed))}</p>` : "";
  const fix = one.fix === undefined ? "" : `<p class="fix"><b>Fix:</b> ${escape(one.fix)}</p>`;
  const { code, docs } = one;
  const link =
    code === undefined
      ? pageLink(one.policy, lists.byName.get(one.policy)?.url, docs)
      : `${pageLink(one.policy, lists.byName.get(one.policy)?.url)} ${pageLink(code, docs)}`;
  const meta = [link];
  if (one.severity !== undefined) meta.push(`severity ${one.severity}`);
  if (docs !== undefined && !link.includes("<a")) meta.push(escape(docs));
  if (one.location) {
    const { file, line, column } = one.location;
    meta.push(`<code>${escape(placeText(file, line, column))}</code>`);
  }
  return `<li data-p="${lists.policies.indexOf(one.policy)}" data-l="${kind}"><p class="pre">${level(kind)} ${escape(one.what)}</p>${chains.join("")}${because}${fix}<p class="meta">${meta.map((part) => `<span>${part}</span>`).join("")}</p></li>`;
}

function repairItem(one: Repair, lists: Lists): string {
  const { policy, changes } = one;
  const kind = kindOfRepair(one);
  const list = changeTexts(one).map((change) => `<li><code>${escape(change)}</code></li>`);
  return `<li data-p="${lists.policies.indexOf(policy)}" data-l="${kind}"><p>${level(kind)}${changes.length > 0 ? ` ${count(changes.length, "change")}` : ""}</p><ul>${list.join("")}</ul><p class="meta"><span>${pageLink(policy, lists.byName.get(policy)?.url)}</span></p></li>`;
}

function level(kind: Kind, n?: number): string {
  const { sign, word } = kinds[kind];
  return `<span class="lv lv-${kind}"><span aria-hidden="true">${sign}</span>${n === undefined ? "" : `${n} `}${word}</span>`;
}

/** JSON that can stand in a script element: no `</script>`, no `<!--`. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(/</g, "\\u003c");
}

function hatch(name: string, size: number): string {
  return `<pattern id="h-${name}" width="${size}" height="${size}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-bg" width="${size}" height="${size}"/><line class="hatch-${name}" x1="0" y1="0" x2="0" y2="${size}"/></pattern>`;
}

/** Hatchings that all pictures share, so that what they mean doesn't hang on a color. */
const patterns = `<svg width="0" height="0" aria-hidden="true" focusable="false"><defs>${hatch("apisix", 6)}${hatch("maybe", 4)}${hatch("danger", 5)}</defs></svg>`;

const legend = `<ul class="legend" aria-label="Signs in the pictures">${[
  ['<rect class="tl-apisix" width="26" height="14"/>', "APISIX sends requests"],
  ['<rect class="tl-hook" width="26" height="14"/>', "preStop hook holds SIGTERM back"],
  ['<rect class="tl-maybe" width="26" height="14"/>', "not certain"],
  ['<rect class="tl-danger" width="26" height="14"/>', "shuts down while requests come"],
  ['<rect class="tl-left" width="26" height="14"/>', "time to shut down"],
  ['<path class="tl-sigterm" d="M13 -3 L19 7 L13 17 L7 7 Z"/>', "SIGTERM"],
  ['<path class="tl-sigkill" d="M8 2 L18 12 M18 2 L8 12"/>', "SIGKILL"],
]
  .map(([shape, word]) => `<li><svg aria-hidden="true" focusable="false">${shape}</svg>${word}</li>`)
  .join("")}</ul>`;
