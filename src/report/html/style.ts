/** The page's style. A string, so that the compiler's output is all that is shipped. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfaf8; --card: #ffffff; --line: #dfdbd3; --soft: #f1eee8;
  --ink: #1d1c1a; --muted: #5d5952; --link: #1f5c99;
  --bad: #ae1f16; --warn: #855300; --good: #1c6b41; --calm: #5d5952;
  --hook: #4f7cac; --left: #cfdcd2; --apisix: #8d8578;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #151517; --card: #1c1c1f; --line: #36353a; --soft: #26262a;
    --ink: #ebe9e5; --muted: #aaa69e; --link: #8dbbea;
    --bad: #ff9187; --warn: #ecb64f; --good: #84d2a4; --calm: #aaa69e;
    --hook: #6f9fd1; --left: #33493b; --apisix: #8d8578;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 6rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 68rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.55 var(--sans); font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code, .chain, .urn { font-family: var(--mono); font-size: .875em; }
h1, h2, h3, p, ul, ol, dl, figure { margin: 0; padding: 0; }
ul, ol { list-style: none; }
[hidden] { display: none !important; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; }
.name { color: var(--muted); font-size: .875rem; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.25rem); font-weight: 650; letter-spacing: -.022em; line-height: 1.15; margin: .25rem 0 .75rem; }
.lead { font-size: 1.125rem; max-width: 60ch; }
.about { color: var(--muted); font-size: .875rem; margin-top: .5rem; }
h2 { font-size: 1.25rem; font-weight: 650; letter-spacing: -.012em; margin: 2.75rem 0 .75rem; }
h2 small { font-weight: 400; font-size: .875rem; letter-spacing: 0; color: var(--muted); margin-left: .5rem; }
.totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); margin: 2rem 0 0; border-block: 1px solid var(--line); }
.totals > div { padding: .9rem 1rem .8rem 0; }
.totals dt { color: var(--muted); font-size: .875rem; }
.totals dd { margin: 0; font-size: 2rem; font-weight: 600; letter-spacing: -.03em; line-height: 1.2; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line); }
thead th { font-weight: 500; font-size: .8125rem; color: var(--muted); white-space: nowrap; }
tbody th { font-weight: 500; min-width: 11rem; }
td.n, th.n { text-align: right; white-space: nowrap; }
td small, th small { display: block; font-weight: 400; color: var(--muted); font-size: .875rem; max-width: 65ch; }
.notice { border-left: 3px solid var(--warn); padding: .25rem 0 .25rem 1rem; margin-top: 1.5rem; }
.notice p { font-weight: 600; }
form {
  position: sticky; top: 0; z-index: 1; background: var(--page); border-bottom: 1px solid var(--line);
  display: grid; grid-template-columns: minmax(12rem, 2fr) repeat(3, minmax(8rem, 1fr)) auto; gap: .6rem .75rem; align-items: end; padding: .75rem 0;
}
label { display: block; font-size: .8125rem; color: var(--muted); }
input[type=search], select, button {
  font: inherit; font-size: .9375rem; color: inherit; background: var(--card); border: 1px solid var(--muted); border-radius: 5px;
  width: 100%; height: 2.4rem; padding: 0 .6rem; display: block;
}
button { cursor: pointer; padding: 0 1rem; }
fieldset { border: 0; margin: 0; padding: 0; grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; align-items: center; }
legend { float: left; font-size: .8125rem; color: var(--muted); padding: 0; margin-right: 1.25rem; }
fieldset label { color: var(--ink); font-size: .9375rem; display: inline-flex; align-items: center; gap: .4rem; cursor: pointer; min-height: 1.75rem; }
fieldset input { width: 1rem; height: 1rem; margin: 0; accent-color: var(--link); }
output { font-size: .875rem; color: var(--muted); margin-left: auto; }
.lv { font-weight: 600; white-space: nowrap; }
.lv > span { margin-right: .3em; font-weight: 700; }
.lv-mandatory, .lv-remediate, .lv-not-applied, .lv-would-be-repaired, .lv-short, .v-short { color: var(--bad); }
.lv-advisory, .lv-announced, .lv-unchanged, .lv-unknown, .v-unknown { color: var(--warn); }
.lv-rolls-out, .lv-waits, .lv-kept, .lv-written, .lv-fine, .v-ok { color: var(--good); }
.lv-exempted, .lv-known { color: var(--calm); }
article {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1.1rem 1.25rem 1.25rem; margin: 0 0 1rem;
  content-visibility: auto; contain-intrinsic-size: auto 11rem;
}
article.drawn { contain-intrinsic-size: auto 27rem; }
article > header { display: flex; flex-wrap: wrap; gap: .1rem .75rem; align-items: baseline; }
h3 { font-size: 1.0625rem; font-weight: 600; letter-spacing: -.006em; }
h3 span { color: var(--muted); font-weight: 400; }
.counts { font-size: .875rem; display: flex; flex-wrap: wrap; gap: 0 .9rem; }
.urn { color: var(--muted); font-size: .75rem; line-height: 1.45; width: 100%; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem 2rem; margin: 1rem 0 .25rem; }
figcaption { font-size: .875rem; margin-bottom: .35rem; }
figcaption b { font-weight: 600; }
.pic { min-height: 7rem; }
.numbers { font-size: .875rem; color: var(--muted); margin-top: .35rem; display: grid; gap: .3rem; }
.numbers b { color: var(--ink); font-weight: 600; }
.items { display: grid; gap: .9rem; margin-top: 1rem; border-top: 1px solid var(--line); padding-top: 1rem; }
.items > li { max-width: 80ch; }
.chain { display: flex; flex-wrap: wrap; gap: .05rem .5rem; color: var(--muted); margin: .3rem 0; }
.chain li + li::before { content: "\\203A" / ""; margin-right: .5rem; }
.fix { background: var(--soft); border-radius: 5px; padding: .35rem .65rem; margin: .4rem 0; font-size: .9375rem; }
.fix b { font-weight: 600; }
.program { display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; margin-top: 1rem; font-size: .875rem; color: var(--muted); }
.program p, .program details[open] { width: 100%; }
.program details[open] { color: var(--ink); }
summary { cursor: pointer; }
pre { margin: .25rem 0 .5rem; padding: .65rem .8rem; overflow-x: auto; background: var(--soft); border-radius: 5px; line-height: 1.45; }
.meta { font-size: .8125rem; color: var(--muted); display: flex; flex-wrap: wrap; gap: 0 1rem; }
.pre { white-space: pre-line; }
.tl { display: block; overflow: visible; font-family: var(--sans); font-variant-numeric: tabular-nums; }
.tl text { fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; }
.tl .tl-tick, .tl .tl-small { font-size: 11px; fill: var(--muted); }
.tl .tl-name { font-size: 13px; font-weight: 600; }
.tl .tl-verdict { font-size: 12px; font-weight: 600; }
.tl .v-ok { fill: var(--good); } .tl .v-short { fill: var(--bad); } .tl .v-unknown { fill: var(--warn); }
.tl-axis { stroke: var(--muted); stroke-width: 1; }
.tl .tl-cut { font-size: 12px; fill: var(--ink); }
.tl-t { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; }
.tl-apisix { fill: url(#h-apisix); stroke: var(--apisix); }
.tl-hook { fill: var(--hook); }
.tl-maybe { fill: url(#h-maybe); stroke: var(--hook); }
.tl-left { fill: var(--left); stroke: var(--good); stroke-width: .5; }
.tl-danger { fill: url(#h-danger); stroke: var(--bad); }
.tl-sigterm { fill: var(--ink); stroke: var(--card); stroke-width: 1.5; }
.tl-sigkill { stroke: var(--ink); stroke-width: 2.5; fill: none; }
.hatch-bg { fill: var(--card); }
.hatch-apisix { stroke: var(--apisix); } .hatch-maybe { stroke: var(--hook); } .hatch-danger { stroke: var(--bad); stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.25rem; font-size: .875rem; color: var(--muted); margin: .75rem 0 1rem; }
.legend li { display: inline-flex; align-items: center; gap: .45rem; }
.legend svg { width: 26px; height: 14px; flex: none; overflow: visible; }
.nothing { color: var(--muted); padding: 2rem 0; }
footer { margin-top: 3rem; color: var(--muted); font-size: .875rem; border-top: 1px solid var(--line); padding-top: 1rem; }
@media (max-width: 52rem) {
  form { position: static; grid-template-columns: 1fr 1fr; }
  form > div:first-child { grid-column: 1 / -1; }
  output { margin-left: 0; width: 100%; }
}
@media (max-width: 34rem) {
  body { padding: 1.5rem 1rem 3rem; }
  article { padding: .9rem .9rem 1rem; border-radius: 6px; }
  legend { float: none; width: 100%; margin: 0; }
  .totals { grid-template-columns: 1fr 1fr; }
  th, td { padding-right: .5rem; }
  thead th { font-size: .75rem; }
  tbody th { min-width: 7rem; }
}
@media print {
  :root { --page: #fff; --card: #fff; --line: #bbb; --soft: #f4f4f4; --ink: #000; --muted: #444; --link: #000; --bad: #8f1710; --warn: #6b4300; --good: #14552f; --hook: #4f7cac; --left: #dfe9e2; }
  body { padding: 0; max-width: none; font-size: 10pt; }
  form > div, fieldset label, legend, .skip { display: none !important; }
  form { position: static; border: 0; display: block; }
  article { content-visibility: visible; break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
