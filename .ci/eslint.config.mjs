// The page's scripts and their tests. Style: docs say nothing that this file can check.
import js from "@eslint/js";
import globals from "globals";

const rules = {
  ...js.configs.recommended.rules,
  "max-len": ["error", { code: 110 }],
  "max-lines": ["error", 400],
  "max-statements-per-line": ["error", { max: 2 }],
  "eqeqeq": ["error", "always", { null: "ignore" }],
  "no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
  "no-use-before-define": ["error", { functions: false, variables: false }],
  "no-shadow": ["error", { builtinGlobals: false, hoist: "functions" }],
  "no-var": "error",
  "prefer-const": ["error", { destructuring: "all" }],
  "quotes": ["error", "double", { avoidEscape: true, allowTemplateLiterals: true }],
  "semi": "error",
};

export default [
  {
    files: ["doodle/ui/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules,
  },
  {
    files: ["tests/js/**/*.mjs"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.node, document: "readonly" } },
    rules,
  },
];
