// A view's filter as SQL on the regions of an extraction map. What is known of fragments alone leaves no region out.

import type { FragmentFilter } from '../../../protocol/views.ts';
import { allOf, type Clause, type SqlValue } from '../fragment-filter.ts';
import { asciiLower } from '../fragment-words.ts';

/** A condition on `map_regions r JOIN documents d`; undefined where every region passes. */
export function regionCondition(filter: FragmentFilter, accepted: ReadonlySet<string>): Clause | undefined {
  const clauses: Clause[] = [];
  const add = (sql: string, ...values: readonly SqlValue[]) => void clauses.push({ sql, values });
  if (filter.text) {
    const text = asciiLower(filter.text);
    const holds = 'instr(lower(CAST(r.text AS TEXT)), ?) > 0';
    add(`${holds} OR substr(r.fingerprint, 1, ?) = ?`, text, text.length, text);
  }
  if (filter.repository) add('instr(lower(d.repository), ?) > 0', asciiLower(filter.repository));
  if (filter.path) add('instr(lower(d.path), ?) > 0', asciiLower(filter.path));
  if (filter.license !== undefined) add('lower(d.license) = ?', asciiLower(filter.license));
  if (filter.fromLines !== undefined || filter.toLines !== undefined) {
    const [from, to] = [filter.fromLines ?? 0, filter.toLines ?? Number.MAX_SAFE_INTEGER];
    add('r.last_line - r.first_line + 1 BETWEEN ? AND ?', from, to);
  }
  if (filter.fromProbability !== undefined) add('r.best_logp >= ?', logOf(filter.fromProbability));
  if (filter.toProbability !== undefined) add('r.best_logp <= ?', logOf(filter.toProbability));
  if (filter.isNew && accepted.size > 0) {
    add('r.fingerprint NOT IN (SELECT value FROM json_each(?))', JSON.stringify([...accepted]));
  }
  return clauses.length === 0 ? undefined : allOf(clauses);
}

/** SQLite has no infinity that every reader understands. */
const logOf = (p: number): number => Math.max(-Number.MAX_VALUE, Math.log(p));
