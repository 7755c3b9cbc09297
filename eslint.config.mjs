import tseslint from "typescript-eslint";

// Data flows from left to right, and so do imports: a room may import only from the rooms named here.
// The same picture is in CONTRIBUTING.md.
const mayImport = {
  "src/cli": [
    "policies",
    "src/report",
    "src/measure",
    "src/assess",
    "src/latency",
    "src/routing",
    "src/shutdown",
    "src/settings",
    "src/schema",
    "src/kubernetes",
  ],
  policies: ["src/assess", "src/routing", "src/shutdown", "src/settings", "src/schema", "src/kubernetes"],
  "src/assess": ["src/latency", "src/routing", "src/shutdown", "src/settings", "src/schema", "src/kubernetes"],
  "src/latency": ["src/routing", "src/shutdown", "src/kubernetes"],
  "src/routing": ["src/schema", "src/kubernetes"],
  "src/shutdown": ["src/kubernetes"],
  "src/settings": ["src/schema", "src/kubernetes"],
  "src/report": ["src/schema"],
  "src/measure": ["src/schema", "src/kubernetes"],
  "src/schema": [],
  "src/kubernetes": [],
};
const rooms = Object.keys(mayImport);

/** The rule that keeps a room's imports in their direction, and Pulumi at the edge. */
function importRule(room) {
  const folders = (names) => names.map((name) => name.replace(/^src\//, "")).join("|");
  const forbidden = rooms.filter((other) => other !== room && !mayImport[room].includes(other));
  const patterns = [
    {
      regex: `^(\\.\\./)+(src/)?(${folders([...forbidden, "index", "tests", "tools"])})(/|$)`,
      message: `${room}/ may import only from: ${[room, ...mayImport[room]].join(", ")}`,
    },
  ];
  if (room !== "policies")
    patterns.push({ regex: "^@pulumi/policy", message: "Pulumi only in index.ts and policies/." });
  return { files: [`${room}/**/*.ts`], rules: { "no-restricted-imports": ["error", { patterns }] } };
}

export default tseslint.config(
  {
    ignores: [
      "dist/",
      "build/",
      "eslint.config.mjs",
      "pack.js",
      "template/",
      "node_modules/",
      "examples/*/node_modules/",
      "examples/*/bin/",
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true, argsIgnorePattern: "^_" }],
      // What answers to an interface of promises may have nothing to wait for.
      "@typescript-eslint/require-await": "off",
    },
  },
  ...rooms.map(importRule),
  {
    files: ["tests/**"],
    rules: { "@typescript-eslint/no-unused-expressions": "off" },
  },
);
