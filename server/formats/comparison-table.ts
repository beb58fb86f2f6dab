// A comparison of studies for a terminal, and as Markdown: the same tables.

import { basename } from 'node:path';
import { escapeMarkdown } from '../../guard/text/for-markdown.ts';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import { isDrawn, namesModel } from '../../protocol/study.ts';
import type { Estimate } from '../analysis/intervals.ts';
import type { Comparison } from '../answers/compare-studies.ts';
import { count, percentInterval, pValue } from './report-numbers.ts';

type Cells = readonly (readonly string[])[];

function comparisonTables({ studies, shared, pairs, warnings }: Comparison) {
  const settings = studies.map(({ name, plan, measures: m }) => {
    const { strategy, topK, temperature, maxTokens, seed } = plan.sampling;
    return [
      name,
      basename(namesModel(plan.source) ?? (plan.source.kind === 'samples' ? plan.source.samples : '')),
      isDrawn(plan.source)
        ? `${strategy}, top-k ${topK}, T ${temperature}, ${maxTokens} tokens, seed ${seed}`
        : 'made elsewhere',
      count(m.samples.total),
      percentInterval(m.samples.share),
      percentInterval(m.lines.share),
      m.tokens ? percentInterval(m.tokens.share) : '',
      `${count(m.fragments.count.value)} (${count(m.fragments.count.low)}–${count(m.fragments.count.high)})`,
    ];
  });
  return {
    studies: {
      head: ['study', 'model', 'sampling', 'samples', 'of samples', 'of lines', 'of tokens', 'fragments'],
      rows: settings,
    },
    shared: {
      head: ['fragments in', 'number'],
      rows: shared.map(({ studies: names, fragments }) => [
        names.length === studies.length
          ? names.length === 2
            ? 'both'
            : 'all'
          : `only ${names.join(' and ')}`,
        count(fragments),
      ]),
    },
    pairs: {
      head: ['difference', 'of samples', 'p (Fisher, Holm)', 'of lines', 'of tokens'],
      rows: pairs.map(({ a, b, samples, lines, tokens }) => [
        `${a} − ${b}`,
        points(samples),
        pValue(samples.adjustedPValue),
        points(lines),
        tokens ? points(tokens) : '',
      ]),
    },
    warnings,
  };
}

/** "+3.1 points (0.2 to 6.0)" */
const points = ({ value, low, high }: Estimate) =>
  `${value < 0 ? '−' : '+'}${(100 * Math.abs(value)).toFixed(1)} points (${signed(low)} to ${signed(high)})`;
const signed = (share: number) => (100 * share).toFixed(1).replace('-', '−');

export function* comparisonTable(comparison: Comparison): Generator<string> {
  const { studies, shared, pairs, warnings } = comparisonTables(comparison);
  for (const { head, rows } of [studies, shared, pairs]) {
    yield* aligned([head, ...rows]);
    yield '';
  }
  for (const warning of warnings) yield forTerminal(`Note: ${warning}`);
}

function* aligned(given: Cells): Generator<string> {
  const rows = given.map((row) => row.map(forTerminal));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  for (const row of rows) {
    yield row
      .map((cell, i) => cell + ' '.repeat(widths[i]! - [...cell].length))
      .join('  ')
      .trimEnd();
  }
}

export function* comparisonMarkdown(comparison: Comparison): Generator<string> {
  const { studies, shared, pairs, warnings } = comparisonTables(comparison);
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  for (const { head, rows } of [studies, shared, pairs]) {
    yield line(head);
    yield `|${head.map(() => ' --- ').join('|')}|`;
    for (const row of rows) yield line(row);
    yield '';
  }
  for (const warning of warnings) yield `> ${escapeMarkdown(warning)}`;
}
