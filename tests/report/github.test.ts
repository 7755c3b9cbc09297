import assert from "node:assert/strict";
import { resolve } from "node:path";
import { github } from "../../src/report/github";
import { buildReport, emptyReading } from "../../src/report/model";
import { aFinding, fullReport, hostile, reportFull } from "./samples";

const one = (over: Parameters<typeof aFinding>[0]) => buildReport([{ ...emptyReading(), findings: [aFinding(over)] }]);
/** The properties of the first command. */
const properties = (text: string) => /^::\w+ (.*?)::/.exec(text)?.[1];

/** What a runner reads: a line's command, properties and message, as in actions/runner's ActionCommand.cs. */
function read(text: string): Partial<Record<"name" | "title" | "file" | "line" | "col" | "message", string>>[] {
  return text
    .trimEnd()
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [, name = "", given = "", message = ""] = /^::(\w+) ([^:]*)::(.*)$/.exec(line) ?? [];
      const plain = (part: string) =>
        part.replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%0D", "\r").replaceAll("%0A", "\n");
      const own = given.split(",").map((each) => each.split("=", 2).map((part) => plain(part).replaceAll("%25", "%")));
      return {
        name,
        ...(Object.fromEntries(own) as Record<string, string>),
        message: plain(message).replaceAll("%25", "%"),
      };
    });
}

describe("report/github", () => {
  it("has a command for each finding that isn't exempted, and for what can't be read", () => {
    assert.deepEqual(
      read(github(fullReport())).map(({ name, title, file, line, col }) => ({ name, title, file, line, col })),
      [
        {
          name: "warning",
          title: "service-not-in-stack",
          file: "manifests/shop web/routes.yaml",
          line: "12",
          col: "3",
        },
        { name: "error", title: "pre-stop-sleep", file: undefined, line: undefined, col: undefined },
        { name: "error", title: "not read", file: undefined, line: undefined, col: undefined },
      ].map((each) => ({ ...each })),
    );
  });

  it("ends with the summary, on a line that no runner takes for a command", () => {
    assert.equal(github(buildReport([emptyReading()])), "No findings.\n");
  });

  it("says what is wrong, and what to do", () => {
    const [found] = read(github(one({ what: "100%\nlost", fix: "b: c, d", docs: "https://example.org" })));
    assert.equal(found?.message, "Deployment shop/web: 100%\nlost\nFix: b: c, d\nhttps://example.org");
  });

  const root = resolve("/repository");
  const files: [given: string, shown: string][] = [
    ["/repository/a/b.yaml", "file=a/b.yaml,line=1,title=pre-stop-sleep"],
    ["/repository/a,b:c%.yaml", "file=a%2Cb%3Ac%25.yaml,line=1,title=pre-stop-sleep"],
    ["/elsewhere/b.yaml", "file=/elsewhere/b.yaml,line=1,title=pre-stop-sleep"],
    ["-", "title=pre-stop-sleep"],
  ];
  for (const [file, shown] of files) {
    it(`names the file ${file}`, () =>
      assert.equal(properties(github(one({ location: { file, line: 1 } }), { root })), shown));
  }

  for (const text of hostile) {
    it(`takes no command from ${JSON.stringify(text.slice(0, 40))}`, () => {
      const lines = github(reportFull(`${text}\n::error::${text}`))
        .trimEnd()
        .split("\n");
      for (const line of lines.slice(0, -1)) assert.match(line, /^::(error|warning) (?:file=|title=)/);
      assert.doesNotMatch(lines.at(-1) ?? "::", /^::/);
    });
  }
});
