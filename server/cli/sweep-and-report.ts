// `verbatim study --plan FILE`: one study, or a grid of them over one scan, and what became of each.

import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Execution, StudyPlan } from '../../protocol/study.ts';
import { compareStudies } from '../answers/compare-studies.ts';
import { UserError } from '../errors.ts';
import { comparisonTable } from '../formats/comparison-table.ts';
import { readSweep } from '../plan/plan-file.ts';
import { openToCompare } from '../queries/compared-studies.ts';
import { runSweep, type SweepStudy } from '../study/run-sweep.ts';
import { readPrompts } from '../study/user-files.ts';
import { failOn } from './fail-on.ts';
import type { Condition } from './fail-on-condition.ts';
import { naming } from './named-places.ts';
import { executorFor, runAndReport } from './run-and-report.ts';
import { tell } from './tell.ts';
import { terminalProgress } from './terminal-progress.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines } from './write-lines.ts';

interface Options {
  readonly top: number;
  readonly index?: string;
  readonly failOn?: readonly Condition[];
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
      ...(options.index === undefined ? {} : { index: options.index }),
    });
  }
  const named = naming(
    execution,
    points.map(({ plan }) => plan),
  );
  const studies = points.map(({ name, plan }): SweepStudy => ({ plan, file: fileOf(out, name) }));
  checkFiles(studies);
  const progress = terminalProgress(process.stderr);
  const onStudy = ({ file }: SweepStudy) => {
    progress.end();
    tell(basename(file));
  };
  const notes: string[] = [];
  const executor = executorFor(options.index, notes);
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
  for (const { file } of studies) failOn(file, options.failOn);
}

/** Throws a `UserError` where two studies would be one file, since the second would be refused after the first was made. */
function checkFiles(studies: readonly SweepStudy[]): void {
  const plans = new Map<string, StudyPlan>();
  for (const { file, plan } of studies) {
    const other = plans.get(file);
    if (other !== undefined && !isDeepStrictEqual(other, plan)) {
      throw new UserError(`Two studies of the plan would be the file ${file}`, {
        action: 'Name their places so that letters and digits tell them apart.',
      });
    }
    plans.set(file, plan);
  }
}

/** `study.sqlite` and `topK=40` make `study.topK=40.sqlite`. */
const fileOf = (out: string, name: string) =>
  `${out.replace(/\.sqlite$/, '')}.${name.replace(/[^\w=.,-]+/g, '_')}.sqlite`;

async function printComparison(studies: readonly SweepStudy[], names: readonly string[]): Promise<void> {
  using open = new DisposableStack();
  const opened = openToCompare(
    studies.map(({ file }) => file),
    open,
    names,
  );
  await tellLines(comparisonTable(compareStudies(opened)));
}
