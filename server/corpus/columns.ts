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

/**
 * The columns that a text is made of, one behind the other: `prefix+suffix` names two. Rows of benchmarks hold a text in
 * parts. Readers take a column of that very name first.
 */
export const joinedColumns = (content: string): readonly string[] =>
  content.split('+').map((name) => name.trim());

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

/** Names under which corpora keep code, and hardly anything else. Other ones may as well be of what describes it. */
const codeNames: readonly string[] = [
  'content',
  'code',
  'whole_func_string',
  'func_code_string',
  'raw_content',
];
const otherTextNames: readonly string[] = ['text', 'source'];

/** The column that holds the text, or those that might where that is not evident; undefined where none does. */
export type ContentChoice =
  | { readonly name: string }
  | { readonly candidates: readonly string[] }
  | undefined;

/**
 * Chooses among the columns that hold strings, by their names and whether some of their texts have several lines.
 * A guess would be a search of the wrong text: what is not evident is asked.
 */
export function chooseContent(strings: ReadonlyMap<string, { readonly hasLines: boolean }>): ContentChoice {
  const named = codeColumns(strings.keys());
  const hasLines = (name: string) => strings.get(name)?.hasLines === true;
  const code = named.filter(hasLines);
  if (code.length === 1) return { name: code[0]! };
  if (code.length > 1) return { candidates: code };
  const isProvenance = new Set([
    ...columnConventions.repository,
    ...columnConventions.path,
    ...columnConventions.license,
  ]);
  const texts = [...strings.keys()].filter((name) => hasLines(name) && !isProvenance.has(name));
  const conventional = [...named, ...otherTextNames.filter((name) => strings.has(name))];
  if (texts.length === 0) return conventional[0] === undefined ? undefined : { name: conventional[0] };
  if (texts.length === 1 && named.length === 0 && otherTextNames.includes(texts[0]!))
    return { name: texts[0]! };
  return { candidates: [...new Set([...conventional, ...texts])] };
}

/** Chooses where only the names are known. */
export function chooseNamedContent(strings: readonly string[]): ContentChoice {
  const named = codeColumns(strings);
  if (named.length > 1) return { candidates: named };
  if (named.length === 1) return { name: named[0]! };
  if (strings.includes('text')) return { name: 'text' };
  const known = new Set(Object.values(columnConventions).flat());
  const others = strings.filter((name) => !known.has(name));
  if (!strings.includes('source')) return undefined;
  return others.length === 0 ? { name: 'source' } : { candidates: ['source', ...others] };
}

/** A whole function and its code are one text, more and less of it. */
function codeColumns(strings: Iterable<string>): readonly string[] {
  const names = new Set(strings);
  if (names.has('whole_func_string')) names.delete('func_code_string');
  return codeNames.filter((name) => names.has(name));
}
