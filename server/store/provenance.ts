// The provenance of a document, out of a row that joins table `documents` with its shard's name as `shard`.

import type { SQLOutputValue } from 'node:sqlite';
import type { Provenance } from '../../protocol/fragments.ts';

export const provenanceOf = (row: Readonly<Record<string, SQLOutputValue>>): Provenance => ({
  shard: String(row.shard),
  row: Number(row.row),
  repository: String(row.repository),
  path: String(row.path),
  license: String(row.license),
});
