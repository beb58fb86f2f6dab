// Reads bytes as the one shard of a corpus, under a name, as a scan does: with everything that it tells on the way.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataProblem } from '../../protocol/errors.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import type { CorpusDocument } from '../../server/corpus/corpus-document.ts';
import { readDocuments } from '../../server/corpus/read-documents.ts';
import { listShards } from '../../server/corpus/shard.ts';
import { scratchFolder } from './scratch.ts';

const { signal } = new AbortController();

export async function readAsShard(name: string, bytes: Uint8Array) {
  const path = join(scratchFolder(), name);
  writeFileSync(path, bytes);
  const shard = listShards([path])[0]!;
  const problems: DataProblem[] = [];
  const found: CorpusDocument[] = [];
  const columns: ColumnNames[] = [];
  let nBytes = 0;
  const options = {
    signal,
    onColumns: (present: ColumnNames) => void columns.push(present),
    onBytes: (n: number) => {
      nBytes += n;
    },
    onProblem: (problem: DataProblem) => void problems.push(problem),
  };
  for await (const document of readDocuments(shard, options)) found.push(document);
  if (found.length > 0) assert.equal(nBytes, bytes.length, 'all bytes are told');
  return {
    shard,
    found,
    columns,
    problems: problems.map(({ kind, message }) => `${kind}: ${message.replace(path, 'FILE')}`),
  };
}
