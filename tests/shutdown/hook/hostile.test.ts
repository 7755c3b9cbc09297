/** Whatever stands in a manifest: an answer, soon, and no number that is none. */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { unknown } from "../../../src/kubernetes/values";
import { hookDelay } from "../../../src/shutdown/hook";
import type { Delay } from "../../../src/shutdown/interval";
import { cpuSeconds } from "../../support/cpu";

function check({ atLeast, atMost, protects, stop, because, repair }: Delay): void {
  for (const each of [{ atLeast, atMost }, protects, stop]) {
    assert.ok(each.atLeast >= 0 && each.atLeast <= each.atMost, JSON.stringify(each));
  }
  assert.ok(protects.atLeast <= atMost && protects.atMost <= atMost);
  assert.ok(because !== "" && ["lengthen", "replace", "none"].includes(repair.kind));
  assert.ok(repair.kind !== "lengthen" || atLeast === atMost);
}

const exec = (command: unknown, body: object = {}) => hookDelay({ exec: { command } }, { body });

const repeat = (text: string, count: number, end = "") => text.repeat(count) + end;

const scripts: Record<string, string> = {
  "1 MB": repeat("sleep 5; ", 116_500),
  "1 MB in one word": repeat("x", 1 << 20),
  "10,000 nested parentheses": repeat("(", 10_000, "sleep 5") + repeat(")", 10_000),
  "10,000 nested subshells": repeat("( ", 10_000, "sleep 5") + repeat(" )", 10_000),
  "10,000 nested substitutions": repeat("$(", 10_000, "sleep 5") + repeat(")", 10_000),
  "10,000 nested arithmetics": `sleep $((${repeat("(", 10_000)}1${repeat(")", 10_000)}))`,
  "250 nested subshells": repeat("( ", 250, "sleep 5") + repeat(" )", 250),
  "250 nested groups": repeat("{ ", 250, "sleep 5;") + repeat(" }; ", 250).replace(/; $/, ""),
  "100 nested substitutions": repeat("$(", 100, "sleep 5") + repeat(")", 100),
  "10,000 open quotes": repeat("'", 9_999),
  "10,000 ifs": repeat("if ", 3_000),
  "many lines with an error at the end": repeat("sleep 1\n", 1_900, "("),
  "many lines with errors": repeat("a & ; b\n", 1_900),
  "a function that calls itself twice": "f() { f; f; }; f",
  "a function that calls itself in a pipeline": "f() { f | f; }; f",
  "evals of evals": repeat("eval ", 3_000, "sleep 5"),
  "shells of shells": repeat("sh -c '", 1, repeat('sh -c \\"', 1, "sleep 5")) + "\\\"'",
  "a long loop": "i=0; while [ $i -lt 100000 ]; do sleep 1; i=$((i+1)); done",
  "a long for": "for i in $(seq 100000); do sleep 1; done",
  "a long brace": "for i in {1..100000000}; do sleep 1; done",
  "many braces": repeat("{1..9}", 50),
  "loops in loops": repeat("for i in 1 2 3 4 5 6 7 8 9; do ", 20, "sleep 1; ") + repeat("done; ", 20),
  "many branches": repeat("foo && v=$v$x || w=$w$x; ", 400),
  "many ways": Array.from({ length: 400 }, (_, i) => `[ -f /${i} ] && v${i}=1`).join("; "),
  "many jobs": repeat("sleep 1 & ", 1_500),
  "a growing variable": "v=x; while :; do v=$v$v; done",
  "a growing list": "set -- x; while :; do set -- $@ $@; done",
  "a NUL": "sleep 5\0; sleep 1",
  "half a surrogate pair": "sleep 5\ud800; \udc00",
  "a byte order mark": "\ufeffsleep 5",
};

const operands = [
  "1e400",
  "-5",
  "0x10",
  "",
  " ",
  "NaN",
  "1e-400",
  "9".repeat(400),
  "5\0",
  "\ud800",
  "0x",
  "1e",
  ".",
  "-",
];

const commands: Record<string, unknown> = {
  "not a list": "sleep 5",
  numbers: [1, 2, 3],
  nested: [["sleep"], { a: 1 }],
  holes: [undefined, null, unknown],
  "an unknown program": [unknown, "5"],
  "an unknown operand": ["sleep", unknown],
  "an unknown script": ["sh", "-c", unknown],
  "an unknown option": ["sh", unknown, "sleep 5"],
  "an unknown $0": ["sh", "-c", "sleep 5", unknown],
  "a million elements": Array.from({ length: 1_000_000 }, () => "env"),
  "wrappers in wrappers": [...Array.from({ length: 900 }, () => "env"), "sleep", "5"],
  "an empty program": [""],
  "prototype names": ["constructor", "__proto__"],
  "a builtin of prototype's": ["sh", "-c", "constructor; toString; __proto__; hasOwnProperty x"],
};

/** A first answer loads the parser, and the machine may be busy: what counts is that no input is slow by itself. */
function milliseconds(run: () => void): number {
  return 1000 * Math.min(...[1, 2, 3, 4, 5, 6].map(() => cpuSeconds(run)));
}

describe("a hostile hook", () => {
  for (const [name, script] of Object.entries(scripts)) {
    it(name, () => {
      for (const shell of ["sh", "bash"]) {
        const time = milliseconds(() => check(exec(["/bin/" + shell, "-c", script])));
        assert.ok(time < 50, `${shell}: ${time} ms`);
      }
    });
  }

  for (const operand of operands) {
    it(`sleep ${JSON.stringify(operand.slice(0, 20))}`, () => {
      check(exec(["sleep", operand]));
      check(exec(["sh", "-c", `sleep ${operand}`]));
      check(exec(["timeout", operand, "sleep", "5"]));
    });
  }

  for (const [name, command] of Object.entries(commands)) {
    it(name, () => {
      const time = milliseconds(() => check(exec(command)));
      assert.ok(time < 50, `${time} ms`);
    });
  }

  it("with an environment that is none", () => {
    for (const env of [null, 5, "x", unknown, [null], [5], [{ name: 5 }], [{ name: "T", value: {} }], [unknown]]) {
      const answer = exec(["sh", "-c", "sleep $T"], { env });
      check(answer);
      assert.equal(answer.atMost, Infinity);
    }
  });

  it("of any text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary", maxLength: 40 })),
        fc.string({ maxLength: 60 }),
        (argv, script) => {
          check(exec(argv));
          check(exec(["sh", "-c", script]));
        },
      ),
    );
  });

  it("of shell syntax thrown together", () => {
    const pieces =
      "sleep|5|;|&|&&|(|)|{|}|$(|`|'|\"|<|>|<<E|\n|if|then|fi|while|do|done|for|in|case|esac|;;|$x|${|$((|))|!|[[|]]|=|#|\\|eval|exit|f()|echo|1|wait|kill|set -e|trap".split(
        "|",
      );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (words) => {
        check(exec(["sh", "-c", words.join(" ")]));
        check(exec(["bash", "-c", words.join("")]));
      }),
      { numRuns: 500 },
    );
  });

  it("never shows what the command contains", () => {
    const secret = "hunter2";
    const texts = [
      `echo ${secret}; sleep 5`,
      `sleep ${secret}`,
      `${secret} && sleep 5`,
      `PASSWORD=${secret} foo`,
      `'${secret} x'`,
      `sleep 5 ${secret}`,
    ];
    for (const text of texts) {
      for (const command of [["sh", "-c", text], [text], text.split(" "), ["sh", text], ["bash", "C", text]]) {
        assert.ok(!exec(command).because.includes(secret), text);
      }
    }
  });
});
