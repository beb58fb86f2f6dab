// A comparison of two extraction maps for a terminal, as Markdown and as JSON.

import { compose, joinForeign } from '../../../guard/text/compose.ts';
import { forJson } from '../../../guard/text/for-json.ts';
import { escapeMarkdown } from '../../../guard/text/for-markdown.ts';
import { rawText } from '../../../guard/text/foreign.ts';
import type { Estimate } from '../../analysis/intervals.ts';
import type { DocumentDifference, MapComparison } from '../../answers/maps/compare-maps.ts';
import { count, percentInterval } from '../report-numbers.ts';
import { markdownTable, type TextTable, terminalTable } from '../text-tables.ts';

function tables([a, b]: readonly [string, string], comparison: MapComparison): readonly TextTable[] {
  const { meanDifference, greedy, extractable, firstKnows, secondKnows, nWindows } = comparison;
  const row = (name: string, { first, second, difference }: MapComparison['greedy']) => [
    name,
    percentInterval(first),
    percentInterval(second),
    points(difference),
  ];
  const documents = (name: string, some: readonly DocumentDifference[]): TextTable => ({
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
  for (const table of tables(names, comparison)) {
    if (table.rows.length === 0) continue;
    yield* terminalTable(table);
    yield '';
  }
  for (const warning of comparison.warnings) yield `Note: ${warning}`;
}

export function* mapComparisonMarkdown(
  names: readonly [string, string],
  comparison: MapComparison,
): Generator<string> {
  for (const table of tables(names, comparison)) if (table.rows.length > 0) yield* markdownTable(table);
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
