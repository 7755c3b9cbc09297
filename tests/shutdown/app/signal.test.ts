import { strict as assert } from "node:assert";
import fc from "fast-check";
import { readPod } from "../../../src/kubernetes/workload";
import { signalOf, type Signal } from "../../../src/shutdown/app/signal";
import { judge } from "../../../src/shutdown/judge";
import { required } from "../../support/pods";
import { seed } from "../../support/seed";
import { forms } from "./forms";

const of = (body: object): Signal => signalOf({ body });

describe("who gets SIGTERM", () => {
  for (const [script, ...answers] of forms) {
    it(JSON.stringify(script), () => {
      const shells = ["dash", "/bin/bash", "ash", "/bin/sh"];
      assert.deepEqual(
        shells.map((shell) => of({ command: [shell, "-c", script] })),
        answers,
      );
    });
  }

  const ends = "app; true";
  const containers: [name: string, container: object, answer: Signal][] = [
    ["no command: the image decides", { args: ["dash", "-c", ends] }, "unclear"],
    ["an empty command", { command: [], args: ["dash", "-c", ends] }, "unclear"],
    ["command and args", { command: ["dash", "-c"], args: [ends] }, "never"],
    ["a program", { command: ["java", "-jar", "app.jar"] }, "passes"],
    ["a script file", { command: ["dash", "/start.sh"] }, "unclear"],
    ["no script", { command: ["dash"] }, "unclear"],
    ["options", { command: ["/usr/bin/dash", "-euc", ends] }, "never"],
    ["an option that dash may refuse", { command: ["dash", "-o", "pipefail", "-c", ends] }, "may be lost"],
    ["a login shell reads a profile first", { command: ["dash", "-lc", ends] }, "may be lost"],
    ["an interactive shell", { command: ["dash", "-ic", ends] }, "unclear"],
    ["a syntax error", { command: ["dash", "-c", "app; (true"] }, "unclear"],
    ["env", { command: ["env", "X=1", "dash", "-c", ends] }, "never"],
    ["su-exec", { command: ["su-exec", "app", "dash", "-c", ends] }, "never"],
    ["an option of env that isn't known", { command: ["env", "-S", "dash -c app"] }, "unclear"],
    ["timeout passes it to its child", { command: ["timeout", "9", "dash", "-c", ends] }, "unclear"],
    ["tini, which signals the shell", { command: ["tini", "--", "dash", "-c", ends] }, "may be lost"],
    ["tini, which signals the group", { command: ["tini", "-g", "--", "dash", "-c", ends] }, "passes"],
    ["tini and exec", { command: ["/sbin/tini", "--", "sh", "-c", "exec app"] }, "passes"],
    ["dumb-init signals the group", { command: ["dumb-init", "dash", "-c", ends] }, "passes"],
    ["dumb-init -c signals the shell", { command: ["dumb-init", "-c", "dash", "-c", ends] }, "may be lost"],
    ["busybox", { command: ["busybox", "sh", "-c", "app"] }, "passes"],
    ["Alpine's sh is busybox's", { command: ["sh", "-c", "app"], image: "node:22-alpine3.20" }, "passes"],
    ["Alpine's sh, something to come", { command: ["sh", "-c", ends], image: "alpine" }, "may be lost"],
    ["another image", { command: ["sh", "-c", "app"], image: "registry.example/app:1" }, "may be lost"],
    ["a shell in a shell", { command: ["bash", "-c", "exec dash -c 'app; true'"] }, "never"],
    ["a shell replaced by a shell", { command: ["bash", "-c", "dash -c app"] }, "may be lost"],
    ["BASH_ENV", { command: ["bash", "-c", ends], env: [{ name: "BASH_ENV", value: "/x" }] }, "unclear"],
    ["$(SCRIPT)", { command: ["dash", "-c", "$(SCRIPT)"], env: [{ name: "SCRIPT", value: ends }] }, "never"],
    ["$(SCRIPT) of a Secret", { command: ["dash", "-c", "$(S)"], env: [{ name: "S", valueFrom: {} }] }, "unclear"],
    ["$(SERVICE_HOST)", { command: ["dash", "-c", "app $(SERVICE_HOST); true"] }, "unclear"],
    ["$(date) is the shell's", { command: ["dash", "-c", "app $(date); true"] }, "never"],
    ["$(date) may be of envFrom", { command: ["dash", "-c", "app $(date); true"], envFrom: [{}] }, "unclear"],
    ["$$(date)", { command: ["dash", "-c", "app $$(date); true"], envFrom: [{}] }, "never"],
    ["a path with a variable in it", { command: ["dash", "-c", "$HOME/app; true"] }, "may be lost"],
    ["a text for a command", { command: "dash -c app; true" }, "unclear"],
    ["an element that is a number", { command: ["dash", "-c", 5] }, "unclear"],
    ["a zsh", { command: ["zsh", "-c", ends] }, "passes"],
  ];
  for (const [name, container, answer] of containers) it(name, () => assert.equal(of(container), answer));

  it("doesn't follow what is too large", () => {
    assert.equal(of({ command: ["dash", "-c", "app; ".repeat(10_000)] }), "unclear");
    assert.equal(of({ command: Array.from({ length: 5_000 }, () => "env") }), "unclear");
    assert.equal(of({ command: Array.from({ length: 900 }, () => "env") }), "unclear");
    assert.equal(of({ command: ["dash", "-c", "(".repeat(500) + "app" + ")".repeat(500)] }), "unclear");
  });

  it("never throws, and is certain of dash alone", () => {
    const word = fc.constantFrom(
      "dash",
      "sh",
      "-c",
      "env",
      "tini",
      "--",
      "app; true",
      "exec",
      "$(X)",
      'a "',
      "\0",
      "é",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string())), fc.array(word), (command, args) => {
        const answer = of({ command, args });
        assert.ok(answer !== "never" || [...command, ...args].some((each) => each.includes("dash")));
      }),
      { seed },
    );
  });
});

