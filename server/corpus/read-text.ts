// A file that is one document: a text, or a notebook.

import { throwIfAborted } from '../errors.ts';
import { decodeText } from '../text/decode-text.ts';
import { notebookText } from '../text/notebook.ts';
import { readUnpacked, type StreamOptions } from './byte-stream.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { isBinary } from './first-bytes.ts';
import type { Shard } from './shard.ts';

/** Larger ones are data, whatever their name says; none is held in memory. */
const MAX_TEXT_BYTES = 256 << 20;

export async function* readText(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const complain = (kind: 'expands' | 'unreadable', what: string) =>
    options.onProblem({ kind, shard: shard.name, byteOffset: 0, message: `${shard.path} ${what}` });
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  for await (const chunk of readUnpacked(shard, options)) {
    throwIfAborted(options.signal);
    nBytes += chunk.length;
    if (nBytes > MAX_TEXT_BYTES)
      return complain('expands', `is one text of more than ${MAX_TEXT_BYTES} bytes`);
    chunks.push(new Uint8Array(chunk));
  }
  if (chunks.length === 0) return;
  const bytes = Buffer.concat(chunks);
  const text = shard.format.startsWith('notebook') ? notebookText(bytes) : decodeText(bytes);
  if (text === undefined) return complain('unreadable', 'is no notebook: it is no JSON with cells');
  if (isBinary(text)) return complain('unreadable', 'is no text');
  yield { row: 0, byteOffset: 0, repository: '', path: shard.name, license: '', text };
}
