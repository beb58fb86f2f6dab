// The report for a terminal: the study and its answers in a few lines, then its most repeated fragments with
// their sources, one a family.

import { forTerminal } from '../../guard/text/for-terminal.ts';
import { type Foreign, rawText } from '../../guard/text/foreign.ts';
import { isDrawn, namesModel, STRATEGY_NAMES, type StudySummary } from '../../protocol/study.ts';
import type { Estimate } from '../analysis/intervals.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import { readDuplicates } from '../store/shards-table.ts';
import { describeAccount, describeColumns } from './account-words.ts';
import { CONTROLS_HEAD, CONTROLS_TITLE, controlRows, overlapNote } from './controls-table.ts';
import { explainNothing } from './nothing-found.ts';
import {
  type Answers,
  describeTrainPlace,
  type FamilyEntry,
  type FragmentEntry,
  familyEntries,
  fragmentEntries,
  type ReportContent,
} from './report-content.ts';
import { count, counted, percentInterval } from './report-numbers.ts';
import { KIND_WORDS, scannedWords, stateWord } from './report-words.ts';
import { terminalTable } from './text-tables.ts';

export type Rows = 'families' | 'fragments';

export function* reportTable(content: ReportContent, rows: Rows): Generator<string> {
  for (const line of lines(content, rows)) yield forTerminal(line);
}

function* lines(content: ReportContent, rows: Rows): Generator<string> {
  const { db, summary, options, answers } = content;
  yield* heading(summary);
  yield* tellProblems(content);
  for (const sentence of readDuplicates(db)) yield `Twice     ${sentence}`;
  if (!answers) {
    yield `Not analysed yet: ${notAnalysed(summary)}`;
    return;
  }
  yield* findings(summary, answers);
  yield* controls(answers);
  if (summary.nFragments === 0) {
    const { why, toTry } = explainNothing(summary, answers);
    if (summary.nDocuments === 0) yield why;
    else {
      yield 'No fragment: no sample repeats the corpus for that many lines.';
      yield `Why       ${why}`;
    }
    yield `To try    ${toTry}`;
    return;
  }
  const top = options.top ?? 10;
  yield '';
  yield 'train: places in the training data; extract: places in the samples; docs, repos: files and repositories';
  yield 'train  docs  repos  extract  lines  fingerprint                       first line';
  const list: Iterable<FragmentEntry & Partial<FamilyEntry>> =
    rows === 'families'
      ? familyEntries(content, top)
      : fragmentEntries({ ...content, options: { ...options, top } });
  let shown = 0;
  for (const entry of list) {
    yield* fragment(entry);
    shown++;
  }
  const total = rows === 'families' ? answers.measures.fragments.families : summary.nFragments!;
  if (total > shown) {
    const all = rows === 'fragments' ? ' --all' : '';
    yield `… and ${count(total - shown)} more ${rows}: verbatim report ${summary.id}${all} --top ${total}`;
  }
}

function* heading(s: StudySummary): Generator<string> {
  const { source, sampling } = s.plan;
  const megabytes = (s.corpusBytes / 1e6).toFixed(1);
  yield `Study     ${s.id} (${stateWord(s.state)}${s.failure === null ? '' : `: ${firstLine(s.failure)}`}, ${(s.elapsedMs / 1000).toFixed(1)} s)`;
  if (isDrawn(source)) {
    yield `Model     ${forTerminal(namesModel(source))}${source.kind === 'served' ? ` at ${forTerminal(source.model)}` : ''} · ${STRATEGY_NAMES[sampling.strategy]}, top-k ${sampling.topK}, temperature ${sampling.temperature}, seed ${sampling.seed}`;
  }
  const tokens = s.nTokens > 0 ? ` (${counted(s.nTokens, 'token')})` : '';
  yield `Samples   ${count(s.nSamples)}${tokens}${source.kind === 'samples' ? `, from ${forTerminal(source.samples)}` : ''}`;
  const size = s.corpusBytes > 0 ? `, ${megabytes} MB` : '';
  const documents = s.nShards === 0 ? '' : `${counted(s.nDocuments, 'document')}${size}, `;
  yield `Corpus    ${documents}${scannedWords(s)}`;
  if (s.account) yield `Files     ${describeAccount(s.account)}`;
  if (s.columnsRead.length > 0) yield `Columns   ${forTerminal(describeColumns(s.columnsRead))}`;
}

