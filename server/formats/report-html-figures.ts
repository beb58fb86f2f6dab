// The plots of the HTML report, each with its numbers as a table.

import { type Html, html } from '../../guard/text/for-html.ts';
import { readFragmentCounts } from '../store/fragment-counts.ts';
import { htmlFigure, htmlTable } from './html-page.ts';
import {
  binName,
  growthPlot,
  kindPlot,
  lengthPlot,
  type TrainExtractPoint,
  trainExtractPlot,
} from './plots.ts';
import type { Answers, ReportContent } from './report-content.ts';
import { count, decimalInterval, pValue } from './report-numbers.ts';
import { KIND_WORDS } from './report-words.ts';

export function* figures(content: ReportContent, answers: Answers): Generator<Html> {
  const { measures: m, kinds } = answers;
  yield html`<section aria-labelledby="what-drives"><h2 id="what-drives">What drives it</h2><div class="figures">`;
  yield htmlFigure(
    'Growth with the number of samples',
    ['How many different fragments fewer samples would have shown.', 3],
    growthPlot(
      `Distinct fragments grow to ${count(m.fragments.count.value)} at ${count(m.samples.total)} samples.`,
      m.growth,
    ),
    htmlTable(
      ['samples', 'fragments', '95 % interval'],
      m.growth.map((p) => [count(p.nSamples), count(p.fragments), `${count(p.low)}–${count(p.high)}`]),
    ),
  );
  const points = countPairs(content);
  const { pearson, spearman } = m.correlation;
  const correlations = [
    pearson ? `Pearson ${decimalInterval(pearson)}, ${pValue(pearson.pValue)}` : '',
    spearman ? `Spearman ${decimalInterval(spearman)}, ${pValue(spearman.pValue)}` : '',
  ].filter(Boolean);
  yield htmlFigure(
    'Occurrences in the training data and in the samples',
    ['Whether what the training data holds more often is repeated more often: 1 always, 0 not at all.', 3],
    html`${trainExtractPlot(
      `Each circle is the fragments with the same two counts. ${correlations.join('. ')}.`,
      points,
    )}${correlations.map((line) => html`<p class="note">${line}</p>`)}`,
    htmlTable(
      ['in the training data', 'in the samples', 'fragments'],
      points.slice(0, 200).map((p) => [count(p.train), count(p.extract), count(p.fragments)]),
    ),
  );
  yield htmlFigure(
    'Length of fragments',
    ['How many fragments have so many lines; the rule sets the fewest.', 1],
    lengthPlot('Number of fragments by their number of lines.', m.byLength),
    htmlTable(
      ['lines', 'fragments', 'in the samples', 'in the training data'],
      m.byLength.map((b) => [binName(b), count(b.fragments), count(b.extract), count(b.train)]),
    ),
  );
  yield htmlFigure(
    'Kinds of fragments, by rules',
    ['What each fragment is, as fixed rules read its text.', 5],
    kindPlot(
      'Number of fragments of each kind.',
      kinds.map(({ kind, fragments }) => ({ kind: KIND_WORDS[kind], fragments })),
    ),
    htmlTable(
      ['kind', 'fragments', 'licences'],
      kinds.map((k) => [
        KIND_WORDS[k.kind],
        count(k.fragments),
        k.spdxIds.map(({ spdxId, fragments }) => `${spdxId} (${fragments})`).join(', '),
      ]),
    ),
  );
  yield html`</div></section>`;
}

/** Fragments with equal counts are one point; the most numerous first. */
function countPairs({ db }: ReportContent): readonly TrainExtractPoint[] {
  const { n, train, extract } = readFragmentCounts(db);
  const pairs = new Map<string, TrainExtractPoint>();
  for (let i = 0; i < n; i++) {
    const key = `${train[i]} ${extract[i]}`;
    const known = pairs.get(key);
    pairs.set(key, { train: train[i]!, extract: extract[i]!, fragments: (known?.fragments ?? 0) + 1 });
  }
  return [...pairs.values()].sort((a, b) => b.fragments - a.fragments).slice(0, 2000);
}
