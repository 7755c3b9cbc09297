/** Hooks as people write them, put together at random; and hooks with their tokens mixed up. */
import * as fc from "fast-check";

const oneOf = (...texts: string[]) => fc.constantFrom(...texts);

/** A program that may fail, in the ways that hooks ask one. `maybe` ends as the seed has it. */
const asks = oneOf(
  "maybe",
  "maybe -fs localhost/active",
  "maybe >/dev/null 2>&1",
  "maybe -s 'a b'",
  "[ -e $FILES/a ]",
  'test -d "$FILES/b"',
  "good",
  "bad",
);

const steps = fc.oneof(
  {
    weight: 8,
    arbitrary: oneOf(
      "sleep 5",
      "sleep 3s",
      "sleep 0.5",
      "/bin/sleep 2",
      "sleep  4",
      "sleep '2'",
      'sleep "3"',
      "sleep 1 2",
      "sleep $KNOWN",
      'sleep "${KNOWN}"',
      "sleep ${KNOWN}s",
      "sleep ${RANDOMLY:-4}",
      "sleep $RANDOMLY",
      "sleep ${KNOWN:-9}",
    ),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      "echo stopping",
      "echo 'going down'",
      'echo "it\'s time"',
      "echo $(date)",
      "date",
      "hostname",
      "sync",
      ":",
      "true",
      "echo x >&2",
      "touch $FILES/now",
      "printf 'x\\n'",
      "cat /dev/null",
      "id -u",
    ),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      "nginx -s quit",
      "/usr/sbin/nginx -s quit",
      "nginx -s reload",
      "nginx -s quit || true",
      "maybe && nginx -s stop",
    ),
  },
  // A status that is kept and asked for later.
  {
    weight: 3,
    arbitrary: fc
      .tuple(asks, oneOf("-eq 0", "-ne 0", "= 0", "!= 0", "-gt 1"))
      .map(([ask, test]) => `${ask}; rc=$?; if [ $rc ${test} ]; then sleep 5; fi`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(asks, oneOf("exit 0", "exit $rc", "exit 1", "sleep 4", "break"))
      .map(([ask, then]) => `${ask}\nrc=$?\nif [ "$rc" != 0 ]; then ${then}; fi`),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      "x=$(maybe) && sleep 5",
      'x=`maybe`; [ -n "$x" ] && sleep 2',
      "T=3; sleep $T",
      "T=3; maybe && T=5; sleep $T",
      "T=${RANDOMLY:-2}; sleep $T",
      "export T=4; sleep $T",
      "A=2 B=$A; sleep $B",
      "T=5 sleep $T",
      "unset KNOWN; sleep $KNOWN",
      "read T; sleep $T",
      "T=; sleep $T 3",
      "T=$((KNOWN+1)); sleep $T",
      "KNOWN=8; sleep $KNOWN",
      "PATH=$PATH:/opt/x; sleep 3",
    ),
  },
  // Polling.
  {
    weight: 3,
    arbitrary: fc
      .tuple(asks, oneOf("sleep 1", "sleep 1; sleep 1", ":", "sleep 1 || break", "maybe || exit 0; sleep 1"))
      .map(([ask, body]) => `while ${ask}; do ${body}; done`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(asks, oneOf("break", "exit", "exit 1", "continue"))
      .map(([ask, end]) => `while :; do ${ask} && ${end}; sleep 1; done`),
  },
  {
    weight: 2,
    arbitrary: asks.map((ask) => `while true; do ${ask}; rc=$?; if [ $rc -ne 0 ]; then break; fi; sleep 1; done`),
  },
  { weight: 2, arbitrary: asks.map((ask) => `i=0; until ${ask} || [ $i -ge 3 ]; do sleep 2; i=$((i+1)); done`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        oneOf("1 2 3", "$(seq 3)", "`seq 2 4`", "{1..3}", "a b", "$RANDOMLY", '"$KNOWN"', "$(maybe; echo 1 2)"),
        oneOf("sleep 1", "sleep $i", "maybe && break; sleep 1", "maybe || continue; sleep 2", "sleep 1; nginx -s quit"),
      )
      .map(([words, body]) => `for i in ${words}; do ${body}; done`),
  },
  {
    weight: 1,
    arbitrary: oneOf(
      "set -e",
      "set -x",
      "set -eu",
      "set -u",
      "set -o pipefail",
      "set -euo pipefail",
      "set +e",
      "trap '' TERM",
      "trap 'sleep 2' EXIT",
      "trap 'exit 0' INT TERM",
    ),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      "case $KNOWN in 3) sleep 2;; *) sleep 4;; esac",
      'case "$RANDOMLY" in 1|2) sleep 2;; x) exit;; esac',
      "if [ -e $FILES/a ]; then sleep 5; elif maybe; then sleep 2; else sleep 1; fi",
      "if ! maybe; then sleep 5; fi",
    ),
  },
  {
    weight: 1,
    arbitrary: oneOf(
      "sh -c 'sleep 3; exit 1'",
      'sh -c "sleep $KNOWN"',
      "sh -ec 'maybe; sleep 2'",
      "echo sleep 3 | sh",
      "sh <<E\nsleep 2\nE",
      "sh -s < /dev/null",
      "echo 'sleep 2' | sh -s",
      "env T=2 sh -c 'sleep $T'",
      "timeout 9 sleep 3",
      "nohup sleep 2",
      "nice -n 5 sleep 2",
      "exec sleep 4",
      "exec maybe",
      "command sleep 2",
      "(sleep 2; exit 1)",
      "{ sleep 1; sleep 2; }",
      "( sleep 2 )",
      "eval 'sleep 3'",
      "drain() { sleep 3; }; drain",
      "drain() { maybe && return; sleep 3; }\ndrain",
    ),
  },
  {
    weight: 1,
    arbitrary: oneOf(
      "echo x > $FILES/log; sleep 2",
      "echo x > $FILES/no/log && sleep 2",
      "{ echo x; sleep 3; } >> $FILES/log",
      "sleep 2 > $FILES/no/log",
      "cat $FILES/none && sleep 5",
      "maybe 2>/dev/null || sleep 5",
      "exec > $FILES/no/log",
    ),
  },
);

