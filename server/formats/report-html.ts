// The report as one HTML file that needs nothing else: no script of others, no font, no network. What the
// page looks like is html-page.ts; this says what stands in it.

import { compose } from '../../guard/text/compose.ts';
import { type Html, html } from '../../guard/text/for-html.ts';
import { type Encodable, foreign, rawText } from '../../guard/text/foreign.ts';
import { isDrawn, namesModel, STRATEGY_NAMES, type StudySummary } from '../../protocol/study.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import type { Part } from '../answers/measure-parts.ts';
import { describeAccount, describeColumns } from './account-words.ts';
import { confirmationLinks, describeConfirmation } from './confirmations.ts';
import { CONTROLS_HEAD, CONTROLS_TITLE, controlRows, overlapNote } from './controls-table.ts';
import { methodSections } from './html-method.ts';
import { htmlMeaning, htmlPageEnd, htmlPageStart, htmlTable, type Meaning } from './html-page.ts';
import { explainNothing } from './nothing-found.ts';
import {
  type Answers,
  describeTrainPlace,
  type FamilyEntry,
  familyEntries,
  type ReportContent,
} from './report-content.ts';
import { figures } from './report-html-figures.ts';
import { originSection } from './report-html-origins.ts';
import { predictorSection } from './report-html-predictors.ts';
import { count, counted, percent } from './report-numbers.ts';
import { KIND_WORDS, problemWords, scannedWords, stateWord } from './report-words.ts';

const FAMILIES = 200;

export function* reportHtml(content: ReportContent): Generator<string> {
  for (const { markup } of page(content)) yield markup;
}

function* page(content: ReportContent): Generator<Html> {
  const { summary, answers, options } = content;
  const title = html`What ${modelName(summary)} has memorised`;
  yield* htmlPageStart(title);
  yield html`<h1>${title}</h1>`;
  yield html`<dl class="facts">${facts(summary).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl></header><main>`;
  if (!answers) {
    yield html`<p>Not analysed yet: ${scannedWords(summary)}.</p>`;
  } else {
    yield* headline(answers);
    yield* controlSection(answers);
    if (summary.nFragments === 0) {
      const { why, toTry } = explainNothing(summary, answers);
      yield html`<section aria-labelledby="fragments"><h2 id="fragments">Why nothing may have been found</h2><p>${why}</p><p>To try: ${toTry}</p></section>`;
    } else {
      yield* figures(content, answers);
      yield* predictorSection(answers);
    }
    yield* sensitiveSection(answers);
    if (summary.nFragments !== 0) {
      yield* fragmentSection(content, options.top ?? FAMILIES, answers.measures.fragments.families);
      yield* originSection(content, answers);
    }
  }
  yield* methodSection();
  yield html`</main>`;
  yield* htmlPageEnd();
}

/** The model's own name, without the folders that it lies in. */
function modelName({ plan: { source }, name }: StudySummary): Encodable {
  if (!isDrawn(source)) return name;
  const last = rawText(namesModel(source)).split(/[\\/]/).filter(Boolean).at(-1);
  return last === undefined ? name : foreign(last);
}

function facts(s: StudySummary): readonly (readonly [string, Encodable])[] {
  const { source, sampling, rule } = s.plan;
  return [
    ['Study', s.name],
    ['State', stateWord(s.state)],
    source.kind === 'samples'
      ? ['Samples from', source.samples]
      : [
          'Model',
          compose`${namesModel(source)}${source.kind === 'served' ? compose` at ${source.model}` : ''} · ${STRATEGY_NAMES[sampling.strategy]}, top-k ${sampling.topK}, temperature ${sampling.temperature}, seed ${sampling.seed}`,
        ],
    ['Samples', `${count(s.nSamples)} (${count(s.nTokens)} tokens)`],
    [
      'Training data',
      `${count(s.nDocuments)} documents, ${(s.corpusBytes / 1e6).toFixed(1)} MB, ${scannedWords(s)}`,
    ],
    ...(s.account ? [['Files', describeAccount(s.account)] as const] : []),
    ...(s.columnsRead.length > 0 ? [['Columns', describeColumns(s.columnsRead)] as const] : []),
    ['Rule', `at least ${rule.minLines} equal lines, ${rule.profile}`],
    ['Problems in the data', problemWords(s)],
  ];
}

function* headline({ measures: m }: Answers): Generator<Html> {
  const card = (title: string, value: string, note: string, meaning: Meaning) =>
    html`<li><strong>${value}</strong> <span>${title}</span> <small>${note}</small> ${htmlMeaning(meaning)}</li>`;
  yield html`<section aria-labelledby="how-much"><h2 id="how-much">How much</h2><ul class="cards">`;
  yield card(
    'of samples',
    percent(m.samples.share.value),
    `${range(m.samples)}, ${count(m.samples.memorised)} of ${count(m.samples.total)}`,
    ['Of all samples, those that hold at least one fragment.', 3],
  );
  yield card(
    'of lines',
    percent(m.lines.share.value),
    `${range(m.lines)}, ${count(m.lines.memorised)} of ${count(m.lines.total)}`,
    ['Of the lines of all samples, those that lie in a fragment; blank lines do not count.', 3],
  );
  if (m.tokens)
    yield card(
      'of tokens',
      percent(m.tokens.share.value),
      `${range(m.tokens)}, ${count(m.tokens.memorised)} of ${count(m.tokens.total)}`,
      ['Of the tokens of all samples, those that lie in a fragment.', 3],
    );
  const { count: fragments, families } = m.fragments;
  yield card(
    'fragments',
    count(fragments.value),
    `${count(fragments.low)}–${count(fragments.high)}, in ${counted(families, 'family', 'families')}`,
    ['Different pieces of lines in a row that a sample and a training document share.', 1],
  );
  const { chao1, goodTuringCoverage } = m.unseen;
  yield card(
    'fragments in samples without end (Chao1)',
    count(chao1.value),
    `${count(chao1.low)}–${count(chao1.high)}${goodTuringCoverage === null ? '' : `; coverage ${percent(goodTuringCoverage)} (Good–Turing)`}`,
    [
      'How many different fragments ever more samples would show, estimated from those seen once and twice.',
      3,
    ],
  );
  yield html`</ul><p class="note">Ranges are 95 % intervals.</p></section>`;
}

