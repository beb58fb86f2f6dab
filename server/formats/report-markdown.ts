// The report as Markdown (GitHub's), for issues, pull requests and notebooks.

import { blockFence } from '../../guard/text/code-span.ts';
import {
  escapeMarkdown,
  forMarkdown,
  forMarkdownBlock,
  forMarkdownCell,
  forMarkdownLink,
} from '../../guard/text/for-markdown.ts';
import type { Encodable } from '../../guard/text/foreign.ts';
import { namesModel, STRATEGY_NAMES, type StudySummary } from '../../protocol/study.ts';
import { describeAccount, describeColumns } from './account-words.ts';
import { confirmationLinks, describeConfirmation, type NamedLink } from './confirmations.ts';
import { CONTROLS_HEAD, CONTROLS_TITLE, controlRows, overlapNote } from './controls-table.ts';
import { explainNothing } from './nothing-found.ts';
import {
  type Answers,
  describeTrainPlace,
  type FamilyEntry,
  familyEntries,
  type ReportContent,
} from './report-content.ts';
import { count, counted, decimalInterval, percent, percentInterval, pValue } from './report-numbers.ts';
import { KIND_WORDS, problemWords, scannedWords, stateWord } from './report-words.ts';

export function* reportMarkdown(content: ReportContent): Generator<string> {
  const { summary, answers, options } = content;
  yield `# What ${forMarkdown(summary.name)} has memorised`;
  yield '';
  yield* table(['', ''], facts(summary));
  if (!answers) {
    yield `Not analysed yet: ${scannedWords(summary)}.`;
    return;
  }
  yield* measures(answers);
  yield* controls(answers);
  yield* predictors(answers);
  yield* kinds(answers);
  yield* sensitive(answers);
  yield '## Fragments';
  yield '';
  if (summary.nFragments === 0) {
    const { why, toTry } = explainNothing(summary, answers);
    yield `None. ${why}`;
    yield '';
    yield `To try: ${toTry}`;
    return;
  }
  yield 'One a family: its longest, with how many overlap with it.';
  yield '';
  for (const entry of familyEntries(content, options.top ?? 20)) yield* fragment(entry);
}

function facts(s: StudySummary): readonly (readonly Cell[])[] {
  const { source, sampling, rule } = s.plan;
  return [
    ['state', stateWord(s.state)],
    source.kind === 'samples'
      ? ['samples from', { of: source.samples }]
      : [
          'model',
          {
            of: namesModel(source),
            more: `${source.kind === 'served' ? ', served' : ''} (${STRATEGY_NAMES[sampling.strategy]}, top-k ${sampling.topK}, temperature ${sampling.temperature}, seed ${sampling.seed})`,
          },
        ],
    ['samples', `${count(s.nSamples)} (${count(s.nTokens)} tokens)`],
    [
      'corpus',
      `${count(s.nDocuments)} documents, ${(s.corpusBytes / 1e6).toFixed(1)} MB, ${scannedWords(s)}`,
    ],
    ...(s.account ? [['files', describeAccount(s.account)] as const] : []),
    ...(s.columnsRead.length > 0 ? [['columns', { of: describeColumns(s.columnsRead) }] as const] : []),
    ['rule', `at least ${rule.minLines} lines, ${rule.profile}`],
    ['problems in the data', problemWords(s)],
  ];
}

function* measures({ measures: m }: Answers): Generator<string> {
  yield '## Measures';
  yield '';
  const rows: string[][] = [
    [
      'memorised samples',
      `${count(m.samples.memorised)} of ${count(m.samples.total)}`,
      percentInterval(m.samples.share),
    ],
    [
      'memorised lines',
      `${count(m.lines.memorised)} of ${count(m.lines.total)}`,
      percentInterval(m.lines.share),
    ],
  ];
  if (m.tokens)
    rows.push([
      'memorised tokens',
      `${count(m.tokens.memorised)} of ${count(m.tokens.total)}`,
      percentInterval(m.tokens.share),
    ]);
  const { count: fragments, families, extract, train } = m.fragments;
  rows.push(['fragments', count(fragments.value), `${count(fragments.low)}–${count(fragments.high)}`]);
  rows.push(['families', count(families), '']);
  rows.push(['occurrences in samples', count(extract), '']);
  rows.push(['occurrences in the training data', count(train), '']);
  const { chao1, goodTuringCoverage } = m.unseen;
  rows.push([
    'fragments in samples without end (Chao1)',
    count(chao1.value),
    `${count(chao1.low)}–${count(chao1.high)}`,
  ]);
  if (goodTuringCoverage !== null) rows.push(['coverage (Good–Turing)', percent(goodTuringCoverage), '']);
  for (const [name, r] of [
    ['Pearson', m.correlation.pearson],
    ['Spearman', m.correlation.spearman],
  ] as const) {
    if (r) {
      const interval = `${r.low.toFixed(3)}–${r.high.toFixed(3)}, ${pValue(r.pValue)}`;
      rows.push([`train × extract, ${name}`, r.value.toFixed(3), interval]);
    }
  }
  yield* table(['measure', 'value', '95 % interval'], rows);
}

