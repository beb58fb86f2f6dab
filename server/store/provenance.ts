// The provenance of a document, out of a row that joins table `documents` with its shard's name as `shard`.

import type { SQLOutputValue } from 'node:sqlite';
import { foreign } from '../../guard/text/foreign.ts';
import type { Provenance } from '../../protocol/fragments.ts';

export const provenanceOf = (row: Readonly<Record<string, SQLOutputValue>>): Provenance => ({
  shard: foreign(String(row.shard)),
  row: Number(row.row),
  repository: foreign(String(row.repository)),
  path: foreign(String(row.path)),
  license: foreign(String(row.license)),
});
