// The forms of a report on an extraction map.

import { forJson } from '../../guard/text/for-json.ts';
import { escapeMarkdown, forMarkdown, forMarkdownCell } from '../../guard/text/for-markdown.ts';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import { type Encodable, rawValue } from '../../guard/text/foreign.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { describeAccount, describeColumns } from './account-words.ts';
import { describeMap, describeRead, type MapReport, mapTables } from './map-content.ts';
import { count, counted, percentInterval } from './report-numbers.ts';
import { stateWord } from './report-words.ts';

export const mapForms = { table: mapTable, md: mapMarkdown, json: mapJson } as const;

export type MapFormat = keyof typeof mapForms;

function* facts(report: MapReport): Generator<readonly [name: string, value: Encodable]> {
  const { summary, measures } = report;
  const { counts, rates } = measures;
  const failure = summary.failure === null ? '' : `: ${forTerminal(summary.failure).split('\n')[0]}`;
  yield [
    'Study',
    `${forTerminal(summary.id)} (${stateWord(summary.state)}${failure}, ${(summary.elapsedMs / 1000).toFixed(1)} s)`,
  ];
  yield ['Model', summary.plan.source.model ?? ''];
  yield ['Map', describeMap(report)];
  yield ['Corpus', describeRead(counts)];
  if (summary.account) yield ['Files', describeAccount(summary.account)];
  if (summary.columnsRead.length > 0) yield ['Columns', describeColumns(summary.columnsRead)];
  if (summary.nProblems > 0)
    yield ['Problems', `${count(summary.nProblems)} in the data: what could not be read is not counted`];
  for (const message of report.problems) yield ['', message];
  yield ['Windows', `${count(rates.nWindows)} of ${counted(counts.nTokens, 'token')}`];
  if (rates.nWindows === 0) return;
  yield ['Greedy', `${percentInterval(rates.greedy.share)} of windows: every token is the likeliest`];
  yield ['Argmax', `${percentInterval(rates.argmax)} of the suffixes’ tokens are the likeliest`];
}

function* mapTable(report: MapReport): Generator<string> {
  for (const [name, value] of facts(report)) yield `${name.padEnd(9)} ${forTerminal(value)}`;
  if (report.measures.rates.nWindows === 0) {
    yield report.summary.nDocuments === 0
      ? 'Nothing was searched: no document could be read.'
      : 'No window was measured, so nothing is said of what could be drawn out.';
    return;
  }
  for (const { title, head, rows, note } of mapTables(report)) {
    if (rows.length === 0) continue;
    yield '';
    yield title;
    const lines = [head, ...rows].map((row) => row.map((cell) => forTerminal(cell)));
    const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
    for (const line of lines) {
      yield line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd();
    }
    if (note !== undefined) yield forTerminal(note);
  }
}

function* mapMarkdown(report: MapReport): Generator<string> {
  yield `# What could be extracted from ${forMarkdown(report.summary.name)}`;
  yield '';
  yield '| | |';
  yield '| --- | --- |';
  for (const [name, value] of facts(report))
    yield `| ${escapeMarkdown(name.toLowerCase())} | ${forMarkdownCell(value)} |`;
  yield '';
  if (report.measures.rates.nWindows === 0) return;
  for (const { title, head, rows, note } of mapTables(report)) {
    if (rows.length === 0) continue;
    yield `## ${title}`;
    yield '';
    yield `| ${head.map(escapeMarkdown).join(' | ')} |`;
    yield `|${head.map(() => ' --- ').join('|')}|`;
    for (const row of rows) yield `| ${row.map(forMarkdownCell).join(' | ')} |`;
    yield '';
    if (note !== undefined) {
      yield forMarkdown(note);
      yield '';
    }
  }
}

function* mapJson({ summary, environment, measures }: MapReport): Generator<string> {
  yield '{';
  yield `"$schema": ${forJson('map-report.schema.json')},`;
  yield `"study": ${forJson({ ...summary, plan: rawValue<StudyPlan>(summary.plan), environment })},`;
  const { counts, control, ...answers } = measures;
  yield `"counts": ${forJson(counts)},`;
  const entries = Object.entries(answers);
  for (const [name, value] of entries) yield `${forJson(name)}: ${forJson(value)},`;
  yield `"control": ${forJson(control)}}`;
}
