// What the types cannot say: no unused names, no text that becomes markup, no code from text.

import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/vendor/**", "node_modules/**", "artefacts/**"] },
  js.configs.recommended,
  {
    files: ["**/assets/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML"].map((property) => ({
          property,
          message: "Text is only ever put in as text.",
        })),
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "Identifier[name='dangerouslySetInnerHTML']", message: "Text is only ever put in as text." },
        {
          selector: "TemplateElement[value.raw=/dangerouslySetInnerHTML|innerHTML/]",
          message: "Text is only ever put in as text.",
        },
      ],
      // Names of files and texts for XML are freed from control characters.
      "no-control-regex": "off",
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
];
