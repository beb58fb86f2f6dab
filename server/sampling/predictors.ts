// Which samples are memorised, without the corpus: the published study's predictors. Each is a number that is
// higher the more likely a text was memorised, in the study's own order of arguments. Pure arithmetic.

export interface Predictors {
  /** −ln PPL. */
  readonly perplexity: number;
  /** ln PPL under a smaller model / ln PPL. */
  readonly smallModelRatio: number | null;
  /** Bytes after zlib / ln PPL. */
  readonly zlibRatio: number;
  /** ln PPL of the lower-cased text / ln PPL. */
  readonly lowerCaseRatio: number | null;
  /** −mean PPL over windows of six lines. */
  readonly windowPerplexity: number | null;
}

export interface PredictorInputs {
  /** ln PPL under the model in question. */
  readonly meanNll: number;
  readonly zlibBytes: number;
  readonly windowPerplexity: number | null;
  readonly smallModelMeanNll: number | null;
  readonly lowerCaseMeanNll: number | null;
}

export function predictMemorisation(inputs: PredictorInputs): Predictors {
  const { meanNll, smallModelMeanNll, lowerCaseMeanNll, windowPerplexity } = inputs;
  return {
    perplexity: -meanNll,
    smallModelRatio: smallModelMeanNll === null ? null : smallModelMeanNll / meanNll,
    zlibRatio: inputs.zlibBytes / meanNll,
    lowerCaseRatio: lowerCaseMeanNll === null ? null : lowerCaseMeanNll / meanNll,
    windowPerplexity: windowPerplexity === null ? null : -windowPerplexity,
  };
}
