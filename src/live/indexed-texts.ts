// Documents of the corpus of the index that is chosen, as files: `verbatim-source:` names a shard and a row of it. A link
// that anybody made leads into that corpus, and nowhere else.

import { FileSystemError, Uri } from 'vscode';
import { rawText } from '../../guard/text/foreign.ts';
import type { CheckedSource } from '../../protocol/checked-text.ts';
import { getIndexedDocument } from '../../protocol/corpus-index.ts';
import { SOURCE_SCHEME, safePath } from '../documents/text-ref.ts';
import type { StudyServer } from '../study-server.ts';
import type { LiveIndex } from './live-index.ts';

export function sourceUri({ shardPath, row, repository, path }: CheckedSource): Uri {
  const query = new URLSearchParams({ shard: rawText(shardPath), row: String(row) });
  const name = `${rawText(repository)}/${rawText(path) || `row ${row}`}`;
  return Uri.from({ scheme: SOURCE_SCHEME, path: safePath(name), query: query.toString() });
}

export class IndexedTexts {
  readonly #server: Pick<StudyServer, 'request'>;
  readonly #live: Pick<LiveIndex, 'require'>;

  constructor(server: Pick<StudyServer, 'request'>, live: Pick<LiveIndex, 'require'>) {
    this.#server = server;
    this.#live = live;
  }

  async load(uri: Uri): Promise<string> {
    const query = new URLSearchParams(uri.query);
    const shard = query.get('shard');
    const row = Number(query.get('row') ?? Number.NaN);
    if (shard === null || !Number.isSafeInteger(row)) throw FileSystemError.FileNotFound(uri);
    return (await this.#server.request(getIndexedDocument, { ...this.#live.require(), shard, row })).text;
  }
}
