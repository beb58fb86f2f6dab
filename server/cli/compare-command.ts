// `verbatim compare A B …`: what studies share, and whether they differ; of two extraction maps, which rows one model knows better.

import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { forJson } from '../../guard/text/for-json.ts';
import { compareFragments, compareStudies, type StudyToCompare } from '../answers/compare-studies.ts';
import { compareMapRates } from '../answers/maps/compare-map-rates.ts';
import { compareMaps, type MapToCompare } from '../answers/maps/compare-maps.ts';
import { UserError } from '../errors.ts';
import { comparisonMarkdown, comparisonTable } from '../formats/comparison-table.ts';
import {
  mapComparisonJson,
  mapComparisonMarkdown,
  mapComparisonTable,
} from '../formats/maps/map-comparison.ts';
import { mapRatesJson, mapRatesMarkdown, mapRatesTable } from '../formats/maps/map-rates.ts';
import { toVersion1 } from '../plan/version-1.ts';
import { openMapsToCompare, openToCompare } from '../queries/compared-studies.ts';
import { maskAnswer } from '../queries/mask-answer.ts';
import { tellLines, writeLines } from './write-lines.ts';

type Format = 'table' | 'json' | 'md';

export function compareCommand(): Command {
  return new Command('compare')
    .description('Compare studies: what each repeats, what they share, and whether their rates differ.')
    .argument(
      '<studies...>',
      'two or more study files (.sqlite), or extraction maps: two by document, more by their rates',
    )
    .addOption(new Option('--format <name>', 'how').choices(['table', 'json', 'md']).default('table'))
    .action(async (files: readonly string[], { format }: { format: Format }) => {
      if (files.length < 2) throw new UserError('A comparison takes two studies or more');
      using open = new DisposableStack();
      const paths = files.map((file) => resolve(file));
      const tellOrWrite = format === 'table' ? tellLines : writeLines;
      const maps = openMapsToCompare(paths, open);
      const lines =
        maps === undefined ? write(openToCompare(paths, open), format) : await writeMaps(maps, format);
      await tellOrWrite(lines);
    });
}

/** Names of documents are masked as everywhere. */
async function writeMaps(maps: readonly MapToCompare[], format: Format) {
  const [first, second, ...others] = maps;
  if (first === undefined || second === undefined || others.length > 0)
    return mapRateForms[format](compareMapRates(maps));
  const comparison = await maskAnswer(compareMaps(first, second));
  return mapForms[format]([first.name, second.name], comparison);
}

const mapRateForms = { table: mapRatesTable, md: mapRatesMarkdown, json: mapRatesJson } as const;

const mapForms = {
  table: mapComparisonTable,
  md: mapComparisonMarkdown,
  json: mapComparisonJson,
} as const;

function* write(studies: readonly StudyToCompare[], format: Format): Generator<string> {
  const comparison = compareStudies(studies);
  if (format === 'table') return yield* comparisonTable(comparison);
  if (format === 'md') return yield* comparisonMarkdown(comparison);
  const { studies: compared, shared, pairs, warnings } = comparison;
  const reported = compared.map((study) => ({ ...study, plan: toVersion1(study.plan) }));
  yield `{"studies": ${forJson(reported)},`;
  yield `"shared": ${forJson(shared)}, "pairs": ${forJson(pairs)}, "warnings": ${forJson(warnings)},`;
  yield '"fragments": [';
  const fragments = compareFragments(studies);
  for (const [i, fragment] of fragments.entries()) {
    const { fingerprint, nLines, train, extract, studies: held } = fragment;
    const written = { fingerprint, len: nLines, train, extract, studies: held };
    yield `${forJson(written)}${i + 1 < fragments.length ? ',' : ''}`;
  }
  yield ']}';
}
