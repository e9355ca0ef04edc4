/** Colours for common files that the editor's own grammars lack: JSON, TOML and patches. */

import { languages } from "monaco-editor/editor.js";

const JSON_GRAMMAR: languages.IMonarchLanguage = {
  tokenizer: {
    root: [
      [/"(?:[^"\\]|\\.)*"(?=\s*:)/, "type"],
      [/"(?:[^"\\]|\\.)*"/, "string"],
      [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, "number"],
      [/\b(?:true|false|null)\b/, "keyword"],
      [/\/\/.*$/, "comment"],
      [/\/\*/, "comment", "@comment"],
      [/[{}[\],:]/, "delimiter"],
    ],
    comment: [
      [/\*\//, "comment", "@pop"],
      [/[^*]+|\*/, "comment"],
    ],
  },
};

const TOML_GRAMMAR: languages.IMonarchLanguage = {
  tokenizer: {
    root: [
      [/#.*$/, "comment"],
      [/^\s*\[\[?[^\]]*\]\]?/, "type"],
      [/"""/, "string", "@basic"],
      [/'''/, "string", "@literal"],
      [/^\s*(?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*(?=\s*=)/, "variable"],
      [/"(?:[^"\\]|\\.)*"|'[^']*'/, "string"],
      [/\b(?:true|false)\b/, "keyword"],
      [/\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?/, "number"],
      [/[+-]?(?:0[xob][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?\d+)?|inf|nan)\b/, "number"],
      [/[{}[\],=.]/, "delimiter"],
    ],
    basic: [
      [/"""/, "string", "@pop"],
      [/\\.|[^"\\]+|"/, "string"],
    ],
    literal: [
      [/'''/, "string", "@pop"],
      [/[^']+|'/, "string"],
    ],
  },
};

const PATCH_GRAMMAR: languages.IMonarchLanguage = {
  tokenizer: {
    root: [
      [/^(?:diff|index|new file|deleted file|similarity|rename|copy|old mode|new mode)\b.*$/, "keyword"],
      [/^(?:\+\+\+|---) .*$/, "type"],
      [/^@@.*$/, "number"],
      [/^\+.*$/, "string"],
      [/^-.*$/, "comment"],
    ],
  },
};

interface Grammar {
  description: languages.ILanguageExtensionPoint;
  grammar: languages.IMonarchLanguage;
  brackets?: languages.CharacterPair[];
}

const GRAMMARS: readonly Grammar[] = [
  {
    description: {
      id: "json",
      extensions: [".json", ".jsonc", ".json5", ".webmanifest", ".geojson", ".ipynb", ".map"],
      filenames: [".prettierrc", ".eslintrc", ".babelrc", "composer.lock", "Pipfile.lock"],
    },
    grammar: JSON_GRAMMAR,
    brackets: [
      ["{", "}"],
      ["[", "]"],
    ],
  },
  {
    description: {
      id: "toml",
      extensions: [".toml"],
      filenames: ["Cargo.lock", "poetry.lock", "uv.lock", "Pipfile"],
    },
    grammar: TOML_GRAMMAR,
    brackets: [
      ["[", "]"],
      ["{", "}"],
    ],
  },
  { description: { id: "patch", extensions: [".patch", ".diff"] }, grammar: PATCH_GRAMMAR },
];

/** Makes these languages known; called once. */
export function registerGrammars(): void {
  for (const { description, grammar, brackets } of GRAMMARS) {
    languages.register(description);
    languages.setMonarchTokensProvider(description.id, grammar);
    if (brackets) languages.setLanguageConfiguration(description.id, { brackets });
  }
}
