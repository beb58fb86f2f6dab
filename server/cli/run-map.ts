// Makes an extraction map for a terminal: progress and notes to stderr, windows or the report to stdout.

import { existsSync } from 'node:fs';
import type { Execution, StudyPlan, StudySummary } from '../../protocol/study.ts';
import { mapLines } from '../formats/map-lines.ts';
import { mappedShards } from '../store/map-reader.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { runStudy } from '../study/run-study.ts';
import { failOn } from './fail-on.ts';
import type { Condition } from './fail-on-condition.ts';
import { printReport } from './report-command.ts';
import { tell } from './tell.ts';
import { terminalProgress } from './terminal-progress.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { writeLines } from './write-lines.ts';

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
  const summary = await untilInterrupted((signal) => runShowingProgress(run, signal));
  for (const reason of fallbacksIn(file)) tell(`note: ${reason}`);
  if (!json) await printReport(file, { format: 'table', top });
  if (summary.state === 'partial') process.exitCode = 3;
  failOn(file, run.failOn);
}

async function runShowingProgress(run: MapRun, signal: AbortSignal): Promise<StudySummary> {
  const { file, plan, execution, json } = run;
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
