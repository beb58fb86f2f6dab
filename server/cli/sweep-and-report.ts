// `verbatim study --plan FILE`: one study, or a grid of them over one scan, and what became of each.

import { basename } from 'node:path';
import type { Execution } from '../../protocol/study.ts';
import { compareStudies } from '../answers/compare-studies.ts';
import { comparisonTable } from '../formats/comparison-table.ts';
import { readSweep } from '../plan/plan-file.ts';
import { openToCompare } from '../queries/compared-studies.ts';
import { runSweep, type SweepStudy } from '../study/run-sweep.ts';
import { readPrompts } from '../study/user-files.ts';
import { failOn } from './fail-on.ts';
import { type Condition, isOfMaps } from './fail-on-condition.ts';
import { mapsBeside, runMapsBeside } from './map-beside-study.ts';
import { naming } from './named-places.ts';
import { executorFor, runAndReport } from './run-and-report.ts';
import { sweepStudies } from './sweep-studies.ts';
import { tell } from './tell.ts';
import { terminalProgress } from './terminal-progress.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines } from './write-lines.ts';

interface Options {
  readonly top: number;
  readonly index?: string;
  readonly failOn?: readonly Condition[];
  readonly discover?: boolean;
}

export async function sweepAndReport(
  planFile: string,
  out: string,
  execution: Execution,
  options: Options,
): Promise<void> {
  const points = await readSweep(planFile, readPrompts);
  if (points.length === 1) {
    const { plan } = points[0]!;
    return runAndReport({
      file: out,
      plan,
      execution,
      upTo: 'analyse',
      top: options.top,
      failOn: options.failOn ?? [],
      discover: options.discover ?? false,
      ...(options.index === undefined ? {} : { index: options.index }),
    });
  }
  const named = naming(
    execution,
    points.map(({ plan }) => plan),
  );
  const studies = sweepStudies(points, out);
  const maps = options.discover ? mapsBeside(studies) : [];
  const progress = terminalProgress(process.stderr);
  const onStudy = ({ file }: SweepStudy) => {
    progress.end();
    tell(basename(file));
  };
  const notes: string[] = [];
  const rules = points.map(({ plan }) => plan.rule);
  const executor = await executorFor({ ...options, execution: named, file: out }, rules, notes);
  try {
    const summaries = await untilInterrupted((signal) =>
      runSweep({ studies, execution: named, executor, signal, report: progress.report, onStudy }),
    );
    if (summaries.some(({ state }) => state === 'partial')) process.exitCode = 3;
  } finally {
    progress.end();
    for (const note of notes) tell(`note: ${note}`);
  }
  await printComparison(
    studies,
    points.map(({ name }) => name),
  );
  const { failOn: conditions = [], discover: withMaps = false, top } = options;
  for (const { file } of studies)
    failOn(file, withMaps ? conditions.filter((condition) => !isOfMaps(condition)) : conditions);
  await runMapsBeside(maps, { execution, top, failOn: conditions.filter(isOfMaps) });
}

async function printComparison(studies: readonly SweepStudy[], names: readonly string[]): Promise<void> {
  using open = new DisposableStack();
  const opened = openToCompare(
    studies.map(({ file }) => file),
    open,
    names,
  );
  await tellLines(comparisonTable(compareStudies(opened)));
}
