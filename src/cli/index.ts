#!/usr/bin/env node
// First: what is imported after it may not load on an old Node.
import "../start";
import { setFlagsFromString } from "node:v8";
import { outliveFaults } from "../shutdown/hook";
import { exitCodes, processIo, say } from "./io";
import { run } from "./program";
import { writeMessage } from "./write-file";

// A check is over before what V8 optimizes at its usual pace has paid for that: a third of the CPU time of 3,000 objects.
// An older or newer V8 may count otherwise, and complains of flags that it doesn't know.
if (process.versions.node.startsWith("20.")) setFlagsFromString("--interrupt-budget=500000");

// A reader that has seen enough (`| head`) closes the pipe: no reason to complain, nor to call findings clean.
let end: "closed" | "failed" | undefined;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // What is written later fails, too.
  if (end !== undefined) return;
  end = error.code === "EPIPE" ? "closed" : "failed";
  if (end === "closed") return;
  say(processIo, "error", `standard output: not written: ${writeMessage(error)}`);
  process.exitCode ||= exitCodes.incomplete;
});
// Nobody is left to be told.
process.stderr.on("error", () => {});

outliveFaults((text) => void process.stderr.write(text));

run(process.argv.slice(2), processIo).then(
  (code) => {
    // Not process.exit: output to a pipe may still be on its way.
    process.exitCode = code === exitCodes.clean && end === "failed" ? exitCodes.incomplete : code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 70;
  },
);
