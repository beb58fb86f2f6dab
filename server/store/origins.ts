// The origins of the fragments: repositories and licences by how many fragments stand in them, over the places that
// the study keeps.

import { foreign } from '../../guard/text/foreign.ts';
import type { LicenseRow, SourceRow } from '../../protocol/dashboard.ts';
import type { Kept } from '../../protocol/measured.ts';
import type { Database } from './study-file.ts';

const SHOWN = 100;
/** A file of a stranger may count groups that no document is of. */
const NO_DOCUMENTS = { nDocuments: 0, more: '[]' } as const;

interface Group {
  readonly name: string;
  readonly nFragments: number;
}

export function topSources(db: Database): Kept<SourceRow> {
  const { items, total } = topGroups(db, 'repository');
  const documents = documentsOf(db, 'repository', items, 'json_group_array(DISTINCT license)');
  return {
    items: items.map(({ name, nFragments }) => {
      const { nDocuments, more } = documents.get(name) ?? NO_DOCUMENTS;
      const licenses = (JSON.parse(String(more)) as string[]).filter((license) => license !== '').sort();
      return { repository: foreign(name), licenses: licenses.map(foreign), nFragments, nDocuments };
    }),
    total,
  };
}

export function topLicenses(db: Database): Kept<LicenseRow> {
  const { items, total } = topGroups(db, 'licence');
  const documents = documentsOf(db, 'license', items, 'count(DISTINCT repository)');
  return {
    items: items.map(({ name, nFragments }) => {
      const { nDocuments, more } = documents.get(name) ?? NO_DOCUMENTS;
      return {
        license: foreign(name),
        nFragments,
        nDocuments,
        nRepositories: nDocuments === 0 ? 0 : Number(more),
      };
    }),
    total,
  };
}

/** What is known of the groups' documents, all in one pass. */
function documentsOf(
  db: Database,
  column: 'repository' | 'license',
  groups: readonly Group[],
  more: string,
): ReadonlyMap<string, { readonly nDocuments: number; readonly more: unknown }> {
  const rows = db
    .prepare(
      `SELECT ${column} AS name, count(*) AS n, ${more} AS more FROM documents
       WHERE ${column} IN (SELECT value FROM json_each(?)) GROUP BY ${column}`,
    )
    .all(JSON.stringify(groups.map(({ name }) => name)));
  return new Map(rows.map((row) => [String(row.name), { nDocuments: Number(row.n), more: row.more }]));
}

function topGroups(db: Database, grouping: 'repository' | 'licence'): Kept<Group> {
  const items = db
    .prepare(
      `SELECT name, n_fragments FROM fragment_groups WHERE grouping = ?
       ORDER BY n_fragments DESC, name LIMIT ?`,
    )
    .all(grouping, SHOWN)
    .map((row) => ({ name: String(row.name), nFragments: Number(row.n_fragments) }));
  const total = db.prepare('SELECT count(*) AS n FROM fragment_groups WHERE grouping = ?').get(grouping)?.n;
  return { items, total: Number(total) };
}
