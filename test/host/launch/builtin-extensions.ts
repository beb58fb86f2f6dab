// VS Code's own extensions that an editor of the tests begins with. Every window reads all of them and every extension
// host is told of each, so what no test meets (other languages, git, debuggers, chats) is left out.

import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Languages of the demo and of plans, their checkers, and how all of it looks. */
const KEPT = [
  /^node_modules$/, // TypeScript itself.
  /^(javascript|typescript-basics|typescript-language-features)$/,
  /^(json|json-language-features|configuration-editing)$/,
  /^(css|less|scss|html|markdown-basics|markdown-language-features|python|shellscript|yaml)$/,
  /^(theme-defaults|theme-modern-icons|theme-seti)$/,
  /^(search-result|references-view)$/,
];

/** Fills the folder with links to them. */
export function linkBuiltinExtensions(all: string, folder: string): void {
  mkdirSync(folder);
  for (const name of readdirSync(all))
    if (KEPT.some((kept) => kept.test(name))) symlinkSync(join(all, name), join(folder, name));
}
