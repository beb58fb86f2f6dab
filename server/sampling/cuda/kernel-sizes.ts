// What the kernels are compiled for: the sizes of one model, and of the work: a step's rule and rows, or a map's rule.

import { EnvironmentError } from '../../errors.ts';
import type { DecoderSpec } from '../decoder/decoder-spec.ts';
import { type DrawingRule, hasDrawn } from '../forms/map/drawing-rule.ts';
import type { PickRule } from '../pick/pick-token.ts';

export const ROW_THREADS = 256;
export const PICK_THREADS = 512;
/** Wanted tokens whose logits are there at once: no more, since they are as wide as the vocabulary. */
export const HEAD_ROWS = 1024;

/** In the order of the numbers that the kernels know them by. */
const ACTIVATIONS = ['tanh-gelu', 'gelu', 'quick-gelu', 'relu', 'silu', 'tanh', 'sigmoid'] as const;

/** Values between two rows of logits: tensor cores want the vocabulary in whole blocks. */
export const logitStride = ({ vocabularySize }: Pick<DecoderSpec, 'vocabularySize'>): number =>
  Math.ceil(vocabularySize / 64) * 64;

/** Few rows leave most of a card idle, unless several warps share each row's positions. */
export function attendWarps({ attention }: DecoderSpec, nRows: number): number {
  const nPairs = nRows * attention.nKeyHeads;
  return nPairs >= 16_384 ? 2 : 4;
}

type Macros = Readonly<Record<string, string | number>>;

/** For steps. Throws an EnvironmentError for a decoder that the kernels do not know. */
export function stepMacros(spec: DecoderSpec, rule: PickRule, nRows: number): Macros {
  return {
    ...decoderMacros(spec),
    ATTEND_WARPS: attendWarps(spec, nRows),
    TOP_K: rule.greedy ? 1 : rule.topK >= spec.vocabularySize ? 0 : rule.topK,
    NUCLEUS: !rule.greedy && rule.topP < 1 ? 1 : 0,
    TOP_P: rule.topP,
    END_TOKENS: spec.eosTokens.map((token) => `END_AT(${token})`).join(' '),
  };
}

/** For whole texts. Throws an EnvironmentError for a decoder that the kernels do not know. */
export function readingMacros(spec: DecoderSpec, rule: DrawingRule): Macros {
  const draws = hasDrawn(rule);
  return {
    ...decoderMacros(spec),
    DRAWS: draws ? 1 : 0,
    TOP_K: !draws || rule.topK >= spec.vocabularySize ? 0 : rule.topK,
    TEMPERATURE: real(draws ? rule.temperature : 1),
  };
}

function decoderMacros(spec: DecoderSpec): Macros {
  const { attention, mlp, norm, logits } = spec;
  const { headWidth, nHeads, nKeyHeads } = attention;
  const refuse = (what: string): never => {
    throw new EnvironmentError(`The CUDA kernels have no form for this model: ${what}`, {
      action: 'Choose another provider.',
    });
  };
  if (headWidth % 8 !== 0 || headWidth > 256) {
    refuse(`its heads have ${headWidth} values, and they take up to 256, in steps of 8`);
  }
  if (mlp.innerWidth % 2 !== 0) refuse(`the inner width ${mlp.innerWidth} is odd`);
  const kinds = new Set(
    attention.layers.flatMap(({ rotation }) => (rotation === null ? [] : [rotation.pairs])),
  );
  if (kinds.size > 1) refuse('its layers rotate in two ways');
  return {
    WIDTH: spec.width,
    EMBEDDING_WIDTH: spec.embeddingWidth,
    EMBEDDING_SCALE: real(spec.embeddingScale),
    RESIDUAL_SCALE: real(spec.residualScale),
    N_KEY_HEADS: nKeyHeads,
    GROUP: nHeads / nKeyHeads,
    HEAD_WIDTH: headWidth,
    SCORE_CAP: real(attention.scoreCap ?? 0),
    INNER_WIDTH: mlp.innerWidth,
    VOCABULARY: spec.vocabularySize,
    LOGIT_STRIDE: logitStride(spec),
    LOGIT_SCALE: real(logits.scale),
    LOGIT_CAP: real(logits.cap ?? 0),
    NORM_EPSILON: real(norm.epsilon),
    RMS_NORM: norm.kind === 'rms' ? 1 : 0,
    NORM_MORE: norm.factor === 'weight-and-one' ? 1 : 0,
    ROTARY_HALVES: kinds.has('neighbours') ? 0 : 1,
    ACTIVATION: ACTIVATIONS.indexOf(mlp.activation),
    GATED: mlp.gated ? 1 : 0,
    ROW_THREADS,
    PICK_THREADS,
  };
}

/** A literal of C that is no whole number, whatever the value. */
const real = (value: number): string => value.toExponential();
