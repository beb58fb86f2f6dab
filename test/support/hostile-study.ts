// A study whose file a stranger has changed: every name, path, licence, message and setting in it means harm, also
// those in columns that Verbatim itself would only ever fill with numbers and names of its own.

import { DatabaseSync } from 'node:sqlite';
import { hostilePieces } from './hostile-text.ts';
import { makeSmallStudy, type SmallStudy } from './small-study.ts';

/** One text with everything in it; SQLite keeps no lone surrogates. */
export const hostileName = hostilePieces.join(' ').toWellFormed();

/** Tells whether something of the above came through as markup. */
export const hostileMark = 'evil.example';

export async function makeHostileStudy(folder: string, name = 'hostile'): Promise<SmallStudy> {
  const study = await makeSmallStudy(folder, name);
  const db = new DatabaseSync(study.file);
  const set = (sql: string, text = hostileName) => db.prepare(sql).run(text);
  set('UPDATE shards SET name = ? || shard_id, n_problems = 3');
  set('UPDATE documents SET repository = ?1, path = row || ?1, license = ?1');
  set('UPDATE fragments SET fingerprint = fragment_id || ?');
  set("INSERT INTO problems VALUES (0, 0, 'corrupt', 1, ?)");
  // A place with NUL in it is refused as the study is opened.
  const place = hostileName.replaceAll('\0', '');
  set("UPDATE study SET plan = json_set(plan, '$.source.samples', ?1, '$.corpus[0]', ?1)", place);
  set('UPDATE study SET failure = ?');
  set("UPDATE study SET environment = json_set(environment, '$.runtime', ?1, '$.duplicateShards[0]', ?1)");
  db.close();
  return study;
}
