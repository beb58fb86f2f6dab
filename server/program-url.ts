// Finds a program's own files, both from source and from the bundles: dist/ is flat, so there every file lies beside
// whoever asks for it.

import { basename } from 'node:path';

/**
 * `source` is the file's place relative to the source file that asks, whose own URL is `asker` (`import.meta.url`).
 * A TypeScript file is bundled under its own name, as .js.
 */
export function programUrl(source: string, asker: string): URL {
  if (asker.endsWith('.ts')) return new URL(source, asker);
  return new URL(basename(source).replace(/\.ts$/, '.js'), asker);
}
