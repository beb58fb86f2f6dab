// Makes extraction maps for a terminal: progress and notes to stderr, windows or the report to stdout.

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Execution, StudyPlan, StudySummary } from '../../protocol/study.ts';
import { compareMapRates } from '../answers/maps/compare-map-rates.ts';
import { mapLines } from '../formats/maps/map-lines.ts';
import { mapRatesTable } from '../formats/maps/map-rates.ts';
import type { SweepPoint } from '../plan/plan-file.ts';
import { openMapsToCompare } from '../queries/compared-studies.ts';
import { mappedShards } from '../store/maps/map-reader.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { runStudy } from '../study/run-study.ts';
import { failOn } from './fail-on.ts';
import type { Condition } from './fail-on-condition.ts';
import { naming } from './named-places.ts';
import { printReport } from './report-command.ts';
import { sweepStudies } from './sweep-studies.ts';
import { tell } from './tell.ts';
import { terminalProgress } from './terminal-progress.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines, writeLines } from './write-lines.ts';

export interface MapRun {
  readonly file: string;
  readonly plan: StudyPlan;
  readonly execution: Execution;
  /** Documents in the report. */
  readonly top: number;
  /** Writes windows to stdout instead of the report. */
  readonly json: boolean;
  readonly failOn: readonly Condition[];
}

export async function runMap(run: MapRun): Promise<void> {
  const { file, json, top } = run;
  await makeMap(run);
  if (!json) await printReport(file, { format: 'table', top });
  failOn(file, run.failOn);
}

/** Without the report. */
async function makeMap(run: Omit<MapRun, 'top' | 'failOn'>): Promise<void> {
  const summary = await untilInterrupted((signal) => runShowingProgress(run, signal));
  for (const reason of fallbacksIn(run.file)) tell(`note: ${reason}`);
  if (summary.state === 'partial') process.exitCode = 3;
}

/** A map for each point of a grid, then their rates beside each other. */
export async function sweepMaps(
  points: readonly SweepPoint[],
  run: Omit<MapRun, 'plan' | 'json'>,
): Promise<readonly NamedFile[]> {
  if (points.length === 1) {
    await runMap({ ...run, plan: points[0]!.plan, json: false });
    return [{ name: '', file: run.file }];
  }
  const studies = sweepStudies(points, run.file);
  for (const { file, plan } of studies) {
    tell(basename(file));
    await makeMap({ ...run, file, plan, json: false });
  }
  const files = studies.map(({ file }, i) => ({ name: points[i]!.name, file }));
  using open = new DisposableStack();
  const maps = openMapsToCompare(
    files.map(({ file }) => file),
    open,
    files.map(({ name }) => name),
  );
  await tellLines(mapRatesTable(compareMapRates(maps!)));
  for (const { file } of files) failOn(file, run.failOn);
  return files;
}

/** A study of a grid, or the only one, whose name is empty. */
export interface NamedFile {
  readonly name: string;
  readonly file: string;
}

async function runShowingProgress(
  run: Omit<MapRun, 'top' | 'failOn'>,
  signal: AbortSignal,
): Promise<StudySummary> {
  const { file, plan, json } = run;
  const execution = naming(run.execution, [plan]);
  const progress = terminalProgress(process.stderr);
  /** Lines are written in the order of the shards while the model goes on. */
  let written = json && existsSync(file) ? writeMapped(file, plan) : Promise.resolve();
  const onShardMapped = (shardId: number) => {
    written = written.then(() => writeShard(file, plan, shardId));
  };
  try {
    const request = { file, plan, execution, upTo: 'analyse', signal, report: progress.report } as const;
    const summary = await runStudy({ ...request, ...(json ? { onShardMapped } : {}) });
    await written;
    return summary;
  } finally {
    progress.end();
  }
}

/** What an earlier run has measured already. */
async function writeMapped(file: string, plan: StudyPlan): Promise<void> {
  using db = openForReading(file);
  if (JSON.stringify(readStudy(db)?.plan.map) !== JSON.stringify(plan.map)) return;
  for (const side of ['training', 'control'] as const) {
    for (const shardId of mappedShards(db, side)) await writeLines(mapLines(db, shardId, plan.map!));
  }
}

async function writeShard(file: string, plan: StudyPlan, shardId: number): Promise<void> {
  using db = openForReading(file);
  await writeLines(mapLines(db, shardId, plan.map!));
}

function fallbacksIn(file: string): readonly string[] {
  using db = openForReading(file);
  return (readStudy(db)?.environment.fallbacks as readonly string[] | undefined) ?? [];
}
