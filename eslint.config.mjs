import tseslint from "typescript-eslint";
import importX from "eslint-plugin-import-x";

// Data flows from left to right, and so do imports: a room may import only what stands to its right.
// The same picture is in CONTRIBUTING.md.
const mayImport = {
  cli: ["policies", "report", "routing", "shutdown", "settings", "kubernetes"],
  policies: ["routing", "shutdown", "settings", "kubernetes"],
  routing: ["kubernetes"],
  shutdown: ["kubernetes"],
  settings: ["kubernetes"],
  report: [],
  kubernetes: [],
};
const rooms = Object.keys(mayImport);

export default tseslint.config(
  { ignores: ["dist/", "eslint.config.mjs", "node_modules/", "examples/*/node_modules/", "examples/*/bin/"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver": { node: { extensions: [".ts", ".js"] } } },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true, argsIgnorePattern: "^_" }],
      // What answers to an interface of promises may have nothing to wait for.
      "@typescript-eslint/require-await": "off",
      "import-x/no-cycle": "error",
      "import-x/no-restricted-paths": [
        "error",
        {
          zones: rooms.map((room) => ({
            target: `./${room}`,
            from: [
              ...rooms.filter((other) => other !== room && !mayImport[room].includes(other)),
              "index.ts",
              "tests",
            ].map((other) => `./${other}`),
            message: `${room}/ may import only from: ${[room, ...mayImport[room]].join(", ")}`,
          })),
        },
      ],
      // Pulumi only at the edge: index.ts and policies/.
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@pulumi/policy*"], message: "Pulumi only in index.ts and policies/." }] },
      ],
    },
  },
  {
    files: ["index.ts", "policies/**", "tests/**", "tools/**", "bench/**", "examples/**"],
    rules: { "no-restricted-imports": "off" },
  },
  {
    files: ["tests/**"],
    rules: { "@typescript-eslint/no-unused-expressions": "off" },
  },
);
