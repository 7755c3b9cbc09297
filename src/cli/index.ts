#!/usr/bin/env node
// First: what is imported after it may not load on an old Node.
import "../start";
import { outliveFaults } from "../shutdown/hook";
import { processIo } from "./io";
import { run } from "./program";

// A reader that has seen enough (`| head`) closes the pipe: no reason to complain.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

outliveFaults((text) => void process.stderr.write(text));

run(process.argv.slice(2), processIo).then(
  (code) => {
    // Not process.exit: output to a pipe may still be on its way.
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 70;
  },
);
