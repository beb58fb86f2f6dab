// The section of the HTML report that asks whether memorised samples could be told without the training data.

import { type Html, html } from '../../guard/text/for-html.ts';
import { htmlFigure, htmlMeaning, htmlTable } from './html-page.ts';
import { type Curve, curvePlot } from './plots.ts';
import type { Answers } from './report-content.ts';
import { decimalInterval, percent } from './report-numbers.ts';

const PREDICTION = [
  'How well memorised samples are told from others without the training data: 0.5 is chance for the ROC curve, 1 is always.',
  4,
] as const;

export function* predictorSection({ predictors }: Answers): Generator<Html> {
  const known = predictors.filter(({ quality }) => quality !== null);
  yield html`<section aria-labelledby="predict"><h2 id="predict">Can it be told without the training data</h2>`;
  if (known.length > 0) {
    const curves = (of: (p: (typeof known)[number]) => Curve['points']): Curve[] =>
      known.map((p) => ({ title: p.title, points: of(p) }));
    const keys = known.map(
      (p, i) =>
        html`<li><svg class="key" aria-hidden="true" viewBox="0 0 28 8"><path class="series-${i + 1}" d="M0 4H28"/></svg> ${p.title}</li>`,
    );
    yield html`<ul class="legend">${keys}</ul><div class="figures">`;
    const quality = (p: (typeof known)[number]) => p.quality!;
    yield htmlFigure(
      'ROC curves',
      PREDICTION,
      curvePlot(
        `ROC curves: ${known.map((p) => `${p.title}, area ${quality(p).auc.value.toFixed(3)}`).join('; ')}.`,
        { x: 'false positive rate', y: 'true positive rate', diagonal: 'chance' },
        curves((p) => quality(p).roc),
      ),
      htmlTable(
        ['predictor', 'AUC (95 % interval)'],
        known.map((p) => [p.title, decimalInterval(quality(p).auc)]),
      ),
    );
    yield htmlFigure(
      'Precision–recall curves',
      PREDICTION,
      curvePlot(
        `Precision–recall curves: ${known.map((p) => `${p.title}, average precision ${quality(p).averagePrecision.toFixed(3)}`).join('; ')}.`,
        { x: 'recall', y: 'precision', diagonal: 'none' },
        curves((p) => quality(p).precisionRecall),
      ),
      htmlTable(
        ['predictor', 'average precision'],
        known.map((p) => [p.title, quality(p).averagePrecision.toFixed(3)]),
      ),
    );
    yield html`</div>`;
  }
  yield htmlTable(
    ['predictor', 'formula', 'AUC', 'average precision', 'precision among the highest'],
    predictors.map(({ title, formula, quality, absent }) =>
      quality
        ? [
            title,
            formula,
            decimalInterval(quality.auc),
            quality.averagePrecision.toFixed(3),
            quality.precisionAt.map(({ n, precision }) => `${n}: ${percent(precision)}`).join(', '),
          ]
        : [title, formula, absent ?? '', '', ''],
    ),
  );
  yield htmlMeaning(PREDICTION);
  yield html`</section>`;
}
