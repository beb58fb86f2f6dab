// Finds a program's own files, both from source and from the bundles: dist/ is flat, so there every file lies beside
// whoever asks for it.

import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * `source` is the file's place relative to the source file that asks, whose own URL is `asker` (`import.meta.url`).
 * A TypeScript file is bundled under its own name, as .js. What runs from source takes its programs from `bundles`, a
 * folder, where one is named: the tests start thousands of threads, and a bundle starts in half the time.
 */
export function programUrl(source: string, asker: string, bundles = process.env.VERBATIM_BUNDLES): URL {
  const bundle = basename(source).replace(/\.ts$/, '.js');
  if (!asker.endsWith('.ts')) return new URL(bundle, asker);
  if (bundles && source.endsWith('.ts')) return pathToFileURL(join(bundles, bundle));
  return new URL(source, asker);
}
