// The forms of a report on an extraction map.

import { forJson } from '../../../guard/text/for-json.ts';
import { escapeMarkdown, forMarkdown, forMarkdownCell } from '../../../guard/text/for-markdown.ts';
import { forTerminal } from '../../../guard/text/for-terminal.ts';
import { rawValue } from '../../../guard/text/foreign.ts';
import type { StudyPlan } from '../../../protocol/study.ts';
import type { ReportFormat } from '../report-forms.ts';
import { joined } from '../sarif-parts.ts';
import { markdownTable, terminalTable } from '../text-tables.ts';
import { explainNoWindow, type MapReport, mapTables, regionEntries, regionTable } from './map-content.ts';
import { mapCsv } from './map-csv.ts';
import { mapFacts } from './map-facts.ts';
import { mapSarif } from './map-sarif.ts';

export const mapForms = {
  table: mapTable,
  md: mapMarkdown,
  json: mapJson,
  csv: mapCsv,
  sarif: mapSarif,
  async *html(report: MapReport): AsyncGenerator<string> {
    // The plots' library is only loaded where they are drawn.
    const { mapHtml } = await import('./map-html.ts');
    yield* mapHtml(report);
  },
} satisfies Readonly<Record<ReportFormat, (report: MapReport) => AsyncIterable<string>>>;

async function* mapTable(report: MapReport): AsyncGenerator<string> {
  for (const [name, value] of mapFacts(report)) yield `${name.padEnd(9)} ${forTerminal(value)}`;
  if (report.measures.rates.nWindows === 0) {
    yield explainNoWindow(report);
    return;
  }
  for (const table of [...mapTables(report), await regionTable(report)]) {
    if (table.rows.length === 0) continue;
    yield '';
    yield* terminalTable(table);
  }
}

async function* mapMarkdown(report: MapReport): AsyncGenerator<string> {
  yield `# What could be extracted from ${forMarkdown(report.summary.name)}`;
  yield '';
  yield '| | |';
  yield '| --- | --- |';
  for (const [name, value] of mapFacts(report))
    yield `| ${escapeMarkdown(name.toLowerCase())} | ${forMarkdownCell(value)} |`;
  yield '';
  if (report.measures.rates.nWindows === 0) {
    yield escapeMarkdown(explainNoWindow(report));
    return;
  }
  for (const table of [...mapTables(report), await regionTable(report)]) {
    if (table.rows.length > 0) yield* markdownTable(table);
  }
}

async function* mapJson(report: MapReport): AsyncGenerator<string> {
  const { summary, environment, measures } = report;
  yield '{';
  yield `"$schema": ${forJson('map-report.schema.json')},`;
  yield `"study": ${forJson({ ...summary, plan: rawValue<StudyPlan>(summary.plan), environment })},`;
  const { counts, control, ...answers } = measures;
  yield `"counts": ${forJson(counts)},`;
  for (const [name, value] of Object.entries(answers)) yield `${forJson(name)}: ${forJson(value)},`;
  yield `"control": ${forJson(control)},`;
  yield '"regions": [';
  yield* joined(writtenRegions(report));
  yield ']}';
}

/** A region's lines are called `len`, and so are a fragment's in a study's report. */
async function* writtenRegions(report: MapReport): AsyncGenerator<unknown> {
  for await (const { fingerprint, nLines, ...entry } of regionEntries(report, { places: 5 })) {
    yield { fingerprint, len: nLines, ...entry };
  }
}
