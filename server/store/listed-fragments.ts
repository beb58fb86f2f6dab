// What a page of the studies view tells of its fragments, all of them by one query: a call of SQLite takes longer than
// what it finds of one fragment. Rows come as lists, since reading them by the names of their columns takes as long again.

import type { SQLOutputValue } from 'node:sqlite';
import { foreign } from '../../guard/text/foreign.ts';
import type { ListedFragment } from '../../protocol/views.ts';
import { standsOnlyInLoops } from './loop-fragments.ts';
import type { Database } from './study-file.ts';
import { LABEL_BYTES, labelOf } from './views.ts';

/** In the order of their ids. `nFamilyOf` tells how many fragments the family of each shows. */
export function listFragments(
  db: Database,
  ids: readonly number[],
  accepted: ReadonlySet<string>,
  nFamilyOf: (id: number) => number,
): readonly ListedFragment[] {
  const coreOf = openCores(db);
  const labelByHand = openLabels(db);
  return rowsOf(db, ids).map((values) => {
    const [id, fingerprint, nLines, train, nDocuments, nRepositories, extract, nSamples, clipped, family] =
      values;
    const [text, category, spdxId, sensitive, isOnlyInLoops, isLabelled] = values.slice(N_FIGURES);
    const [shard, row, repository, path, license] = values.slice(N_FIGURES + N_FACTS);
    const nFamily = nFamilyOf(Number(id));
    return {
      fingerprint: String(fingerprint),
      nLines: Number(nLines),
      train: Number(train),
      nDocuments: Number(nDocuments),
      nRepositories: Number(nRepositories),
      extract: Number(extract),
      nSamples: Number(nSamples),
      clipped: clipped === 1,
      family: Number(family),
      firstLine: labelOf(text as Uint8Array),
      category: (category ?? null) as ListedFragment['category'],
      spdxId: foreign(String(spdxId ?? '')),
      sensitive: sensitive ? String(sensitive).split(',').filter(Boolean).map(foreign) : [],
      source:
        shard === null
          ? null
          : {
              shard: foreign(String(shard)),
              row: Number(row),
              repository: foreign(String(repository)),
              path: foreign(String(path)),
              license: foreign(String(license)),
            },
      label: isLabelled === 1 ? labelByHand(String(fingerprint)) : foreign(''),
      isOnlyInLoops: isOnlyInLoops === 1,
      isAccepted: accepted.has(String(fingerprint)),
      nFamily,
      core: nFamily > 1 ? coreOf(Number(family), Number(train)) : null,
    };
  });
}

const N_FIGURES = 10;
const N_FACTS = 6;

/** Each fragment with its facts and its first known place; of its text no more than a label is made of. */
function rowsOf(db: Database, ids: readonly number[]): readonly (readonly SQLOutputValue[])[] {
  const rows = db.prepare(
    `SELECT f.fragment_id, fingerprint, n_lines, train, n_documents, n_repositories, extract, n_samples, clipped, family,
       substr(f.text, 1, ${LABEL_BYTES}), category, spdx_id, sensitive, ${standsOnlyInLoops('f')},
       EXISTS (SELECT 1 FROM labels l WHERE l.fingerprint = f.fingerprint),
       s.name, d.row, d.repository, d.path, d.license
     FROM json_each(?) listed CROSS JOIN fragments f ON f.fragment_id = listed.value
     LEFT JOIN fragment_facts c ON c.fragment_id = f.fragment_id
     LEFT JOIN train_occurrences o ON o.fragment_id = f.fragment_id AND o.ordinal = 0
     LEFT JOIN documents d ON d.document_id = o.document_id LEFT JOIN shards s ON s.shard_id = d.shard_id
     ORDER BY listed.key`,
  );
  rows.setReturnArrays(true);
  return rows.all(JSON.stringify(ids)) as unknown as readonly (readonly SQLOutputValue[])[];
}

/** The most frequent fragment of a family, where it repeats more often than one of them. */
function openCores(db: Database): (family: number, train: number) => ListedFragment['core'] {
  // Ids go by occurrences in the corpus, so a family's lowest is its most frequent.
  const cores = db.prepare(
    'SELECT n_lines, train, extract FROM fragments WHERE family = ? ORDER BY fragment_id LIMIT 1',
  );
  return (family, train) => {
    const row = cores.get(family);
    return row && Number(row.train) > train
      ? { nLines: Number(row.n_lines), train: Number(row.train), extract: Number(row.extract) }
      : null;
  };
}

function openLabels(db: Database) {
  const labels = db.prepare('SELECT label FROM labels WHERE fingerprint = ? ORDER BY annotator');
  return (fingerprint: string) => {
    const given = new Set(labels.all(fingerprint).map(({ label }) => String(label)));
    return foreign([...given].join(' / '));
  };
}
