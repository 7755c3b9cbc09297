/**
 * Pods whose termination is measured on a real kubelet: one line a question. Sleeps are short, as each is waited for.
 * The app of a container is `stamp` (tools/go/stamp), which notes its stop signal and takes `-shutdown` seconds.
 */
import { images } from "../support/kubernetes/node";

export interface Handler {
  exec?: { command: string[] };
  sleep?: { seconds: number };
  httpGet?: { host?: string; path?: string; port: number };
  tcpSocket?: { host?: string; port: number };
}

export interface Container {
  name: string;
  image: string;
  command: string[];
  env?: { name: string; value: string }[];
  restartPolicy?: "Always";
  lifecycle?: { preStop: Handler };
}

export interface PodSpec {
  terminationGracePeriodSeconds?: number;
  initContainers?: Container[];
  containers: Container[];
}

export interface MeasuredPod {
  /** A DNS label: the Pod's name. */
  name: string;
  /** What is asked, in a few words. */
  about: string;
  spec: PodSpec;
  /** The command alone doesn't tell when the stop signal comes: our timeline has to say so. */
  isUnclear?: boolean;
  /** It depends on what no manifest tells, and is measured for the record alone. */
  isHidden?: boolean;
}

type AppOptions = {
  name?: string;
  image?: string;
  /** Seconds that the app takes to shut down; 0 if not given. */
  shutdown?: number;
  env?: Record<string, string>;
  arguments?: string[];
};

/** A container that runs `stamp`. */
function app(preStop?: Handler, options: AppOptions = {}): Container {
  const { name = "app", image = images.app, shutdown = 0, env, arguments: more = [] } = options;
  return {
    name,
    image,
    command: ["/stamp", "-shutdown", String(shutdown), ...more],
    ...(env && { env: Object.entries(env).map(([name, value]) => ({ name, value })) }),
    ...(preStop && { lifecycle: { preStop } }),
  };
}

/** A Pod's containers: native sidecars, and the others. */
export function containersOf({ spec }: Pick<MeasuredPod, "spec">): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** How long a container's app takes to shut down, in seconds. */
export function shutdownSeconds(container: Container): number {
  return Number(container.command[container.command.indexOf("-shutdown") + 1]);
}

const sidecar = (preStop?: Handler, options: AppOptions = {}): Container => ({
  ...app(preStop, { name: "sidecar", ...options }),
  restartPolicy: "Always",
});
const native = (seconds: number): Handler => ({ sleep: { seconds } });
const exec = (...command: string[]): Handler => ({ exec: { command } });
const sh = (script: string): Handler => exec("sh", "-c", script);
const bash = (script: string): Handler => exec("bash", "-c", script);

/** A Pod with one container. */
const pod = (
  name: string,
  about: string,
  preStop?: Handler,
  options: AppOptions & { grace?: number } = {},
): MeasuredPod => podOf(name, about, [app(preStop, options)], options.grace);

const unclear = (pod: MeasuredPod): MeasuredPod => ({ ...pod, isUnclear: true });
const hidden = (pod: MeasuredPod): MeasuredPod => ({ ...pod, isHidden: true });

/** A Pod with several containers, of which native sidecars go to the init containers. */
function podOf(name: string, about: string, containers: Container[], grace?: number): MeasuredPod {
  const isSidecar = (container: Container) => container.restartPolicy === "Always";
  const sidecars = containers.filter(isSidecar);
  return {
    name,
    about,
    spec: {
      ...(grace !== undefined && { terminationGracePeriodSeconds: grace }),
      ...(sidecars.length > 0 && { initContainers: sidecars }),
      containers: containers.filter((container) => !isSidecar(container)),
    },
  };
}

/**
 * Pods that tell how long the kubelet itself takes: to notice the deletion, and to start a hook's program. One of each
 * is measured beside every few others.
 */
