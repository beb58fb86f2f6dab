// Names of repositories, paths and licences, cut to what anyone calls a file. JavaScript's tables compare strings of more
// than some 16,000 characters one by one, so that a few thousand longer names would take for ever.

import type { CorpusDocument } from './corpus-document.ts';

/** Bytes of UTF-8, as in the kernel (COLUMN_BYTES in wasm/columns.ts). */
export const MAX_NAME_BYTES = 8192;

const cutName = (name: string): string =>
  3 * name.length <= MAX_NAME_BYTES ? name : Buffer.from(name).toString('utf8', 0, MAX_NAME_BYTES);

export const withCutNames = (document: CorpusDocument): CorpusDocument => ({
  ...document,
  repository: cutName(document.repository),
  path: cutName(document.path),
  license: cutName(document.license),
});
