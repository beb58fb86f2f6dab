// Whether memorised samples can be told without the training data: the predictors' curves, and the samples
// that the chosen predictor ranks highest.

import type { DashboardMeasures, PredictorCurves } from '../protocol/dashboard.ts';
import { element, svg } from './element.ts';
import { figure } from './figure.ts';
import { panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { later, placeholder } from './later.ts';
import { decimalInterval } from './numbers.ts';
import { curvesPlot, dashes } from './plots/plot-specs.ts';
import type { Tip } from './plots/tip.ts';
import { table } from './simple-table.ts';

export interface PredictorActions {
  readonly openSample: (sampleId: number) => void;
  readonly chosen: number;
  readonly onChoose: (predictor: number) => void;
}

const SAMPLES_SHOWN = 25;

export function predictors(
  measures: Promise<DashboardMeasures>,
  actions: PredictorActions,
  tip: Tip,
): HTMLElement {
  const placeholders = [placeholder(l10n.t('ROC curves')), placeholder(l10n.t('Precision–recall curves'))];
  return section(
    'predict',
    l10n.t('Can it be told without the training data'),
    later(element('div', { class: 'figures' }, ...placeholders), measures, (m) =>
      element('div', {}, ...curves(m.predictors, actions, tip)),
    ),
  );
}

function curves(
  all: readonly PredictorCurves[],
  { openSample, chosen, onChoose }: PredictorActions,
  tip: Tip,
): readonly HTMLElement[] {
  const known = all
    .map((predictor, series) => ({ predictor, series }))
    .filter(({ predictor }) => predictor.auc !== null);
  const absent = all.filter((predictor) => predictor.auc === null);
  const absences = absent.map((p) => element('li', {}, `${p.title}: ${p.absent ?? ''}`));
  const left = element('ul', { class: 'note absent' }, ...absences);
  if (known.length === 0) return [left];

  const ranking = element('div', { class: 'panel ranking' });
  const legend = element('div', { class: 'legend', role: 'group', 'aria-label': l10n.t('Predictor') });
  const choose = (series: number) => {
    onChoose(series);
    ranking.replaceChildren(...rankingOf(all[series]!, openSample));
    for (const key of legend.children)
      key.setAttribute('aria-pressed', String(key.getAttribute('data-series') === String(series)));
  };
  for (const { predictor, series } of known) {
    const key = element(
      'button',
      { class: 'key', type: 'button', 'data-series': series, 'aria-pressed': 'false' },
      svg(
        'svg',
        { viewBox: '0 0 28 8', 'aria-hidden': 'true' },
        svg('path', {
          d: 'M0 4H28',
          stroke: `var(--series-${series + 1})`,
          'stroke-dasharray': dashes[series] ?? '',
        }),
      ),
      predictor.title,
    );
    key.addEventListener('click', () => choose(series));
    legend.append(key);
  }
  const isKnown = known.some(({ series }) => series === chosen);
  choose(isKnown ? chosen : known[0]!.series);

  const auc = (p: PredictorCurves) => decimalInterval(p.auc!);
  const precision = (p: PredictorCurves) => (p.averagePrecision ?? 0).toFixed(3);
  return [
    legend,
    element(
      'div',
      { class: 'figures' },
      figure(
        {
          caption: l10n.t('ROC curves'),
          what: 'predictors',
          plot: curvesPlot(
            {
              title: l10n.t('ROC curves'),
              x: l10n.t('false positive rate'),
              y: l10n.t('true positive rate'),
              chance: 'drawn',
            },
            known.map(({ predictor, series }) => ({
              predictor,
              series,
              points: predictor.roc,
              text: l10n.t('{0}: area {1}', predictor.title, auc(predictor)),
            })),
            choose,
          ),
          numbers: {
            head: [l10n.t('predictor'), l10n.t('formula'), l10n.t('AUC (95 % interval)')],
            rows: known.map(({ predictor }) => [predictor.title, predictor.formula, auc(predictor)]),
          },
        },
        tip,
      ),
      figure(
        {
          caption: l10n.t('Precision–recall curves'),
          what: 'predictors',
          plot: curvesPlot(
            {
              title: l10n.t('Precision–recall curves'),
              x: l10n.t('recall'),
              y: l10n.t('precision'),
              chance: 'none',
            },
            known.map(({ predictor, series }) => ({
              predictor,
              series,
              points: predictor.precisionRecall,
              text: l10n.t('{0}: average precision {1}', predictor.title, precision(predictor)),
            })),
            choose,
          ),
          numbers: {
            head: [l10n.t('predictor'), l10n.t('average precision')],
            rows: known.map(({ predictor }) => [predictor.title, precision(predictor)]),
          },
        },
        tip,
      ),
      ranking,
    ),
    ...(absences.length > 0 ? [left] : []),
  ];
}

function rankingOf(predictor: PredictorCurves, openSample: (sampleId: number) => void): Node[] {
  const shown = predictor.top.slice(0, SAMPLES_SHOWN);
  const title = l10n.t('Ranked highest: {0}', predictor.title);
  return [
    ...panel(
      title,
      'predictors',
      element('p', { class: 'note' }, predictor.formula),
      table(
        title,
        [l10n.t('sample'), l10n.t('score'), l10n.t('memorised'), l10n.t('only repeats itself')],
        shown.map(({ sampleId, score, isMemorised, isLoop }) => ({
          cells: [
            l10n.t('Sample {0}', sampleId),
            score.toPrecision(4),
            isMemorised ? l10n.t('✓ yes') : l10n.t('no'),
            isLoop ? l10n.t('✓ yes') : l10n.t('no'),
          ],
          press: () => openSample(sampleId),
        })),
      ),
    ).childNodes,
  ];
}