export const references: MeasuredPod[] = [pod("no-hook", "no hook"), pod("no-time", "`true`", exec("true"))];

/** All Pods but `references`. `port` is a free port for the one that listens, as Pods share the machine's network. */
export const measuredPods = (port: number): MeasuredPod[] => [
  // Handlers
  pod("native-sleep", "native sleep of 3", native(3)),
  pod("native-sleep-0", "native sleep of 0", native(0)),
  pod("native-sleep-bare", "native sleep of 3, image without a shell", native(3), { image: images.bare }),
  pod("exec-sleep", "`sleep 3` without a shell", exec("sleep", "3")),
  pod("exec-sleep-path", "`/bin/sleep 3`", exec("/bin/sleep", "3")),
  pod("exec-busybox", "`busybox sleep 2`", exec("busybox", "sleep", "2")),
  pod("exec-env", "`env sleep 2`", exec("env", "sleep", "2")),
  pod("exec-timeout", "`timeout 2 sleep 10`", exec("timeout", "2", "sleep", "10")),
  pod("exec-env-sh", "`/usr/bin/env sh -c` with a sleep of 2", exec("/usr/bin/env", "sh", "-c", "sleep 2")),
  pod("sh-sleep", "`sh -c` with a sleep of 3", sh("sleep 3")),
  pod("sh-ec", "`sh -ec` with a sleep of 2", exec("sh", "-ec", "sleep 2")),
  pod("bash-sleep", "`bash -c` with a sleep of 3", bash("sleep 3")),
  pod("bash-lc", "`bash -lc` with a sleep of 2", exec("bash", "-lc", "sleep 2")),
  pod("tcp-socket", "tcpSocket, which the kubelet doesn't know", { tcpSocket: { port } }),
  unclear(pod("http-get-refused", "httpGet on a closed port", { httpGet: { host: "127.0.0.1", port: 1 } })),
  unclear(
    pod(
      "http-get",
      "httpGet that is answered after 2 s",
      { httpGet: { host: "127.0.0.1", port } },
      {
        arguments: ["-listen", `127.0.0.1:${port}`, "-answer", "2"],
      },
    ),
  ),

  // Operands of sleep
  pod("fraction", "`sleep 1.5`", exec("sleep", "1.5")),
  pod("operands", "`sleep 1 2`", exec("sleep", "1", "2")),
  pod("minutes", "`sleep 0.05m`", exec("sleep", "0.05m")),
  pod("infinity", "`sleep infinity`, grace period 3", exec("sleep", "infinity"), { grace: 3 }),

  // Hooks that don't do what was meant
  pod("broken-operand-of-sh", "`sh -c sleep 3` as four elements", exec("sh", "-c", "sleep", "3")),
  pod("broken-one-element", "`sleep 3` as one element", exec("sleep 3")),
  pod("broken-one-line", "`/bin/sh -c 'sleep 3'` as one element", exec("/bin/sh -c 'sleep 3'")),
  pod("broken-flag", "`/bin/bash C` and the script", exec("/bin/bash", "C", "sleep 3")),
  unclear(pod("broken-missing", "a program that the image doesn't have", exec("/no/such/program", "3"))),
  hidden(
    pod("broken-no-shell", "`sh -c` with a sleep of 3, image without a shell", sh("sleep 3"), { image: images.bare }),
  ),
  pod("broken-quote", "a quote without its end", sh("sleep 3 'x")),
  pod("broken-syntax", "a syntax error after the sleep", sh("sleep 3 & ; sleep 2")),
  pod("broken-carriage-return", "a carriage return after the sleep", sh("sleep 3\r")),
  pod(
    "broken-kubernetes-variable",
    "`sleep $(DELAY)`, which the kubelet doesn't fill in for hooks",
    exec("sleep", "$(DELAY)"),
    {
      env: { DELAY: "3" },
    },
  ),
  unclear(pod("broken-redirection", "a redirection that fails", sh("sleep 3 >/no/such/folder/file"))),

  // Scripts
  pod("list", "`;` and `&&`", sh("sleep 1; sleep 1 && sleep 1")),
  pod("and-skipped", "`false && sleep 3`", sh("false && sleep 3")),
  pod("or-taken", "`false || sleep 2`", sh("false || sleep 2")),
  pod("not", "`! sleep 2`", sh("! sleep 2")),
  pod("pipeline", "a pipeline is as long as its longest part", sh("sleep 3 | sleep 1")),
  pod("subshell", "subshell and group", sh("(sleep 1); { sleep 1; }")),
  pod("exec-builtin", "`exec sleep 2; sleep 2`", sh("exec sleep 2; sleep 2")),
  pod("exit-code", "an exit code doesn't matter", sh("sleep 2; exit 7")),
  unclear(pod("set-e", "`set -e` stops at the first failure", sh("set -e; sleep 1; false; sleep 3"))),
  unclear(pod("trap-exit", "a trap on exit", sh("trap 'sleep 2' EXIT; exit 0"))),
  unclear(pod("function", "a function", sh("drain() { sleep 2; }; drain"))),
  unclear(pod("if", "`if` and `case`", sh("if true; then sleep 1; fi; case a in a) sleep 1;; esac"))),
  pod("for", "`for` over words", sh("for i in 1 2 3; do sleep 1; done")),
  pod("for-seq", "`for` over `seq`", sh("for i in $(seq 3); do sleep 1; done")),
  unclear(
    pod("for-braces-sh", "`{1..3}` in a shell that doesn't know it; `sh` may", sh("for i in {1..3}; do sleep 1; done")),
  ),
  pod("for-braces-bash", "`{1..3}` in bash", bash("for i in {1..3}; do sleep 1; done")),
  unclear(pod("while", "`while` with a counter", sh("i=0; while [ $i -lt 3 ]; do sleep 1; i=$((i+1)); done"))),
  pod("while-true", "an endless loop, grace period 3", sh("while true; do sleep 1; done"), { grace: 3 }),
  pod("variable", "a variable of the container", sh("sleep ${DELAY}"), { env: { DELAY: "3" } }),
  unclear(pod("variable-default", "a default for a variable, which the image may set", sh("sleep ${DELAY:-2}"))),
  unclear(pod("here-document", "a here-document", sh(": <<END\nsleep 9\nEND\nsleep 2"))),

  // Background jobs
  unclear(pod("background", "a background job that keeps the output", sh("sleep 3 &"))),
  pod("background-redirected", "a background job with its output redirected", sh("sleep 3 >/dev/null 2>&1 &")),
  pod("background-wait", "a background job and `wait`", sh("sleep 2 >/dev/null 2>&1 & wait")),
  unclear(pod("background-longer", "a background job longer than the rest", sh("sleep 3 & sleep 1"))),

  // Hooks that stop the app
  pod("kill", "`kill 1; sleep 3`", sh("kill 1; sleep 3")),
  pod("sleep-kill", "`sleep 1; kill 1; sleep 2`", sh("sleep 1; kill 1; sleep 2")),
  pod("kill-slow", "`kill 1; sleep 2`, the app takes 4", sh("kill 1; sleep 2"), { shutdown: 4 }),
  unclear(
    pod("kill-9", "`kill -9 1; sleep 2`: the kernel protects a namespace's first process", sh("kill -9 1; sleep 2")),
  ),

  // The grace period
  pod("slow-app", "no hook, the app takes 2", undefined, { shutdown: 2 }),
  pod("slow-app-hook", "sleep of 2, the app takes 2", native(2), { shutdown: 2 }),
  pod("slow-app-killed", "no hook, the app takes 20, grace period 3", undefined, { shutdown: 20, grace: 3 }),
  pod("hook-too-long", "`sleep 60`, grace period 4", exec("sleep", "60"), { grace: 4 }),
  pod("hook-too-long-slow", "`sleep 60`, the app takes 20, grace period 3", exec("sleep", "60"), {
    shutdown: 20,
    grace: 3,
  }),
  pod("hook-slow-app", "sleep of 3, the app takes 20, grace period 4", native(3), { shutdown: 20, grace: 4 }),
  pod(
    "fraction-killed",
    "`sleep 1.8`, the app takes 20, grace period 4: the kubelet counts whole seconds of the hook",
    exec("sleep", "1.8"),
    { shutdown: 20, grace: 4 },
  ),
  pod("equal", "sleep of 3, grace period 3", native(3), { grace: 3 }),
  pod("equal-slow", "sleep of 3, the app takes 1, grace period 3", native(3), { shutdown: 1, grace: 3 }),
  pod("equal-killed", "sleep of 3, the app takes 20, grace period 3", native(3), { shutdown: 20, grace: 3 }),
  pod("grace-1", "sleep of 1, grace period 1", native(1), { grace: 1 }),
  pod("grace-0", "`sleep 3`, grace period 0", sh("sleep 3"), { grace: 0 }),
  pod("grace-0-short", "`sleep 0.5`, grace period 0", sh("sleep 0.5"), { grace: 0 }),
  pod("grace-0-slow", "no hook, the app takes 20, grace period 0", undefined, { shutdown: 20, grace: 0 }),
  pod("grace-negative", "`sleep 3`, grace period -1", sh("sleep 3"), { grace: -1 }),
  pod("grace-negative-slow", "no hook, the app takes 20, grace period -1", undefined, { shutdown: 20, grace: -1 }),

  // Several containers
  podOf("two-one-hook", "a sleeps 4, b has no hook", [app(native(4), { name: "a" }), app(undefined, { name: "b" })]),
  podOf("two-hooks", "a sleeps 1, b sleeps 3", [app(native(1), { name: "a" }), app(sh("sleep 3"), { name: "b" })]),
  podOf("two-one-broken", "a sleeps 3, b's hook can't run", [
    app(native(3), { name: "a" }),
    app(exec("sleep 3"), { name: "b" }),
  ]),
  podOf(
    "two-one-cut",
    "a sleeps 60, b 1, grace period 3",
    [app(exec("sleep", "60"), { name: "a" }), app(native(1), { name: "b" })],
    3,
  ),

  // Native sidecars
  podOf("sidecar", "main sleeps 3, its sidecar has no hook", [app(native(3)), sidecar()]),
  podOf("sidecar-slow-main", "main takes 2, its sidecar has no hook", [app(undefined, { shutdown: 2 }), sidecar()]),
  podOf("sidecar-hook", "main has no hook, its sidecar sleeps 4", [app(), sidecar(native(4))]),
  podOf("sidecar-short-hook", "main sleeps 3, its sidecar 1", [app(native(3)), sidecar(native(1))]),
  podOf("sidecar-main-killed", "main does `kill 1; sleep 3`, its sidecar has no hook", [
    app(sh("kill 1; sleep 3")),
    sidecar(),
  ]),
  podOf("sidecars", "two sidecars that take 1 each", [
    sidecar(undefined, { name: "first", shutdown: 1 }),
    sidecar(undefined, { name: "second", shutdown: 1 }),
    app(),
  ]),
  podOf(
    "sidecar-late",
    "main takes 20, sidecar without hook, grace period 3",
    [app(undefined, { shutdown: 20 }), sidecar()],
    3,
  ),
  podOf("sidecar-hook-cut", "the sidecar sleeps 60, grace period 3", [app(), sidecar(exec("sleep", "60"))], 3),
  podOf(
    "sidecar-slow-late",
    "main takes 20, sidecar takes 20, grace period 3",
    [app(undefined, { shutdown: 20 }), sidecar(undefined, { shutdown: 20 })],
    3,
  ),
];
