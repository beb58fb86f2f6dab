// config.json with typed access. A key that is read is honoured; whoever has read all that it knows calls
// `refuseTheRest`, since a key that nobody knows could silently make another model. Knows no architecture.

import { UserError } from '../../errors.ts';
import { isLfsPointer, parsePythonJson } from '../../text/python-json.ts';
import type { Activation } from './decoder-spec.ts';

/** Far beyond any model, and still nothing that a file could take the memory of a machine with. */
export const MOST_LAYERS = 10_000;
export const MOST_HEAD_WIDTH = 1 << 16;
/** For widths that numbers are computed for before a tensor can contradict them. */
export const MOST_WIDTH = 1 << 20;

export class ConfigFile {
  readonly path: string;
  /** Not an object: keys such as `__proto__` and `constructor` are keys like any other. */
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #honoured = new Set<string>(['model_type']);

  /** Throws a UserError for what is no JSON object. */
  constructor(path: string, text: string | object) {
    this.path = path;
    this.#values = new Map(Object.entries(typeof text === 'string' ? parseObject(path, text) : text));
  }

  /** An object inside this one, with keys of its own to honour or to refuse; null where there is none. */
  section(key: string): ConfigFile | null {
    const value = this.value(key);
    if (value === null) return null;
    if (typeof value !== 'object' || Array.isArray(value)) return this.fail(`"${key}" should be an object`);
    return new ConfigFile(`${this.path}, "${key}"`, value);
  }

  /** Throws a UserError that names the file. */
  fail(what: string, action = 'Choose another model, or correct the file.'): never {
    throw new UserError(`${this.path}: ${what}.`, { action });
  }

  /** Null where the key is missing or null, which is the same to every writer of these files. */
  value(key: string): unknown {
    this.#honoured.add(key);
    return this.#values.get(key) ?? null;
  }

  /** Whether the key is there, if only with null. */
  has(key: string): boolean {
    return this.#values.has(key);
  }

  get modelType(): unknown {
    return this.value('model_type');
  }

  /** `most`: for what is made so many times before a tensor can contradict it. */
  size(key: string, fallback?: number, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.value(key) ?? fallback ?? null;
    if (!Number.isSafeInteger(value) || (value as number) <= 0)
      return this.fail(`"${key}" is ${JSON.stringify(value)} and should be a positive whole number`);
    if ((value as number) > most)
      return this.fail(`"${key}" is ${value}, and no model has more than ${most}`);
    return value as number;
  }

  /** A size, or none. A fallback stands for a missing key, not for null. */
  optionalSize(key: string, fallback: number | null, most?: number): number | null {
    const value = this.has(key) ? this.value(key) : fallback;
    this.#honoured.add(key);
    return value === null ? null : this.size(key, fallback ?? undefined, most);
  }

  /** A whole number that may be 0. */
  count(key: string, fallback: number): number {
    return this.value(key) === 0 ? 0 : this.size(key, fallback);
  }

  positive(key: string, fallback?: number): number {
    const value = this.value(key) ?? fallback;
    return typeof value === 'number' && value > 0 && value < Infinity
      ? value
      : this.fail(`"${key}" should be above 0`);
  }

  /** A number above 0, or none. A fallback stands for a missing key, not for null. */
  optionalPositive(key: string, fallback: number | null): number | null {
    const value = this.has(key) ? this.value(key) : fallback;
    return value === null ? null : this.positive(key, fallback ?? undefined);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.value(key) ?? fallback;
    return typeof value === 'boolean' ? value : this.fail(`"${key}" should be true or false`);
  }

  numbers(key: string, length: number): readonly number[] {
    const value = this.value(key);
    const isFitting = Array.isArray(value) && value.length === length && value.every(Number.isFinite);
    return isFitting ? value : this.fail(`"${key}" should be a list of ${length} numbers`);
  }

