// The report as JSON, a fragment a line, written as it is read. Its shape is docs/schema/report.schema.json.

import { toVersion1 } from '../plan/version-1.ts';
import { fragmentEntries, type ReportContent } from './report-content.ts';

export function* reportJson(content: ReportContent): Generator<string> {
  const { summary, environment, answers } = content;
  yield '{';
  yield `"$schema": ${JSON.stringify(SCHEMA)},`;
  yield `"study": ${JSON.stringify({ ...summary, plan: toVersion1(summary.plan), environment })},`;
  yield `"measures": ${JSON.stringify(answers?.measures ?? null)},`;
  yield `"predictors": ${JSON.stringify(answers?.predictors ?? null)},`;
  yield `"kinds": ${JSON.stringify(answers?.kinds ?? null)},`;
  yield `"sensitive": ${JSON.stringify(answers?.sensitive ?? null)},`;
  let previous: string | undefined;
  yield '"fragments": [';
  for (const entry of fragmentEntries(content)) {
    if (previous !== undefined) yield `${previous},`;
    previous = JSON.stringify(entry);
  }
  if (previous !== undefined) yield previous;
  yield ']}';
}

const SCHEMA = 'report.schema.json';
