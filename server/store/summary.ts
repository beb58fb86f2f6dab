// A study at a glance: what lists, status items and reports show.

import { basename } from 'node:path';
import { foreign, fromOthers } from '../../guard/text/foreign.ts';
import type { StudySummary } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { countFragments, countMemorisedSamples, countProblems } from './counts.ts';
import { readAccount, readColumnsRead } from './files-table.ts';
import { summariseMap } from './maps/map-views.ts';
import type { Database } from './study-file.ts';
import { readStudy } from './study-table.ts';

/**
 * `isRunning` says whether a process holds the study's lock: a study that was killed still says `running`
 * in its row, and is in truth one that can be resumed.
 */
export function summarise(db: Database, path: string, isRunning: boolean): StudySummary {
  const study = readStudy(db);
  if (!study) {
    throw new UserError(`${path} holds no study yet`, { action: 'Run the study that writes to it first.' });
  }
  const one = (sql: string) => Object.values(db.prepare(sql).get() ?? {}).map(Number);
  const [nSamples = 0, nTokens = 0] = one('SELECT count(*), coalesce(sum(n_tokens), 0) FROM samples');
  const [nShards = 0, nShardsScanned = 0, nDocuments = 0, corpusBytes = 0] = one(
    `SELECT count(*), count(*) FILTER (WHERE state = 'scanned'), coalesce(sum(n_rows), 0),
       coalesce(sum(content_bytes), 0) FROM shards
       WHERE shard_id NOT IN (SELECT shard_id FROM map_shards WHERE is_control = 1)`,
  );
  return {
    id: path,
    name: foreign(basename(path).replace(/\.sqlite$/, '')),
    state: study.state === 'running' && !isRunning ? 'cancelled' : study.state,
    plan: fromOthers(study.plan),
    createdAt: study.createdAt,
    elapsedMs: study.elapsedMs,
    nSamples,
    nTokens,
    nShards,
    nShardsScanned,
    nDocuments,
    corpusBytes,
    nFragments: study.analysed ? countFragments(db) : null,
    nMemorisedSamples: study.analysed ? countMemorisedSamples(db) : null,
    nProblems: countProblems(db),
    account: readAccount(db),
    columnsRead: readColumnsRead(db),
    ...(study.plan.source.kind === 'map' ? { map: summariseMap(db) } : {}),
    failure: study.failure === null ? null : foreign(study.failure),
  };
}
