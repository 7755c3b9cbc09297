/** Scripts made at random, for comparing our answer with what shells do. */
import * as fc from "fast-check";

/** What a script may hold. Without any of these, every shell takes the same time for it, and we know which. */
export interface Kind {
  /** Commands that are used where they have no place (`return` outside a function), and recursion. */
  oddities: boolean;
  /** Commands whose end nobody can foresee: programs, files, variables of the image. */
  surprises: boolean;
  /** Background jobs and pipelines: their seconds can't be counted by adding up sleeps. */
  concurrency: boolean;
  /** Syntax that shells disagree on. */
  dialects: boolean;
}

const oneOf = (...texts: string[]) => fc.constantFrom(...texts);
const digit = fc.integer({ min: 1, max: 9 }).map(String);

/** Commands that end the same way everywhere, and take known seconds. */
const sure = fc.oneof(
  { weight: 6, arbitrary: digit.map((n) => `sleep ${n}`) },
  { weight: 1, arbitrary: fc.tuple(digit, digit).map(([a, b]) => `sleep ${a} ${b}s`) },
  {
    weight: 3,
    arbitrary: oneOf(
      ":",
      "true",
      "false",
      "echo x",
      "echo x >/dev/null",
      "test 1 -eq 2",
      "[ a = a ]",
      '[ "$v" = 3 ]',
      '[ -n "$v" ]',
      "false >/dev/null 2>&1",
    ),
  },
  {
    weight: 3,
    arbitrary: oneOf(
      "v=2",
      "v=3",
      "v=$((1+2))",
      "v=$((v+1))",
      'v="$v"',
      "w=4",
      "unset w",
      "export v=5",
      "v=7 true",
      "v=",
    ),
  },
  {
    weight: 3,
    arbitrary: oneOf(
      "sleep $((2*3))",
      "sleep $KNOWN",
      "sleep ${KNOWN:-9}",
      "sleep ${KNOWN:+2}",
      "sleep $(echo 2)",
      "sleep `echo 3`",
      'sleep "$KNOWN"',
      "sleep",
      "sleep x",
      "sleep 1m",
      "sleep $1",
      'sleep "$@"',
      "sleep $#",
    ),
  },
  {
    weight: 2,
    arbitrary: oneOf("set -e", "set +e", "exit", "exit 0", "exit 3", "set -- 4 5"),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      "eval 'sleep 2'",
      "eval 'false'",
      "eval 'v=8; exit'",
      "command sleep 2",
      "command false",
      "env sleep 2",
      "nice sleep 3",
      "nice -n 5 sleep 1",
      "exec sleep 2",
      "trap 'sleep 3' EXIT",
      "trap 'sleep 1; exit 2' EXIT",
      "trap - EXIT",
      "sh -c 'sleep 2; exit 1'",
      'sh -c "sleep $KNOWN"',
      "sh -ec 'false; sleep 9'",
      "x=$(sleep 2; echo 1)",
      "x=$(sleep 3; false)",
      "echo $(sleep 1; exit 2)",
      "sleep 2 # sleep 9",
      "for i in $(seq 3); do sleep 1; done",
      "for i in a b; do sleep $KNOWN; done",
      "i=0; while [ $i -lt 3 ]; do sleep 1; i=$((i+1)); done",
      "i=3; until [ $i -eq 0 ]; do sleep 2; i=$((i-1)); done",
      "while :; do sleep 1; break; done",
    ),
  },
);

/** Known commands in unusual places. */
const oddity = oneOf(
  "v=6 :",
  "local v=9",
  "readonly r=1",
  "break",
  "continue",
  "return",
  "return 1",
  "shift",
  "f",
  "g 2",
  "set -u",
);

