// What has to be known of an exported model beside its graph: how many tokens there are, and how long a text may be.
// Most architectures call these alike; what the graph computes is its own business.

import { UserError } from '../../errors.ts';
import { type ModelLimits, NO_END, type SampleEnds } from '../decoder/decoder-spec.ts';
import type { ExportedDecoder, PastSizes } from './exported-decoder.ts';

type Json = Readonly<Record<string, unknown>>;

const POSITIONS = ['n_positions', 'max_position_embeddings', 'n_ctx', 'max_seq_len', 'seq_length'];

export function readPastSizes(config: Json): PastSizes {
  const count = (...keys: readonly string[]): number | null => {
    const value = keys.map((key) => config[key]).find((one) => one !== undefined && one !== null);
    return Number.isSafeInteger(value) ? (value as number) : null;
  };
  const nQueryHeads = count('n_head', 'num_attention_heads', 'n_heads');
  const width = count('n_embd', 'hidden_size', 'd_model');
  const nHeads = count('num_key_value_heads', 'n_head', 'num_attention_heads', 'n_heads');
  const headWidth =
    count('head_dim') ?? (width === null || nQueryHeads === null ? null : Math.floor(width / nQueryHeads));
  return { nHeads, headWidth };
}

/** Throws a UserError that names the file and the key. */
export function readLimits(
  path: string,
  config: Json,
  { vocabularySize: inGraph }: ExportedDecoder,
): Omit<ModelLimits, keyof SampleEnds> {
  const fail = (what: string): never => {
    throw new UserError(`${path}: ${what}.`, { action: 'Correct the file, or export the model again.' });
  };
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
  const vocabularySize = inGraph ?? config.vocab_size;
  if (!isCount(vocabularySize))
    return fail('neither "vocab_size" nor the graph says how many tokens there are');
  const nPositions =
    POSITIONS.map((key) => config[key]).find(isCount) ?? (hasAlibi(config) ? NO_END : undefined);
  if (nPositions === undefined) {
    return fail(`none of ${POSITIONS.join(', ')} says how many positions the context has`);
  }
  return { vocabularySize, nPositions };
}

/** Attention that falls off with distance, and knows no positions that could end. */
function hasAlibi({ model_type: type, alibi, attn_config: attention }: Json): boolean {
  const { alibi: inner } = (attention ?? {}) as Json;
  return type === 'bloom' || alibi === true || inner === true;
}