function* controlSection({ controls }: Answers): Generator<Html> {
  const note = overlapNote(controls);
  yield html`<section aria-labelledby="anyway"><h2 id="anyway">${CONTROLS_TITLE}</h2>`;
  yield htmlTable(CONTROLS_HEAD, controlRows(controls));
  if (note !== null) yield html`<p class="note">${note}</p>`;
  yield htmlMeaning([
    'The rates beside those of code that the model cannot have seen, without samples that only repeat themselves, and by copies in the training data.',
    3,
  ]);
  yield html`</section>`;
}

/** Writes an interval like "89.1–95.7 %", and for none the most there may be, where that is known. */
function range({ share }: Part): string {
  if (share.value !== 0) return `${(100 * share.low).toFixed(1)}–${percent(share.high)}`;
  return share.high > 0 ? `at most ${percent(share.high)}` : 'none';
}

function* sensitiveSection({ sensitive: { inFragments, inSamples } }: Answers): Generator<Html> {
  const SHOWN = 200;
  yield html`<section aria-labelledby="sensitive"><h2 id="sensitive">Sensitive content</h2>`;
  yield html`<p>${count(inFragments.length)} in fragments, ${count(inSamples.length)} in samples.</p>`;
  yield htmlMeaning(['Places where rules find keys, addresses and the like; their texts are masked.', 5]);
  if (inFragments.length > 0) {
    yield htmlTable(
      ['what', 'rule', 'fragment', 'in the training data', 'confirmed by'],
      inFragments
        .slice(0, SHOWN)
        .map((f) => [
          f.value,
          f.rule,
          `${f.fingerprint} line ${f.line}`,
          count(f.train),
          f.confirmedBy
            ? { text: describeConfirmation(f.confirmedBy), links: confirmationLinks(f.confirmedBy) }
            : 'no exact comparison under this profile',
        ]),
    );
  }
  yield html`</section>`;
}

function* fragmentSection(content: ReportContent, top: number, nFamilies: number): Generator<Html> {
  yield html`<section aria-labelledby="fragments"><h2 id="fragments">Fragments</h2>`;
  yield html`<p>The longest of each family, program logic first: ${count(Math.min(top, nFamilies))} of ${count(nFamilies)} families.</p>`;
  yield htmlMeaning([
    'A fragment is as long as it can be; × says how often all of it stands in the training data and in the samples.',
    1,
  ]);
  yield html`<p class="filter"><label>Filter <input type="search" id="filter" autocomplete="off"></label> <output id="shown" aria-live="polite"></output></p>`;
  yield html`<ol class="fragments">`;
  for (const entry of familyEntries(content, top)) yield fragmentItem(entry);
  yield html`</ol></section>`;
}

function fragmentItem(e: FamilyEntry): Html {
  const tags = [
    e.spdxId ?? KIND_WORDS[e.kind],
    ...e.sensitive,
    ...(e.accepted === null ? [] : ['accepted']),
    ...(e.onlyInLoops ? ['only in loops'] : []),
    ...(e.nFamily > 1
      ? [`+${e.nFamily - 1} overlapping, up to ${count(e.coreTrain)}× in the training data`]
      : []),
  ].map((tag) => html` <span class="tag">${tag}</span>`);
  const numbers = `${e.nLines} lines · ${count(e.train)}× in the training data · ${count(e.extract)}× in the samples`;
  const places = e.trainPlaces.map((place) => html`<li>${describeTrainPlace(place)}</li>`);
  const nMore = e.train - e.trainPlaces.length;
  const more = nMore > 0 ? html`<li>… and ${counted(nMore, 'more place')}</li>` : html``;
  const accepted = e.accepted ? html` Accepted: ${e.accepted}.` : html``;
  const where = `in ${counted(e.documents, 'document')} of ${counted(e.repositories, 'repository', 'repositories')} and in ${counted(e.samples, 'sample')}`;
  return html`<li><details><summary><code>${tellingLine(e.text).slice(0, 90)}</code> <span class="numbers">${numbers}</span>${tags}</summary><pre tabindex="0">${e.text}</pre><p>Fingerprint <code>${e.fingerprint}</code>, ${where}.${accepted}</p><ul>${places}${more}</ul></details></li>`;
}

function* methodSection(): Generator<Html> {
  yield html`<section aria-labelledby="method"><h2 id="method">How these numbers are made</h2>`;
  yield html`<p>What is not in the training data that was searched is not found. The page of Verbatim that defines the numbers, docs/method.md, says:</p>`;
  yield* methodSections([1, 3, 4, 5]);
  yield html`</section>`;
}