/** Commands that may end either way: files that may be there, programs, variables. */
const surprise = oneOf(
  "[ -e $FILES/a ]",
  "[ -e $FILES/b ]",
  "test -d $FILES/c",
  "cd $FILES/d",
  "maybe",
  "good",
  "bad",
  "missing",
  "maybe >/dev/null 2>&1",
  "echo x > $FILES/missing/file",
  "echo x > $FILES/file",
  ": < $FILES/missing",
  "sleep 2 < $FILES/a",
  "{ sleep 3; } < $FILES/b",
  "sleep $RANDOMLY",
  "sleep ${RANDOMLY:-2}",
  "sleep ${RANDOMLY:?}",
  "v=$RANDOMLY",
  "v=$((RANDOMLY + 1))",
  '[ "$RANDOMLY" = 1 ]',
  "[ $RANDOMLY = 1 ]",
  "case $RANDOMLY in 1) sleep 1;; 2) sleep 2; exit;; *) false;; esac",
  "$RANDOMLY",
  "x=$(maybe)",
  "x=$(maybe; sleep 2)",
  "read x < /dev/null",
  "command -v maybe",
  "exec maybe",
  "exec missing",
  "eval maybe",
  "timeout 5 maybe",
  "maybe || exit",
  "maybe && break",
  "[ -e $FILES/a ] && break",
  "[ -e $FILES/b ] || continue",
  "while maybe; do sleep 1; done",
  "until [ -e $FILES/a ]; do sleep 1; maybe && break; [ -e $FILES/c ] || exit; break; done",
  ". $FILES/script",
  "kill -0 $$",
  "kill $$",
  "cat <<E\n$(sleep 2)\nE\n",
);

const dialect = oneOf(
  "for i in {1..3}; do sleep 1; done",
  "for ((i=0;i<3;i++)); do sleep 1; done",
  "[[ a == a ]] && sleep 2",
  "[[ -e $FILES/a && a = a ]] && sleep 2",
  "[ a == a ] && sleep 3",
  "v=2; v+=3; sleep $v",
  "i=3; ((i--)); sleep $i",
  "sleep $((2**2))",
  "i=2; sleep $((++i))",
  "i=2; sleep $((i++)); sleep $i",
  "v=abc; sleep ${#v}; sleep ${v:1:1}",
  "function h { sleep 2; }; h",
  "a=(1 2); sleep ${a[1]}",
  "cat <<< x; sleep 1",
  "sleep $'2'",
  "set -o pipefail; sleep 1",
  "source $FILES/script",
  "let v=3; sleep $v",
  "declare v=3; sleep $v",
  "f() { local v; sleep $v; }; v=2; f",
  "echo {a,b}; sleep 1",
  "sleep {1,2}",
  "time sleep 2",
);

const concurrent = oneOf(
  "sleep 3 &",
  "sleep 2 >/dev/null 2>&1 &",
  "(sleep 1; sleep 2) &",
  "wait",
  "wait $!",
  "sleep 4 & p=$!; sleep 1; wait $p",
  "sleep 3 | sleep 1",
  "sleep 1 | sleep 2",
  "echo x | sleep 2",
  "{ sleep 2; false; } | true",
  "true | false",
  "timeout 2 sleep 5",
  "timeout 5 sleep 2",
  "(sleep 2 &)",
  "x=$(sleep 2 & echo 1)",
  "{ sleep 3; exit 2; } & wait $!",
  "false & wait $!",
  "sh -c 'sleep 3 & sleep 1'",
  "sleep 1 && sleep 2 &",
  "(exit 3) | sleep 1",
  "kill $!",
  "sleep 9 & kill $!",
);

/** A loop of two rounds, with a counter of its own. */
function counted(list: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(fc.integer({ min: 0, max: 99_999 }), list).map(([at, body]) => {
    const n = `n${at}`;
    return `${n}=0; while [ $${n} -lt 2 ]; do ${n}=$((${n}+1)); ${body}\ndone`;
  });
}

/** A function of its own name, and calls. */
function called(list: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.integer({ min: 0, max: 99_999 }), list)
    .map(([at, body]) => `f${at}() { ${body}\n}; f${at}; f${at} 2`);
}

