import assert from "node:assert/strict";
import { formats } from "../../src/report";
import { buildReport, emptyReading, finding } from "../../src/report/model";
import { aFinding } from "./samples";

const suppressed = { reason: "in the baseline b.json", by: "baseline" as const };
const report = buildReport([
  {
    ...emptyReading(),
    findings: [
      aFinding({ suppressed }),
      aFinding({ container: "b", code: "no-hook", suppressed: { reason: "drains" } }),
    ],
  },
]);

describe("a finding of the baseline", () => {
  it("is counted apart from those that are exempted", () => {
    const { findings, suppressed, known } = report.totals;
    assert.deepEqual([findings, suppressed, known], [0, 2, 1]);
  });

  const shown: [format: keyof typeof formats, RegExp][] = [
    ["text", /^ {2}known {2}[^]*\n {4}Reason: in the baseline b\.json\n[^]*^No findings, 1 known, 1 exempted/m],
    ["markdown", /1 known · 1 exempted|1 known, 1 exempted[^]*\*\*known\*\*/],
    ["html", /<dt>Exempted<\/dt><dd>1<\/dd>[^]*<dt>Known<\/dt><dd>1<\/dd>[^]*lv-known/],
    ["junit", /<skipped message="known: /],
    ["sarif", /"justification": "in the baseline b\.json"/],
    ["github", /^No findings, 1 known, 1 exempted\.$/m],
  ];
  for (const [format, expected] of shown) {
    it(`is known in ${format}`, () => assert.match(formats[format](report), expected));
  }
});

describe("a fingerprint", () => {
  it("counts a file from the root, whatever way it is given", () => {
    const of = (file: string, root?: string) =>
      finding({ ...aFinding(), resource: { kind: "Pod", name: "a" }, location: { file } }, root).fingerprint;
    const root = process.cwd();
    assert.equal(of("./a/../b.yaml", root), of("b.yaml"));
    assert.equal(of(`${root}/b.yaml`, root), of("b.yaml"));
    assert.equal(of("../b.yaml", root), of("../b.yaml"));
    assert.notEqual(of("./b.yaml"), of("b.yaml"));
    assert.equal(of("-", root), of("-"));
  });
});
