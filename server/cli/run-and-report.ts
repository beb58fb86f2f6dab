// Runs a study for a terminal: progress to stderr, Ctrl-C stops it resumably, the report to stdout.

import type { Execution, MatchRule, StudyPlan, StudySummary } from '../../protocol/study.ts';
import { counted } from '../formats/report-numbers.ts';
import { writeSampleLines } from '../formats/sample-lines.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { chooseExecutor } from '../study/executors/choose-executor.ts';
import type { Executor } from '../study/executors/executor.ts';
import { runStudy } from '../study/run-study.ts';
import { estimateNote } from './estimate-note.ts';
import { failOn } from './fail-on.ts';
import { type Condition, isOfMaps } from './fail-on-condition.ts';
import { mapsBeside, runMapsBeside } from './map-beside-study.ts';
import { naming } from './named-places.ts';
import { printReport } from './report-command.ts';
import { tell } from './tell.ts';
import { terminalProgress } from './terminal-progress.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines } from './write-lines.ts';

export interface RunAndReportRequest {
  readonly file: string;
  readonly plan: StudyPlan | null;
  readonly execution: Execution;
  readonly upTo: 'sample' | 'analyse';
  /** Fragments in the report; 0 prints none. */
  readonly top: number;
  /** Also writes the samples to stdout. */
  readonly json?: boolean;
  /** Folder of an index that is asked before the corpus is scanned. */
  readonly index?: string;
  /** Conditions; one that holds sets the exit code. */
  readonly failOn?: readonly Condition[];
  /** Also makes an extraction map, which conditions may ask for, too. */
  readonly discover?: boolean;
}

export async function runAndReport(request: RunAndReportRequest): Promise<void> {
  const { file, plan, failOn: conditions = [], discover: withMap = false } = request;
  const maps = withMap && plan !== null ? mapsBeside([{ file, plan }]) : [];
  const execution = naming(request.execution, plan === null ? [] : [plan]);
  const note = estimateNote(file, plan);
  if (note !== undefined) tell(`note: ${note}`);
  const summary = await untilInterrupted((signal) => runShowingProgress({ ...request, execution }, signal));
  showFallbacks(request.file);
  if (request.json) await writeSamples(request.file);
  if (request.upTo === 'sample') {
    tell(`${counted(summary.nSamples, 'sample')}, ${counted(summary.nTokens, 'token')} in ${request.file}`);
    return;
  }
  await printReport(request.file, { format: 'table', top: request.top });
  // An index may stand for training data that is not here.
  if (request.index === undefined) {
    const { closestMatches } = await import('./closest-matches.ts');
    await tellLines(await untilInterrupted((signal) => closestMatches(summary, execution, signal)));
  }
  if (summary.state === 'partial') process.exitCode = 3;
  failOn(file, withMap ? conditions.filter((condition) => !isOfMaps(condition)) : conditions);
  await runMapsBeside(maps, { execution, top: request.top, failOn: conditions.filter(isOfMaps) });
}

async function writeSamples(file: string): Promise<void> {
  using db = openForReading(file);
  await writeSampleLines(db, process.stdout);
}

async function runShowingProgress(request: RunAndReportRequest, signal: AbortSignal): Promise<StudySummary> {
  const notes: string[] = [];
  const progress = terminalProgress(
    process.stderr,
    request.plan?.source.kind === 'samples' ? 'read' : 'made',
  );
  try {
    const executor = await executorFor(request, request.plan === null ? [] : [request.plan.rule], notes);
    return await runStudy({ ...request, executor, signal, report: progress.report });
  } finally {
    progress.end();
    for (const note of notes) tell(`note: ${note}`);
  }
}

/** `rules` are those of the studies; `notes` takes what the index has to say. */
export async function executorFor(
  { index, execution, file }: Pick<RunAndReportRequest, 'index' | 'execution' | 'file'>,
  rules: readonly MatchRule[],
  notes: string[],
): Promise<Executor> {
  const base = chooseExecutor(execution, file);
  if (index === undefined) return base;
  const { indexedExecutor, requireIndex } = await import('../study/executors/indexed.ts');
  requireIndex(index, rules);
  return indexedExecutor(index, base, (note) => notes.push(note));
}

/** Why sampling ran on something slower than it could have. */
function showFallbacks(file: string): void {
  using db = openForReading(file);
  const { fallbacks } = (readStudy(db)?.environment ?? {}) as { readonly fallbacks?: readonly string[] };
  for (const reason of fallbacks ?? []) tell(`note: ${reason}`);
}