function* controls({ controls: all }: Answers): Generator<string> {
  yield `## ${CONTROLS_TITLE}`;
  yield '';
  yield* table(CONTROLS_HEAD, controlRows(all));
  const note = overlapNote(all);
  if (note === null) return;
  yield note;
  yield '';
}

function* predictors({ predictors: all }: Answers): Generator<string> {
  yield '## Predictors without training data';
  yield '';
  yield* table(
    ['predictor', 'AUC', 'average precision', 'precision at 100'],
    all.map(({ title, formula, quality, absent }) => {
      const at100 = quality?.precisionAt.find(({ n }) => n === 100);
      return quality
        ? [
            `${title} (${formula})`,
            decimalInterval(quality.auc),
            quality.averagePrecision.toFixed(3),
            at100 ? percent(at100.precision) : '',
          ]
        : [`${title} (${formula})`, absent ?? '', '', ''];
    }),
  );
}

function* kinds({ kinds: all }: Answers): Generator<string> {
  yield '## Kinds of fragments';
  yield '';
  yield* table(
    ['kind', 'fragments', 'licences'],
    all.map(({ kind, fragments, spdxIds }) => [
      KIND_WORDS[kind],
      count(fragments),
      spdxIds.map(({ spdxId, fragments: n }) => `${spdxId} (${n})`).join(', '),
    ]),
  );
}

function* sensitive({ sensitive: { inFragments, inSamples } }: Answers): Generator<string> {
  yield '## Sensitive content';
  yield '';
  if (inFragments.length + inSamples.length === 0) {
    yield 'None was found.';
    yield '';
    return;
  }
  yield `${count(inFragments.length)} in fragments, ${count(inSamples.length)} in samples.`;
  yield '';
  const SHOWN = 50;
  yield* table(
    ['what', 'rule', 'fragment', 'train', 'confirmed by'],
    inFragments
      .slice(0, SHOWN)
      .map((f) => [
        { of: f.value },
        f.rule,
        `${f.fingerprint.slice(0, 12)} line ${f.line}`,
        count(f.train),
        f.confirmedBy
          ? { of: describeConfirmation(f.confirmedBy), links: confirmationLinks(f.confirmedBy) }
          : 'no exact comparison under this profile',
      ]),
  );
}

function* fragment(entry: FamilyEntry): Generator<string> {
  const notes = [entry.spdxId ?? KIND_WORDS[entry.kind], ...entry.sensitive].map(escapeMarkdown);
  if (entry.accepted !== null) notes.push(`accepted: ${forMarkdown(entry.accepted)}`);
  yield `### ${escapeMarkdown(entry.fingerprint)}`;
  yield '';
  yield `${counted(entry.train, 'time')} in ${counted(entry.documents, 'document')} of ${counted(entry.repositories, 'repository', 'repositories')}, ${counted(entry.extract, 'time')} in ${counted(entry.samples, 'sample')}, ${entry.nLines} lines${entry.nFamily > 1 ? `, ${entry.nFamily - 1} more in its family, up to ${counted(entry.coreTrain, 'time')}` : ''} (${notes.join(', ')}).`;
  yield '';
  for (const place of entry.trainPlaces) yield `- ${forMarkdown(describeTrainPlace(place))}`;
  yield '';
  const fence = blockFence(entry.text);
  yield fence;
  yield* forMarkdownBlock(entry.text).split('\n');
  yield fence;
  yield '';
}

/** Our own words, or something of others with our words and links behind it. */
type Cell =
  | string
  | { readonly of: Encodable; readonly more?: string; readonly links?: readonly NamedLink[] };

function* table(head: readonly string[], rows: readonly (readonly Cell[])[]): Generator<string> {
  const line = (cells: readonly Cell[]) => `| ${cells.map(cellText).join(' | ')} |`;
  yield line(head);
  yield `|${head.map(() => ' --- ').join('|')}|`;
  for (const row of rows) yield line(row);
  yield '';
}

function cellText(cell: Cell): string {
  if (typeof cell !== 'object') return escapeMarkdown(cell);
  const { of, more = '', links = [] } = cell;
  const linked = links.map(({ title, url }) => ` ([${title}](${forMarkdownLink(url)}))`);
  return forMarkdownCell(of) + escapeMarkdown(more) + linked.join('');
}
