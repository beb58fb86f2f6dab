// What config.json says about a GPT-2's mathematics. Every key that changes it is honoured or refused by
// name; a key that is not known is refused too, since ignoring it could silently sample another model.

import { UserError } from '../../errors.ts';

/** The element-wise function of the feed-forward layer, with `tanh-gelu` for all the names of that formula. */
export type Activation = 'tanh-gelu' | 'gelu' | 'quick-gelu' | 'relu' | 'silu' | 'tanh' | 'sigmoid';

/** What sampling has to know of any model. */
export interface ModelLimits {
  readonly vocabularySize: number;
  /** The context: prompt and sample together may not be longer. */
  readonly nPositions: number;
  readonly bosToken: number;
  /** None for a model that never ends by itself. */
  readonly eosTokens: readonly number[];
}

export interface DecoderSpec extends ModelLimits {
  readonly nLayers: number;
  readonly width: number;
  readonly nHeads: number;
  readonly headWidth: number;
  /** Width of the feed-forward layer inside. */
  readonly innerWidth: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  /** What the product of query and key is multiplied by, one factor a layer. */
  readonly attentionScales: readonly number[];
  readonly tiedHead: boolean;
  /** False where the checkpoint was trained without biases: then none may be present or missing by mistake. */
  readonly hasBias: boolean;
}

export const SUPPORTED_ARCHITECTURES = ['gpt2'] as const;

/** Throws a UserError that names the file and the key. */
export function readDecoderSpec(path: string, text: string): DecoderSpec {
  const raw = parseObject(path, text);
  const fail = (what: string, action = 'Choose another model, or correct the file.'): never => {
    throw new UserError(`${path}: ${what}.`, { action });
  };
  if (raw.model_type !== 'gpt2') {
    fail(
      `the architecture ${JSON.stringify(raw.model_type ?? null)} is not supported`,
      `Choose a model of a supported architecture: ${SUPPORTED_ARCHITECTURES.join(', ')}. ` +
        'Others can be sampled, more slowly, from a folder with their ONNX export and no weights.',
    );
  }
  for (const [key, value] of Object.entries(raw)) {
    if (HONOURED.has(key) || WITHOUT_EFFECT.has(key) || key.startsWith('_') || value === null) continue;
    const harmless = REFUSED_UNLESS[key];
    if (harmless === undefined) {
      fail(
        `the key "${key}" is unknown, and it could change what the model computes`,
        `If "${key}" is only a note, remove it from the file.`,
      );
    } else if (!harmless.includes(value as never)) {
      fail(`"${key}": ${JSON.stringify(value)} is not supported`);
    }
  }
  const size = (key: string, fallback?: number): number => {
    const value = raw[key] ?? fallback;
    return Number.isSafeInteger(value) && (value as number) > 0
      ? (value as number)
      : fail(`"${key}" is ${JSON.stringify(value ?? null)} and should be a positive whole number`);
  };
  const flag = (key: string, fallback: boolean): boolean => {
    const value = raw[key] ?? fallback;
    return typeof value === 'boolean' ? value : fail(`"${key}" should be true or false`);
  };
  const width = size('n_embd', 768);
  const nHeads = size('n_head', 12);
  if (width % nHeads !== 0) fail(`"n_embd" (${width}) is not divisible by "n_head" (${nHeads})`);
  const vocabularySize = size('vocab_size', 50257);
  const tokens = (key: string, fallback: number | null): readonly number[] => {
    const values = [raw[key] === undefined ? fallback : raw[key]].flat().filter((value) => value !== null);
    for (const value of values) {
      if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) >= vocabularySize)
        fail(`"${key}" is ${JSON.stringify(value)}, which is no token of a vocabulary of ${vocabularySize}`);
    }
    return values as number[];
  };
  const epsilon = raw.layer_norm_epsilon ?? 1e-5;
  if (typeof epsilon !== 'number' || !(epsilon > 0)) fail('"layer_norm_epsilon" should be above 0');
  const activation = ACTIVATIONS[String(raw.activation_function ?? 'gelu_new')];
  const nLayers = size('n_layer', 12);
  const baseScale = flag('scale_attn_weights', true) ? 1 / Math.sqrt(width / nHeads) : 1;
  const byLayer = flag('scale_attn_by_inverse_layer_idx', false);
  // Attention is always computed in 32 bits, which is what this flag asks for.
  flag('reorder_and_upcast_attn', false);
  const [bosToken = null] = tokens('bos_token_id', 50256);
  return {
    nLayers,
    width,
    nHeads,
    headWidth: width / nHeads,
    innerWidth: size('n_inner', 4 * width),
    vocabularySize,
    nPositions: size('n_positions', 1024),
    activation:
      activation ??
      fail(
        `the activation function ${JSON.stringify(raw.activation_function)} is not supported`,
        `Supported are ${Object.keys(ACTIVATIONS).join(', ')}.`,
      ),
    layerNormEpsilon: epsilon as number,
    attentionScales: Array.from({ length: nLayers }, (_, layer) => baseScale / (byLayer ? layer + 1 : 1)),
    tiedHead: flag('tie_word_embeddings', true),
    hasBias: flag('bias', true),
    bosToken: bosToken ?? fail('"bos_token_id" is missing, so there is nothing to start a sample from'),
    eosTokens: tokens('eos_token_id', 50256),
  };
}

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu_new: 'tanh-gelu',
  gelu_fast: 'tanh-gelu',
  gelu_pytorch_tanh: 'tanh-gelu',
  gelu_python_tanh: 'tanh-gelu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  quick_gelu: 'quick-gelu',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
};

