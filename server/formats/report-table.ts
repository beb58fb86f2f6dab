// The report for a terminal: the study in a few lines, then its most repeated fragments with their sources.

import type { FragmentRow, TrainOccurrence } from '../../protocol/fragments.ts';
import type { StudySummary } from '../../protocol/study.ts';
import { readProblems } from '../store/shards-table.ts';
import type { Database } from '../store/study-file.ts';
import { listFragments, listTrainOccurrences } from '../store/views.ts';

/** Sources named under each fragment. */
const SOURCES = 3;

export function* reportTable(db: Database, summary: StudySummary, top: number): Generator<string> {
  yield* heading(summary);
  yield* problems(db, summary);
  if (summary.nFragments === null) {
    yield `Not analysed yet: ${summary.nShardsScanned} of ${summary.nShards} shards are scanned. Run the study to go on.`;
    return;
  }
  const { items } = listFragments(db, { offset: 0, limit: top, order: 'train' });
  if (items.length === 0) {
    yield 'No fragment: no sample repeats the corpus for that many lines.';
    return;
  }
  yield '';
  yield 'train  docs  repos  extract  lines  fingerprint                       first line';
  for (const [fragmentId, row] of items.entries()) yield* fragment(db, fragmentId, row);
  if (summary.nFragments > items.length) {
    yield `… and ${summary.nFragments - items.length} more: verbatim report ${summary.id} --top ${summary.nFragments}`;
  }
}

function* heading(s: StudySummary): Generator<string> {
  const { sampling, rule } = s.plan;
  const megabytes = (s.corpusBytes / 1e6).toFixed(1);
  yield `Study     ${s.id} (${s.state}${s.failure ? `: ${s.failure.split('\n')[0]}` : ''}, ${(s.elapsedMs / 1000).toFixed(1)} s)`;
  yield s.plan.samples === null
    ? `Model     ${s.plan.model} · ${sampling.strategy}, top-k ${sampling.topK}, temperature ${sampling.temperature}, seed ${sampling.seed}`
    : `Samples   from ${s.plan.samples}`;
  yield `Samples   ${s.nSamples} (${s.nTokens} tokens)`;
  yield `Corpus    ${s.nDocuments} documents, ${megabytes} MB, ${s.nShardsScanned} of ${s.nShards} shards scanned`;
  if (s.nFragments === null) return;
  const percent = s.nSamples > 0 ? ((100 * (s.nMemorisedSamples ?? 0)) / s.nSamples).toFixed(1) : '0';
  yield `Found     ${s.nFragments} fragments of at least ${rule.minLines} lines (${rule.profile}) in ${s.nMemorisedSamples} samples (${percent} %)`;
}

function* problems(db: Database, summary: StudySummary): Generator<string> {
  if (summary.nProblems === 0) return;
  const SHOWN = 5;
  yield `Problems  ${summary.nProblems} in the data: what could not be read is not counted`;
  for (const message of readProblems(db, SHOWN)) yield `          ${message}`;
  if (summary.nProblems > SHOWN) yield `          … and ${summary.nProblems - SHOWN} more`;
}

function* fragment(db: Database, fragmentId: number, row: FragmentRow): Generator<string> {
  const counts = [
    String(row.train).padStart(5),
    String(row.nDocuments).padStart(5),
    String(row.nRepositories).padStart(6),
    String(row.extract).padStart(8),
    `${row.nLines}${row.clipped ? '+' : ' '}`.padStart(7),
  ].join(' ');
  yield `${counts} ${row.fingerprint}  ${row.firstLine.slice(0, 60)}`;
  const places = listTrainOccurrences(db, fragmentId, { offset: 0, limit: SOURCES });
  for (const place of places) yield `        ${source(place)}`;
  if (row.train > places.length) yield `        … and ${row.train - places.length} more places`;
}

const source = ({ provenance: p, firstLine, lastLine }: TrainOccurrence) =>
  `${[p.repository, p.path].filter(Boolean).join(' · ') || `${p.shard} row ${p.row}`}:${firstLine}-${lastLine}${p.license ? ` (${p.license})` : ''}`;
