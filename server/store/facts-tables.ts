// Tables `fragment_facts`, `fragment_order`, `families`, `fragment_groups`, `group_members` and `fragment_words`: what
// views sort, group and filter by. Written at once, after the fragments.

import { forgetWords, indexWords } from './fragment-words.ts';
import { readRows } from './row-pages.ts';
import { forgetStage, isDone, isDoneAfterAnalysis, setDoneAfterAnalysis } from './stages-table.ts';
import { type Database, transact } from './study-file.ts';

export interface StoredFacts {
  readonly category: string;
  /** SPDX id of the licence whose text it is; '' for anything else. */
  readonly spdxId: string;
  readonly sensitive: readonly string[];
}

/** Forgets facts of fragments that are about to be replaced. Call inside a transaction. */
export function forgetFacts(db: Database): void {
  db.exec(
    `DELETE FROM group_members; DELETE FROM fragment_groups; DELETE FROM families; DELETE FROM fragment_order;
     DELETE FROM fragment_facts`,
  );
  forgetWords(db);
  forgetStage(db, 'describe');
}

/** What was kept of what fragments are, in order of fragment_id; nothing where they were not described since the last analysis. */
export function* readKinds(
  db: Database,
): Generator<readonly [fragmentId: number, category: string, spdxId: string]> {
  if (!isDoneAfterAnalysis(db, 'describe')) return;
  for (const [id, category, spdxId] of readRows(
    db,
    'SELECT fragment_id, category, spdx_id FROM fragment_facts',
  ))
    yield [Number(id), String(category), String(spdxId)];
}

/** `facts` are indexed by fragment_id, from 0. */
export function replaceFacts(db: Database, facts: readonly StoredFacts[]): void {
  transact(db, () => {
    forgetFacts(db);
    const insert = db.prepare('INSERT INTO fragment_facts VALUES (?, ?, ?, ?)');
    for (const [id, { category, spdxId, sensitive }] of facts.entries()) {
      insert.run(id, category, spdxId, [...new Set(sensitive)].join(','));
    }
    groupFragments(db);
    setDoneAfterAnalysis(db, 'describe');
    indexWords(db);
  });
}

/** Lists the words of a study that was described before words were listed. */
export function addWords(db: Database): void {
  if (!isDone(db, 'words')) transact(db, () => indexWords(db));
}

/** Groups the fragments whose facts are known, all inside the database: it may hold more than fits into memory. */
export function groupFragments(db: Database): void {
  db.exec(`
    INSERT INTO fragment_order
      SELECT row_number() OVER (
        ORDER BY CASE WHEN category = 'logic' THEN 0 WHEN category IN ('boilerplate', 'copyright', 'license') THEN 2
          ELSE 1 END, n_lines DESC, fragment_id
      ), fragment_id FROM fragments JOIN fragment_facts USING (fragment_id);

    INSERT INTO families
      SELECT fragment_id, family, n_fragments, extract, n_lines, place FROM (
        SELECT fragment_id, family, extract, n_lines,
          row_number() OVER (PARTITION BY family ORDER BY n_lines DESC, fragment_id) AS nth,
          count(*) OVER (PARTITION BY family) AS n_fragments
        FROM fragments
      ) JOIN fragment_order USING (fragment_id) WHERE nth = 1;

    INSERT INTO fragment_groups (grouping, name, n_fragments)
      SELECT 'category', category, count(*) FROM fragment_facts GROUP BY category ORDER BY category;
    INSERT INTO fragment_groups (grouping, name, n_fragments)
      SELECT 'licence', license, 0 FROM documents GROUP BY license ORDER BY license;
    INSERT INTO fragment_groups (grouping, name, n_fragments)
      SELECT 'repository', repository, 0 FROM documents GROUP BY repository ORDER BY repository;
    INSERT INTO fragment_groups (grouping, name, n_fragments)
      SELECT 'sample', sample_id, count(DISTINCT fragment_id) FROM sample_occurrences
      GROUP BY sample_id ORDER BY sample_id;

    INSERT OR IGNORE INTO group_members
      SELECT group_id, fragment_id FROM train_occurrences
      JOIN documents USING (document_id) JOIN fragment_groups ON grouping = 'licence' AND name = license;
    INSERT OR IGNORE INTO group_members
      SELECT group_id, fragment_id FROM train_occurrences
      JOIN documents USING (document_id) JOIN fragment_groups ON grouping = 'repository' AND name = repository;
    UPDATE fragment_groups SET n_fragments =
      (SELECT count(*) FROM group_members m WHERE m.group_id = fragment_groups.group_id)
      WHERE grouping IN ('licence', 'repository');
    DELETE FROM fragment_groups WHERE n_fragments = 0;
  `);
}