const joints = oneOf("; ", "; ", "\n", " && ", " || ", " ;", ";\n\n", " &&\n  ", " # then\n");

/** Whole hooks, in the oddities that a YAML file brings along. */
export const writtenHooks: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.tuple(steps, joints), { minLength: 1, maxLength: 5 }),
    oneOf("", "", "", "", "\n", ";", " ", "\r\n", "\r", " # done"),
    oneOf("", "", "", "", "  ", "\n", "#!/bin/sh\n", "! ", "if true; then "),
  )
  .map(([parts, end, start]) => {
    const text = parts
      .map(([step, joint], i) => (i === parts.length - 1 ? step : step.includes("<<") ? `${step}\n` : step + joint))
      .join("");
    const crlf = end === "\r\n" ? text.replaceAll("\n", "\r\n") : text;
    return start + crlf + (start.startsWith("if") ? "; fi" : "") + end;
  });

/** Forms to mix up: what hooks are made of. Nothing here touches anything outside of `$FILES`. */
const seeds = [
  "sleep 5 && nginx -s quit",
  "sleep 5; nginx -s quit; while maybe; do sleep 1; done",
  "if [ -e $FILES/a ]; then sleep 5; else sleep 9; fi",
  "for i in 1 2 3; do sleep 2; done; sleep 1",
  "while true; do maybe && break; sleep 1; done; sleep 5",
  "case $KNOWN in 3) sleep 2;; *) sleep 4;; esac",
  "echo 'stopping now' >/dev/null 2>&1; sleep 5",
  "{ sleep 2; maybe; } || sleep 3",
  "(sleep 2; sleep 3) && echo done",
  "T=4; sleep $T; sleep ${T}s",
  'sleep "$KNOWN" || exit 1; sleep `echo 2`',
  "until maybe; do sleep 1; done\nsleep 2\n",
  "set -e; maybe; sleep 5",
  "f() { sleep 2; }; f; sleep 1",
  "x=$(maybe; echo 1); sleep $x",
  "! maybe && sleep 3; true",
  "[[ -e $FILES/a ]] && sleep 3",
  "sleep 3 & wait; sleep 1",
  "echo x | good; sleep 2",
  "sleep $((1+2)); sleep 1",
];

const tokens = (script: string): string[] =>
  script.match(/\s+|\$\(\(|\)\)|\$\(|\$\{|[;&|]{2}|>>|[<>]&|[;&|<>(){}"'`!$\\#=]|[\w./:%+-]+|./g) ?? [];
const pool = [
  ...new Set([
    ...seeds.flatMap(tokens),
    "[[",
    "]]",
    "((",
    "))",
    "$[",
    "]",
    ";;",
    ";&",
    "|&",
    "&>",
    "<<<",
    "<<",
    "time",
    "function",
    "do",
    "done",
    "fi",
    "esac",
    "}",
    "then",
    "in",
    "\n",
    "\t",
    "~",
    "*",
    "1",
    "coproc",
    "select",
    "{1..2}",
    "$'",
    "2>",
    "sleep",
    "exec",
    "break",
    "exit",
    "return",
    "\\\n",
  ]),
];
const change = fc.record({
  kind: fc.constantFrom("drop", "double", "swap", "insert", "replace"),
  at: fc.nat(200),
  token: fc.constantFrom(...pool),
});

/** A hook of those forms after one to three mistakes in its tokens. */
export const mutatedHooks: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 3 }))
  .map(([seed, changes]) => {
    const list = tokens(seed);
    for (const { kind, at, token } of changes) {
      const i = at % Math.max(1, list.length);
      const own = list[i] ?? "";
      const next = list[i + 1] ?? "";
      if (kind === "drop") list.splice(i, 1);
      else if (kind === "double") list.splice(i, 0, own);
      else if (kind === "swap") list.splice(i, 2, next, own);
      else if (kind === "insert") list.splice(i, 0, token);
      else list.splice(i, 1, token);
    }
    return list.join("");
  });
