// The rates of several extraction maps for a terminal, as Markdown and as JSON.

import { forJson } from '../../../guard/text/for-json.ts';
import type { ComparedMap } from '../../answers/maps/compare-map-rates.ts';
import { count, percentInterval } from '../report-numbers.ts';
import { markdownTable, type TextTable, terminalTable } from '../text-tables.ts';

/** Draws that the table has a column for, each for even odds. */
const DRAWS_SHOWN = [1, 100, 10_000];

function tableOf(maps: readonly ComparedMap[]): TextTable {
  const cell = ({ extractable }: ComparedMap, n: number) =>
    percentInterval(extractable.find((one) => one.n === n && one.p === 0.5)!.share);
  return {
    title: 'Extraction maps',
    head: [
      ...['map', 'context', 'windows', 'greedy', 'near-verbatim', 'likeliest tokens'],
      ...DRAWS_SHOWN.map((n) => `extractable(${n}, 0.5)`),
      ...(maps.some(({ excess }) => excess !== null) ? ['greedy beyond the control'] : []),
    ],
    rows: maps.map((map) => [
      map.name,
      map.plan.map!.context,
      count(map.nWindows),
      percentInterval(map.greedy),
      map.nearVerbatim === null ? '' : percentInterval(map.nearVerbatim),
      percentInterval(map.argmax),
      ...DRAWS_SHOWN.map((n) => cell(map, n)),
      ...(maps.some(({ excess }) => excess !== null)
        ? [map.excess === null ? '' : percentInterval(map.excess)]
        : []),
    ]),
  };
}

export const mapRatesTable = (maps: readonly ComparedMap[]): Iterable<string> => terminalTable(tableOf(maps));

export const mapRatesMarkdown = (maps: readonly ComparedMap[]): Iterable<string> =>
  markdownTable(tableOf(maps));

export function* mapRatesJson(maps: readonly ComparedMap[]): Generator<string> {
  yield forJson({ maps });
}
