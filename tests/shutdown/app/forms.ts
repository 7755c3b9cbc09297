/**
 * `-c` scripts, and what becomes of SIGTERM in each shell that is PID 1. `app` is the app; `true` stands for what is done
 * before or after it. tests/shells runs them for real.
 */
import type { Signal } from "../../../src/shutdown/app/signal";

/** `[script, dash, bash, busybox's ash, sh]` */
export const forms: [script: string, dash: Signal, bash: Signal, ash: Signal, sh: Signal][] = [
  // The last command: Debian's dash stays, others replace themselves.
  ["app", "may be lost", "passes", "passes", "may be lost"],
  ["app x y # why", "may be lost", "passes", "passes", "may be lost"],
  ["true; app", "may be lost", "passes", "passes", "may be lost"],
  ["true && app", "may be lost", "passes", "passes", "may be lost"],
  ["true\napp", "may be lost", "passes", "passes", "may be lost"],
  ["false || app", "may be lost", "passes", "passes", "may be lost"],
  ["set -e; cd /; X=1 app", "may be lost", "passes", "passes", "may be lost"],
  ['echo $(date); app "$@"', "may be lost", "passes", "passes", "may be lost"],
  ["while false; do sleep 1; done; app", "may be lost", "passes", "passes", "may be lost"],
  ["exec 2>&1; app", "may be lost", "passes", "passes", "may be lost"],
  ["app\n", "may be lost", "passes", "may be lost", "may be lost"],
  ["true\napp\n", "may be lost", "passes", "may be lost", "may be lost"],
  ["app\n\n", "may be lost", "may be lost", "may be lost", "may be lost"],
  ["app > /dev/null", "may be lost", "may be lost", "passes", "may be lost"],
  ["{ app; }", "may be lost", "may be lost", "passes", "may be lost"],
  ["(app)", "may be lost", "may be lost", "passes", "may be lost"],
  ["(exec app)", "may be lost", "may be lost", "passes", "may be lost"],
  ["if true; then app; fi", "may be lost", "may be lost", "passes", "may be lost"],
  ["case x in *) app;; esac", "may be lost", "may be lost", "passes", "may be lost"],
  ["true & app", "may be lost", "may be lost", "passes", "may be lost"],
  // Something is still to come: every shell stays.
  ["app; true", "never", "may be lost", "may be lost", "may be lost"],
  ["app && true", "never", "may be lost", "may be lost", "may be lost"],
  ["app || exit 1", "never", "may be lost", "may be lost", "may be lost"],
  ["app\ntrue", "never", "may be lost", "may be lost", "may be lost"],
  ["app; echo ended", "never", "may be lost", "may be lost", "may be lost"],
  ["app | cat", "never", "may be lost", "may be lost", "may be lost"],
  ["exec app | cat", "never", "may be lost", "may be lost", "may be lost"],
  ["! app", "never", "may be lost", "may be lost", "may be lost"],
  ["while true; do app; done", "never", "may be lost", "may be lost", "may be lost"],
  ["for i in 1; do app; done", "never", "may be lost", "may be lost", "may be lost"],
  ["app & wait", "may be lost", "may be lost", "may be lost", "may be lost"],
  ["app & wait $!", "may be lost", "may be lost", "may be lost", "may be lost"],
  // The app is PID 1.
  ["exec app", "passes", "passes", "passes", "passes"],
  ["true; exec app", "passes", "passes", "passes", "passes"],
  ["true && exec app", "passes", "passes", "passes", "passes"],
  ["{ exec app; }", "passes", "passes", "passes", "passes"],
  ["if true; then exec app; fi", "passes", "passes", "passes", "passes"],
  ["exec env X=1 app", "passes", "passes", "passes", "passes"],
  // What may handle signals, or can't be followed.
  ["trap 'kill $!' TERM; app & wait", "unclear", "unclear", "unclear", "unclear"],
  ["trap true TERM; app", "unclear", "unclear", "unclear", "unclear"],
  ["f() { app; }; f; true", "unclear", "unclear", "unclear", "unclear"],
  ["eval app; true", "unclear", "unclear", "unclear", "unclear"],
  [". /dev/null; app; true", "unclear", "unclear", "unclear", "unclear"],
  ["set -m; app; true", "unclear", "unclear", "unclear", "unclear"],
  ["command exec app; true", "unclear", "unclear", "unclear", "unclear"],
  ["$RUN; true", "unclear", "unclear", "unclear", "unclear"],
];
