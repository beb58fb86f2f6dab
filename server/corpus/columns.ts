// Which column of a row is the text, and which ones say where it came from. Data sets name them in many
// ways; the first rows decide once for a whole shard, so that a fast reader knows exact names. Knows no bytes.

import type { ColumnNames } from '../../protocol/study.ts';

/** The exact names that hold for one shard. A name that no row has leaves its part empty. */
export type Columns = Required<ColumnNames>;

/** Names that corpora use for each column, the preferred ones first. */
export const columnConventions: Readonly<Record<keyof Columns, readonly string[]>> = {
  content: ['content', 'text', 'code', 'whole_func_string', 'func_code_string', 'source', 'raw_content'],
  repository: [
    'repo_name',
    'repository',
    'repository_name',
    'max_stars_repo_name',
    'repo',
    'max_forks_repo_name',
    'max_issues_repo_name',
  ],
  path: [
    'path',
    'file_path',
    'max_stars_repo_path',
    'filepath',
    'func_path_in_repository',
    'filename',
    'max_forks_repo_path',
  ],
  license: ['license', 'licenses', 'max_stars_repo_licenses', 'license_type', 'detected_licenses', 'licence'],
};

/** Those of `codeparrot-clean`: what holds when the rows tell nothing. */
export const standardColumns: Columns = {
  content: 'content',
  repository: 'repo_name',
  path: 'path',
  license: 'license',
};

/** What the user chose, then the first conventional name that `isThere`, then the standard one. */
export function chooseColumns(
  chosen: ColumnNames | undefined,
  isThere: (name: string, part: keyof Columns) => boolean,
): Columns {
  const pick = (part: keyof Columns): string =>
    chosen?.[part] ?? columnConventions[part].find((name) => isThere(name, part)) ?? standardColumns[part];
  return {
    content: pick('content'),
    repository: pick('repository'),
    path: pick('path'),
    license: pick('license'),
  };
}