function notAnalysed(summary: StudySummary): string {
  if (summary.plan.corpus.length === 0)
    return 'no training data is named. Run verbatim study with the same settings and --corpus.';
  const scanned = `${scannedWords(summary)}.`;
  return summary.state === 'running'
    ? `${scanned} The study is running.`
    : `${scanned} Run the study to go on.`;
}

function* findings({ plan, nMemorisedSamples }: StudySummary, answers: Answers): Generator<string> {
  const { samples, lines, tokens, fragments, unseen } = answers.measures;
  const { rule } = plan;
  yield `Found     ${counted(fragments.count.value, 'fragment')} of at least ${counted(rule.minLines, 'line')} (${rule.profile}), ${counted(fragments.families, 'family', 'families')}, in ${counted(nMemorisedSamples ?? 0, 'sample')}`;
  const parts = [`${percentInterval(samples.share)} of samples`, `${percentInterval(lines.share)} of lines`];
  if (tokens) parts.push(`${percentInterval(tokens.share)} of tokens`);
  yield `Memorised ${parts.join(', ')}`;
  if (unseen.goodTuringCoverage !== null) {
    yield `Unseen    about ${interval(unseen.chao1)} fragments in samples without end (Chao1); seen: ${(100 * unseen.goodTuringCoverage).toFixed(1)} % of what they repeat`;
  }
  const kinds = answers.kinds.map(
    ({ kind, fragments: n, spdxIds }) =>
      `${KIND_WORDS[kind]} ${count(n)}${spdxIds.length > 0 ? ` (${spdxIds.map(({ spdxId }) => spdxId).join(', ')})` : ''}`,
  );
  if (kinds.length > 0) yield `Kinds     ${kinds.join(', ')}`;
  const { inFragments, inSamples } = answers.sensitive;
  if (inFragments.length + inSamples.length > 0) {
    yield `Sensitive ${inFragments.length} in fragments, ${inSamples.length} in samples: ${kindCounts(inSamples)} (masked; --format json lists them)`;
  }
}

function* controls({ controls: all }: Answers): Generator<string> {
  yield '';
  const rows = controlRows(all);
  yield* terminalTable({ title: CONTROLS_TITLE, head: CONTROLS_HEAD, rows });
  const note = overlapNote(all);
  if (note !== null) yield note;
}

const interval = ({ value, low, high }: Estimate) => `${count(value)} (${count(low)}–${count(high)})`;

function kindCounts(found: readonly { readonly kind: string }[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => `${n} ${kind}`).join(', ');
}

function* tellProblems({ summary, problems }: ReportContent): Generator<string> {
  if (summary.nProblems === 0) return;
  yield `Problems  ${count(summary.nProblems)} in the data: what could not be read is not counted`;
  for (const message of problems) yield `          ${message}`;
  const nMore = summary.nProblems - problems.length;
  if (nMore > 0) yield `          … and ${count(nMore)} more`;
}

function* fragment(entry: FragmentEntry & Partial<FamilyEntry>): Generator<string> {
  const counts = [
    String(entry.train).padStart(5),
    String(entry.documents).padStart(5),
    String(entry.repositories).padStart(6),
    String(entry.extract).padStart(8),
    `${entry.nLines}${entry.clipped ? '+' : ' '}`.padStart(7),
  ].join(' ');
  const notes = [
    entry.accepted === null ? '' : 'accepted',
    entry.onlyInLoops ? 'only in loops' : '',
    entry.nFamily && entry.nFamily > 1
      ? `+${entry.nFamily - 1} overlapping, up to ${count(entry.coreTrain ?? entry.train)} in the training data`
      : '',
  ].filter(Boolean);
  const label = tellingLine(entry.text).replaceAll('\t', ' ').slice(0, 60);
  yield `${counts} ${entry.fingerprint}  ${label}${notes.length > 0 ? `  [${notes.join(', ')}]` : ''}`;
  for (const place of entry.trainPlaces) yield `        ${forTerminal(describeTrainPlace(place))}`;
  const more = entry.train - entry.trainPlaces.length;
  if (more > 0) yield `        … and ${count(more)} more ${more === 1 ? 'place' : 'places'}`;
}

const firstLine = (text: Foreign) => forTerminal(rawText(text).split('\n')[0]!);
