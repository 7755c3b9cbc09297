"use strict";

// What Pulumi starts in this folder. Plain JavaScript outside of dist/, so that it is there where dist/ isn't.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

if (existsSync(join(__dirname, "dist", "index.js"))) {
  require("./dist/index.js").createPack();
} else {
  process.stderr.write(
    "apisix-graceful-termination: dist/ is missing, so the pack was not built: run `npm run build` before it is packed or used.\n",
  );
  process.exit(69);
}
