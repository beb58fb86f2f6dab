// The report as JSON, a fragment a line, written as it is read. Its shape is docs/schema/report.schema.json.

import { forJson } from '../../guard/text/for-json.ts';
import { rawValue } from '../../guard/text/foreign.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import type { StudyControls } from '../answers/measure-controls.ts';
import { toVersion1 } from '../plan/version-1.ts';
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
  let previous: string | undefined;
  yield '"fragments": [';
  for (const entry of fragmentEntries(content)) {
    if (previous !== undefined) yield `${previous},`;
    previous = forJson(written(entry));
  }
  if (previous !== undefined) yield previous;
  yield ']}';
}

/** The report calls a fragment's lines `len`, as the published study does. */
const written = ({ fingerprint, nLines, ...entry }: FragmentEntry) => ({
  fingerprint,
  len: nLines,
  ...entry,
});

/** A range is told by its name. */
const writtenControls = ({ loops, byCopies, control }: StudyControls) => ({
  loops,
  byCopies: byCopies.map(({ name, fragments, samples }) => ({ name, fragments, samples })),
  control,
});

const SCHEMA = 'report.schema.json';
