// A comparison of two extraction maps for a terminal, as Markdown and as JSON.

import { compose, joinForeign } from '../../guard/text/compose.ts';
import { forJson } from '../../guard/text/for-json.ts';
import { escapeMarkdown, forMarkdownCell } from '../../guard/text/for-markdown.ts';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import { type Encodable, rawText } from '../../guard/text/foreign.ts';
import type { Estimate } from '../analysis/intervals.ts';
import type { DocumentDifference, MapComparison } from '../answers/compare-maps.ts';
import { count, percentInterval } from './report-numbers.ts';

interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Encodable[])[];
}

function tables([a, b]: readonly [string, string], comparison: MapComparison): readonly Table[] {
  const { meanDifference, greedy, extractable, firstKnows, secondKnows, nWindows } = comparison;
  const row = (name: string, { first, second, difference }: MapComparison['greedy']) => [
    name,
    percentInterval(first),
    percentInterval(second),
    points(difference),
  ];
  const documents = (name: string, some: readonly DocumentDifference[]): Table => ({
    title: `Documents that ${name} knows better`,
    head: ['document', 'windows', 'nats a window'],
    rows: some.map(
      ({ provenance: { repository, path, shard, row: at }, nWindows: n, meanDifference: by }) => {
        const named = joinForeign([repository, path], ' · ');
        return [rawText(named) === '' ? compose`${shard} row ${at}` : named, count(n), by.toFixed(2)];
      },
    ),
  });
  return [
    {
      title: `${a} − ${b}: ${count(nWindows)} windows, ${nats(meanDifference)} nats a window`,
      head: ['share of windows', a, b, 'difference'],
      rows: [row('greedy', greedy), row('extractable(100, 0.5)', extractable)],
    },
    documents(a, firstKnows),
    documents(b, secondKnows),
  ];
}

export function* mapComparisonTable(
  names: readonly [string, string],
  comparison: MapComparison,
): Generator<string> {
  for (const { title, head, rows } of tables(names, comparison)) {
    yield forTerminal(title);
    const lines = [head, ...rows].map((row) => row.map((cell) => forTerminal(cell)));
    const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
    for (const line of lines) {
      yield line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd();
    }
    yield '';
  }
  for (const warning of comparison.warnings) yield `Note: ${warning}`;
}

export function* mapComparisonMarkdown(
  names: readonly [string, string],
  comparison: MapComparison,
): Generator<string> {
  for (const { title, head, rows } of tables(names, comparison)) {
    yield `## ${escapeMarkdown(title)}`;
    yield '';
    yield `| ${head.map(escapeMarkdown).join(' | ')} |`;
    yield `|${head.map(() => ' --- ').join('|')}|`;
    for (const row of rows) yield `| ${row.map(forMarkdownCell).join(' | ')} |`;
    yield '';
  }
  for (const warning of comparison.warnings) yield `> ${escapeMarkdown(warning)}`;
}

export function* mapComparisonJson(
  names: readonly [string, string],
  comparison: MapComparison,
): Generator<string> {
  yield forJson({ maps: names, ...comparison });
}

const points = ({ value, low, high }: Estimate): string =>
  `${(100 * value).toFixed(1)} points (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;

const nats = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
