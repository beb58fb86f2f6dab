// The report as JSON, a fragment a line, written as it is read. Its shape is docs/schema/report.schema.json.

import { forJson } from '../../guard/text/for-json.ts';
import { rawValue } from '../../guard/text/foreign.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { findLoops, type StudyControls } from '../answers/measure-controls.ts';
import { toVersion1 } from '../plan/version-1.ts';
import { readSampleRows } from '../store/metrics-table.ts';
import { type FragmentEntry, fragmentEntries, type ReportContent } from './report-content.ts';

export function* reportJson(content: ReportContent): Generator<string> {
  const { summary, environment, answers } = content;
  yield '{';
  yield `"$schema": ${forJson(SCHEMA)},`;
  yield `"study": ${forJson({ ...summary, plan: toVersion1(rawValue<StudyPlan>(summary.plan)), environment })},`;
  yield `"measures": ${forJson(answers?.measures ?? null)},`;
  yield `"controls": ${forJson(answers === null ? null : writtenControls(answers.controls))},`;
  yield `"predictors": ${forJson(answers?.predictors ?? null)},`;
  yield `"kinds": ${forJson(answers?.kinds ?? null)},`;
  yield `"sensitive": ${forJson(answers?.sensitive ?? null)},`;
  if (answers === null) yield '"samples": null,';
  else {
    yield '"samples": [';
    yield* commaSeparated(writtenSamples(content));
    yield '],';
  }
  yield '"fragments": [';
  yield* commaSeparated(fragmentEntries(content), written);
  yield ']}';
}

/** One a line. */
function* commaSeparated<T>(
  items: Iterable<T>,
  asWritten: (item: T) => unknown = (item) => item,
): Generator<string> {
  let previous: string | undefined;
  for (const item of items) {
    if (previous !== undefined) yield `${previous},`;
    previous = forJson(asWritten(item));
  }
  if (previous !== undefined) yield previous;
}

/** What is counted of each sample; null where it is not known. */
function* writtenSamples({ db }: ReportContent): Generator<unknown> {
  const rows = readSampleRows(db);
  const loops = findLoops(db, rows);
  for (const row of rows) {
    yield {
      sample: row.sampleId,
      lines: row.nLines,
      memorisedLines: row.nMemorisedLines,
      windows: row.nWindows,
      memorisedWindows: row.nMemorisedWindows,
      tokens: row.nTokens,
      memorisedTokens: row.nMemorisedTokens,
      zlibBytes: row.zlibBytes,
      loop: loops.has(row.sampleId),
    };
  }
}

/** The report calls a fragment's lines `len`, as the published study does. */
const written = ({ fingerprint, nLines, ...entry }: FragmentEntry) => ({
  fingerprint,
  len: nLines,
  ...entry,
});

/** A range is told by its name. */
const writtenControls = ({ all, loops, byCopies, control }: StudyControls) => ({
  all,
  loops,
  byCopies: byCopies.map(({ name, fragments, samples }) => ({ name, fragments, samples })),
  control,
});

const SCHEMA = 'report.schema.json';