describe("the judgement of who gets SIGTERM", () => {
  const lost = { name: "web", command: ["dash", "-c", "app; true"], lifecycle: { preStop: { sleep: { seconds: 5 } } } };
  const found = (body: object, spec: object = {}, isPatch = false) =>
    judge(readPod({ containers: [{ ...lost, ...body }], ...spec }, isPatch), required)
      .filter(({ code }) => code.startsWith("signal"))
      .map(({ code, certain, container }) => `${code} ${certain} ${container}`);
  const cases: [name: string, body: object, spec: object, findings: string[]][] = [
    ["dash", {}, {}, ["signal-lost true web"]],
    ["sh", { command: ["sh", "-c", "app"] }, {}, ["signal-may-be-lost false web"]],
    ["exec", { command: ["sh", "-c", "exec app"] }, {}, []],
    ["a hook that stops the app", { lifecycle: { preStop: { exec: { command: ["nginx", "-s", "quit"] } } } }, {}, []],
    ["a hook that may", { lifecycle: { preStop: { httpGet: { path: "/stop", port: 80 } } } }, {}, []],
    ["another signal", { lifecycle: { ...lost.lifecycle, stopSignal: "SIGUSR1" } }, {}, []],
    ["one process namespace for all", {}, { shareProcessNamespace: true }, []],
    ["the node's processes", {}, { hostPID: true }, []],
    ["neither", {}, { shareProcessNamespace: false, hostPID: false }, ["signal-lost true web"]],
    ["Windows", {}, { os: { name: "windows" } }, []],
  ];
  for (const [name, body, spec, findings] of cases) it(name, () => assert.deepEqual(found(body, spec), findings));

  it("a patch", () => assert.deepEqual(found({}, {}, true), []));
  it("a container that isn't concerned", () => {
    const pod = readPod({ containers: [lost] });
    const codes = judge(pod, { ...required, concerns: () => false }).map(({ code }) => code);
    assert.deepEqual(codes, []);
  });
});
