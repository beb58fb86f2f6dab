// The published study's predictors of memorisation, which need no training data (docs/method.md, section 4). Each
// score is turned so that higher means "more likely memorised".

export type Predictor = 'perplexity' | 'ppl-zlib' | 'windowed-perplexity' | 'ppl-ppl' | 'ppl-lowercase';

/** What is known of a sample without the corpus. Null where it was not measured. */
export interface PredictorInputs {
  /** ln PPL: nats a token. */
  readonly meanNll: number | null;
  readonly windowedPerplexity: number | null;
  readonly zlibBytes: number;
  /** ln PPL under a second, smaller model. */
  readonly secondMeanNll: number | null;
  /** ln PPL of the lower-cased text. */
  readonly lowercaseMeanNll: number | null;
}

export interface PredictorRule {
  readonly predictor: Predictor;
  readonly title: string;
  readonly formula: string;
  readonly score: (inputs: PredictorInputs) => number | null;
}

const over = (above: number | null, below: number | null) =>
  above === null || below === null ? null : above / below;

export const predictorRules: readonly PredictorRule[] = [
  {
    predictor: 'perplexity',
    title: 'Perplexity',
    formula: '−ln PPL',
    score: ({ meanNll }) => meanNll && -meanNll,
  },
  {
    predictor: 'ppl-ppl',
    title: 'PPL–PPL ratio',
    formula: 'ln PPL(second model) / ln PPL',
    score: ({ secondMeanNll, meanNll }) => over(secondMeanNll, meanNll),
  },
  {
    predictor: 'ppl-zlib',
    title: 'PPL–zlib ratio',
    formula: 'zlib bytes / ln PPL',
    score: ({ zlibBytes, meanNll }) => over(zlibBytes, meanNll),
  },
  {
    predictor: 'windowed-perplexity',
    title: 'Windowed perplexity',
    formula: '−mean PPL over windows of six lines',
    score: ({ windowedPerplexity }) => windowedPerplexity && -windowedPerplexity,
  },
  {
    predictor: 'ppl-lowercase',
    title: 'PPL–lower-case ratio',
    formula: 'ln PPL(lower-cased) / ln PPL',
    score: ({ lowercaseMeanNll, meanNll }) => over(lowercaseMeanNll, meanNll),
  },
];