  /** One token, a list of them, or none. A fallback stands for a missing key, not for null. */
  tokens(key: string, vocabularySize: number, fallback: number | null): readonly number[] {
    const values = [this.has(key) ? this.value(key) : fallback].flat().filter((value) => value !== null);
    for (const value of values) {
      if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) >= vocabularySize) {
        const what = `"${key}" is ${JSON.stringify(value)}`;
        this.fail(`${what}, which is no token of a vocabulary of ${vocabularySize}`);
      }
    }
    this.#honoured.add(key);
    return values as number[];
  }

  /** The activation that one of transformers' names stands for. */
  activation(key: string, fallback: string): Activation {
    const name = this.value(key) ?? fallback;
    return (
      ACTIVATIONS.get(name) ??
      this.fail(
        `the activation function ${JSON.stringify(name)} is not supported`,
        `Supported are ${[...ACTIVATIONS.keys()].join(', ')}.`,
      )
    );
  }

  #refuseQuantized(value: unknown): never {
    const { quant_method: method } = (value ?? {}) as Readonly<Record<string, unknown>>;
    const by = typeof method === 'string' ? ` by ${method}` : '';
    return this.fail(
      `"quantization_config" says that the weights are quantised${by}, which is not supported`,
      'Choose the model in 16 or 32 bits that it was made of, or a GGUF file of it.',
    );
  }

  /**
   * Throws a UserError at a key that was not read and is not known to be `harmless`, either whatever its value
   * or, in `harmlessValues`, with one of these. Null says nothing, and neither does a key with a leading underscore.
   */
  refuseTheRest(
    harmless: ReadonlySet<string>,
    harmlessValues: ReadonlyMap<string, readonly unknown[]> = new Map(),
  ): void {
    for (const [key, value] of this.#values) {
      if (value === null || key.startsWith('_') || this.#honoured.has(key)) continue;
      if (harmless.has(key) || WITHOUT_EFFECT.has(key) || isEmptyPruning(key, value)) continue;
      if (key === 'quantization_config') this.#refuseQuantized(value);
      const values = harmlessValues.get(key) ?? ONLY_WITHOUT_EFFECT.get(key);
      if (values === undefined) {
        this.fail(
          `the key "${key}" is unknown, and it could change what the model computes`,
          `If "${key}" is only a note, remove it from the file.`,
        );
      }
      if (!values.includes(value)) this.fail(`"${key}": ${JSON.stringify(value)} is not supported`);
    }
  }
}

/** Throws a UserError for what is no JSON object. */
export function parseObject(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parsePythonJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (cause) {
    throw noJson(path, text, cause);
  }
  throw new UserError(`${path} is no JSON object.`, { action: 'Download or copy the model again.' });
}

/** What a file of a model is that is no JSON. */
export const noJson = (path: string, text: string, cause: unknown): UserError =>
  isLfsPointer(text)
    ? new UserError(`${path} is a pointer of Git LFS, not the file.`, {
        action: 'Fetch the file itself with "git lfs pull", or download the model from the Hub.',
        cause,
      })
    : new UserError(`${path} is no JSON.`, { action: 'Download or copy the model again.', cause });

const ACTIVATIONS: ReadonlyMap<unknown, Activation> = new Map([
  ['gelu_new', 'tanh-gelu'],
  ['gelu_fast', 'tanh-gelu'],
  ['gelu_pytorch_tanh', 'tanh-gelu'],
  ['gelu_python_tanh', 'tanh-gelu'],
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['quick_gelu', 'quick-gelu'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['tanh', 'tanh'],
  ['sigmoid', 'sigmoid'],
]);

/**
 * Training, heads for other tasks, hints to other programs, defaults of other programs' sampling, and what is read
 * where samples begin and end.
 */
const WITHOUT_EFFECT = new Set(
  `architectures auto_map bos_token_id eos_token_id initializer_range gradient_checkpointing use_cache
  torch_dtype dtype transformers_version pad_token_id sep_token_id decoder_start_token_id name_or_path
  task_specific_params finetuning_task id2label label2id num_labels problem_type tokenizer_class prefix
  return_dict output_hidden_states output_attentions torchscript use_bfloat16 tf_legacy_loss
  chunk_size_feed_forward is_decoder max_length min_length do_sample early_stopping num_beams
  num_beam_groups diversity_penalty temperature top_k top_p typical_p repetition_penalty length_penalty
  no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids num_return_sequences
  output_scores return_dict_in_generate forced_bos_token_id forced_eos_token_id remove_invalid_values
  exponential_decay_length_penalty suppress_tokens begin_suppress_tokens`.split(/\s+/),
);

/** Keys of any architecture that must have one of these values. */
const ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['add_cross_attention', [false]],
  ['is_encoder_decoder', [false]],
  ['tie_encoder_decoder', [false]],
  ['cross_attention_hidden_size', []],
  ['rope_scaling', []],
  ['partial_rotary_factor', [1]],
]);

/** Written by older versions for every model; only a list of heads in it would change anything. */
const isEmptyPruning = (key: string, value: unknown): boolean =>
  key === 'pruned_heads' && typeof value === 'object' && value !== null && Object.keys(value).length === 0;
