// What a page of the studies view tells of its fragments, all of them by one query: a call of SQLite takes longer than
// what it finds of one fragment.

import type { SQLOutputValue } from 'node:sqlite';
import { foreign } from '../../guard/text/foreign.ts';
import type { FragmentRow } from '../../protocol/fragments.ts';
import type { ListedFragment } from '../../protocol/views.ts';
import { standsOnlyInLoops } from './loop-fragments.ts';
import { provenanceOf } from './provenance.ts';
import { figureColumns } from './stored-fragments.ts';
import type { Database } from './study-file.ts';
import { fragmentRow, LABEL_BYTES } from './views.ts';

/** In the order of their ids. `nFamilyOf` tells how many fragments the family of each shows. */
export function listFragments(
  db: Database,
  ids: readonly number[],
  accepted: ReadonlySet<string>,
  nFamilyOf: (id: number) => number,
): readonly ListedFragment[] {
  const labels = db.prepare('SELECT label FROM labels WHERE fingerprint = ? ORDER BY annotator');
  // Ids go by occurrences in the corpus, so a family's lowest is its most frequent.
  const cores = db.prepare(
    'SELECT n_lines, train, extract FROM fragments WHERE family = ? ORDER BY fragment_id LIMIT 1',
  );
  const coreOf = ({ family, train }: FragmentRow, nFamily: number) => {
    const row = nFamily > 1 ? cores.get(family) : undefined;
    return row && Number(row.train) > train
      ? { nLines: Number(row.n_lines), train: Number(row.train), extract: Number(row.extract) }
      : null;
  };
  return rowsOf(db, ids).map((row) => {
    const fragment = fragmentRow(row);
    const given = new Set(labels.all(fragment.fingerprint).map(({ label }) => String(label)));
    const nFamily = nFamilyOf(Number(row.fragment_id));
    return {
      ...fragment,
      category: row.category as ListedFragment['category'],
      spdxId: foreign(String(row.spdx_id ?? '')),
      sensitive: String(row.sensitive ?? '')
        .split(',')
        .filter((kind) => kind !== '')
        .map(foreign),
      source: row.shard === null ? null : provenanceOf(row),
      label: foreign([...given].join(' / ')),
      isOnlyInLoops: row.is_only_in_loops === 1,
      isAccepted: accepted.has(fragment.fingerprint),
      nFamily,
      core: coreOf(fragment, nFamily),
    };
  });
}

/** Each fragment with its facts and its first known place; of its text no more than a label is made of. */
function rowsOf(db: Database, ids: readonly number[]): readonly Readonly<Record<string, SQLOutputValue>>[] {
  return db
    .prepare(
      `SELECT ${figureColumns('f')}, substr(f.text, 1, ${LABEL_BYTES}) AS text, category, spdx_id, sensitive,
         s.name AS shard, d.row, d.repository, d.path, d.license, ${standsOnlyInLoops('f')} AS is_only_in_loops
       FROM json_each(?) listed CROSS JOIN fragments f ON f.fragment_id = listed.value
       LEFT JOIN fragment_facts c ON c.fragment_id = f.fragment_id
       LEFT JOIN train_occurrences o ON o.fragment_id = f.fragment_id AND o.ordinal = 0
       LEFT JOIN documents d ON d.document_id = o.document_id LEFT JOIN shards s ON s.shard_id = d.shard_id
       ORDER BY listed.key`,
    )
    .all(JSON.stringify(ids));
}
