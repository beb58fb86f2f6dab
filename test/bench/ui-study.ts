// A study file of a million fragments, made up but with the shape of a real one: a third in families, a few
// categories, licences and repositories. Kept in .cache until the tables change.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defaultSampling } from '../../server/plan/plan.ts';
import { groupFragments } from '../../server/store/facts-tables.ts';
import { indexWords } from '../../server/store/fragment-words.ts';
import { migrations } from '../../server/store/schema.ts';
import { setDone } from '../../server/store/stages-table.ts';
import { openForWriting, transact } from '../../server/store/study-file.ts';
import { insertStudy, setState } from '../../server/store/study-table.ts';
import { modelPlan } from '../support/plans.ts';

export const N_FRAGMENTS = 1_000_000;
const FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'ui-study');

/** Makes it where it is not there yet; takes about half a minute. */
export function seedMillion(nFragments = N_FRAGMENTS, folder = FOLDER): string {
  const version = createHash('sha256').update(migrations.join()).digest('hex').slice(0, 12);
  const file = join(folder, `million-${nFragments}-${version}.sqlite`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const partial = `${file}.part`;
  rmSync(partial, { force: true });
  const db = openForWriting(partial);
  const sampling = { ...defaultSampling, nSamples: 20_000 };
  insertStudy(db, modelPlan('/model', ['/corpus'], sampling));
  db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
  db.exec(seedSql(nFragments));
  transact(db, () => {
    groupFragments(db);
    indexWords(db);
  });
  for (const stage of ['analyse', 'describe', 'measure'] as const) setDone(db, stage, '');
  setState(db, 'complete', null);
  db.exec('PRAGMA journal_mode = DELETE');
  db.close();
  renameSync(partial, file);
  return file;
}

const seedSql = (n: number) => `
  BEGIN;
  INSERT INTO shards WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < 9)
    SELECT value, '/corpus/' || value, 'shard-' || value || '.json.gz', 'jsonl.gz', 1000, 0,
      'scanned', NULL, 100000, 1000000, 0, NULL, NULL, NULL FROM s;
  INSERT INTO samples WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < 19999)
    SELECT value, NULL, 'eos', 100, NULL, NULL, CAST('sample ' || value AS BLOB), NULL FROM s;
  INSERT INTO documents WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < 99999)
    SELECT value, value % 10, value / 10, 0, 'owner-' || (value % 997) || '/repository',
      'src/file-' || value || '.py', CASE value % 5 WHEN 0 THEN 'mit' WHEN 1 THEN 'gpl-3.0' WHEN 2 THEN ''
      ELSE 'apache-2.0' END FROM s;
  INSERT INTO fragments WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < ${n - 1})
    SELECT value, printf('%032x', value * 7919), 6 + value % 90,
      CAST('def function_' || value || '(argument):' || char(10) || '    return argument + ' || value AS BLOB),
      1 + ${n} / (value + 1), 1, 1, 1 + (value * 31) % 400, 1, value % 50 = 0,
      CASE WHEN value % 3 = 2 THEN value - 1 ELSE value END FROM s;
  INSERT INTO train_occurrences WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < ${n - 1})
    SELECT value, 0, value % 100000, 1, 9, 0, 100 FROM s;
  INSERT INTO sample_occurrences WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < ${n - 1})
    SELECT value, 0, value % 20000, 1, 9, 0, 100 FROM s;
  INSERT INTO sample_metrics WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < 19999)
    SELECT value, 60, CASE WHEN value % 3 = 0 THEN 0 ELSE 9 END, 300, CASE WHEN value % 3 = 0 THEN 0 ELSE 80 END,
      0.5 + (value % 97) / 50.0, 2.0 + (value % 53) / 10.0, 400 + value % 300, 55,
      CASE WHEN value % 3 = 0 THEN 0 ELSE 4 END, value % 10 = 0 FROM s;
  INSERT INTO memorised_ranges WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < 19999)
    SELECT value, 0, 9, 1, 9, 0, 100, 4 FROM s;
  INSERT INTO fragment_facts WITH RECURSIVE s(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM s WHERE value < ${n - 1})
    SELECT value, CASE value % 7 WHEN 0 THEN 'license' WHEN 1 THEN 'imports'
      WHEN 2 THEN 'tests' ELSE 'logic' END, '', CASE value % 1000 WHEN 0 THEN 'email' ELSE '' END FROM s;
  COMMIT;
`;