/** A list of commands, nested up to a few levels. */
export function scripts(kind: Kind): fc.Arbitrary<string> {
  const { list } = fc.letrec<{ command: string; list: string }>((tie) => {
    const command = tie("command");
    const list = tie("list");
    const simple = fc.oneof(
      { weight: 10, arbitrary: sure },
      { weight: kind.oddities ? 3 : 0, arbitrary: oddity },
      { weight: kind.surprises ? 6 : 0, arbitrary: surprise },
      { weight: kind.concurrency ? 8 : 0, arbitrary: concurrent },
      { weight: kind.dialects ? 3 : 0, arbitrary: dialect },
    );
    // A job in the background ends at its `&`, a here-document at its line.
    const closed = (text: string) => (/[&\n]$/.test(text) ? text : `${text};`);
    const isWhole = (text: string) => !/[;&\n#]/.test(text) || /^(if|for|while|case|[({]) [^;]*$/.test(text);
    const part = command.map((text) => (isWhole(text) ? text : `{ ${text.replace(/ #.*/, "")}\n}`));
    return {
      list: fc
        .array(fc.tuple(command, oneOf("\n", " ", " ")), { minLength: 1, maxLength: 4 })
        .map((parts) => parts.map(([text, end]) => `${closed(text)}${text.includes("#") ? "\n" : end}`).join(""))
        .map((text) => text.replace(/#(.*);\n/g, "#$1\n").replace(/\n;(?!;)/g, "\n")),
      command: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        { weight: 12, arbitrary: simple },
        { weight: 2, arbitrary: fc.tuple(part, part).map(([a, b]) => `${a} && ${b}`) },
        { weight: 2, arbitrary: fc.tuple(part, part).map(([a, b]) => `${a} || ${b}`) },
        { weight: 1, arbitrary: fc.tuple(part, part, part).map(([a, b, c]) => `${a} && ${b} || ${c}`) },
        { weight: 1, arbitrary: part.map((a) => (a.startsWith("!") ? a : `! ${a}`)) },
        { weight: 1, arbitrary: list.map((a) => `{ ${a}\n}`) },
        { weight: 2, arbitrary: list.map((a) => `( ${a}\n)`) },
        {
          weight: 2,
          arbitrary: fc.tuple(list, list, list).map(([a, b, c]) => `if ${a}\nthen ${b}\nelse ${c}\nfi`),
        },
        { weight: 1, arbitrary: fc.tuple(list, list).map(([a, b]) => `if ${a}\nthen ${b}\nfi`) },
        { weight: 1, arbitrary: list.map((a) => `for i in 1 2; do ${a}\ndone`) },
        { weight: 1, arbitrary: counted(list) },
        { weight: 1, arbitrary: fc.tuple(list, list).map(([a, b]) => `while ${a}\nbreak; do ${b}\nbreak; done`) },
        { weight: 2, arbitrary: called(list) },
        ...(kind.oddities
          ? [
              { weight: 1, arbitrary: list.map((a) => `f() { ${a}\n}`) },
              { weight: 1, arbitrary: list.map((a) => `g() ( ${a}\n)`) },
            ]
          : []),
        { weight: 1, arbitrary: fc.tuple(list, list).map(([a, b]) => `case $KNOWN in 3) ${a}\n;; *) ${b}\n;; esac`) },
        { weight: 1, arbitrary: list.map((a) => `x=$( ${a}\n)`) },
        { weight: 1, arbitrary: list.map((a) => `{ ${a}\n} >/dev/null`) },
        ...(kind.concurrency
          ? [
              { weight: 2, arbitrary: fc.tuple(part, part).map(([a, b]) => `${a} | ${b}`) },
              { weight: 2, arbitrary: part.map((a) => `${a} &`) },
              { weight: 1, arbitrary: list.map((a) => `( ${a}\n) >/dev/null 2>&1 &`) },
            ]
          : []),
      ),
    };
  });
  return list.map((text) => text.trim());
}