const HONOURED = new Set([
  'model_type',
  'n_embd',
  'n_head',
  'n_layer',
  'n_inner',
  'n_positions',
  'vocab_size',
  'activation_function',
  'layer_norm_epsilon',
  'scale_attn_weights',
  'scale_attn_by_inverse_layer_idx',
  'reorder_and_upcast_attn',
  'tie_word_embeddings',
  'bias',
  'bos_token_id',
  'eos_token_id',
]);

/** Training, heads for other tasks, hints to other programs, and defaults of other programs' sampling. */
const WITHOUT_EFFECT = new Set(
  `architectures attn_pdrop embd_pdrop resid_pdrop initializer_range gradient_checkpointing use_cache n_ctx
  summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj
  torch_dtype dtype transformers_version pad_token_id sep_token_id decoder_start_token_id name_or_path
  task_specific_params finetuning_task id2label label2id num_labels problem_type tokenizer_class prefix
  return_dict output_hidden_states output_attentions output_past torchscript use_bfloat16 tf_legacy_loss
  chunk_size_feed_forward is_decoder max_length min_length do_sample early_stopping num_beams
  num_beam_groups diversity_penalty temperature top_k top_p typical_p repetition_penalty length_penalty
  no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids num_return_sequences
  output_scores return_dict_in_generate forced_bos_token_id forced_eos_token_id remove_invalid_values
  exponential_decay_length_penalty suppress_tokens begin_suppress_tokens predict_special_tokens`.split(/\s+/),
);

/** Keys that must have one of these values. */
const REFUSED_UNLESS: Readonly<Record<string, readonly unknown[]>> = {
  add_cross_attention: [false],
  is_encoder_decoder: [false],
  tie_encoder_decoder: [false],
  cross_attention_hidden_size: [],
  quantization_config: [],
  rope_scaling: [],
};

/** Throws a UserError for what is no JSON object. */
export function parseObject(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    // pruned_heads is an object that is nearly always empty; only then is it without effect.
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const { pruned_heads: pruned, ...rest } = value as Record<string, unknown>;
      const isPruned = typeof pruned === 'object' && pruned !== null && Object.keys(pruned).length > 0;
      return isPruned ? { ...rest, pruned_heads: pruned } : rest;
    }
  } catch (cause) {
    throw new UserError(`${path} is no JSON.`, { action: 'Download or copy the model again.', cause });
  }
  throw new UserError(`${path} is no JSON object.`, { action: 'Download or copy the model again.' });
}
