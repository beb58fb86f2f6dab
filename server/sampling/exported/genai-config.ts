// The description that the runtime's own builder leaves beside a graph in place of config.json, in that file's words.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSafeRelativePath } from '../../../guard/paths/file-name.ts';
import { parseObject } from '../decoder/config-file.ts';
import { isObject } from '../tokenizer/check-tokenizer.ts';

type Json = Readonly<Record<string, unknown>>;

/** A file that describes a model. */
export interface ModelDescription {
  readonly name: string;
  readonly text: string;
  /** What config.json would say. */
  readonly config: Json;
  /** The graph, beside the file; null where that is not said. */
  readonly graph: string | null;
}

const GENAI_CONFIG = 'genai_config.json';

/** Null where there is no such file; throws a UserError for one that is no JSON object. */
export async function readGenaiConfig(dir: string): Promise<ModelDescription | null> {
  const path = join(dir, GENAI_CONFIG);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const model = objectIn(parseObject(path, text), 'model');
  const decoder = objectIn(model, 'decoder');
  const { filename } = decoder;
  return {
    name: GENAI_CONFIG,
    text,
    config: {
      model_type: model.type,
      vocab_size: model.vocab_size,
      max_position_embeddings: model.context_length,
      hidden_size: decoder.hidden_size,
      num_attention_heads: decoder.num_attention_heads,
      num_key_value_heads: decoder.num_key_value_heads,
      head_dim: decoder.head_size,
      bos_token_id: model.bos_token_id,
      eos_token_id: model.eos_token_id,
    },
    graph: typeof filename === 'string' && isSafeRelativePath(filename, 'this') ? filename : null,
  };
}

const objectIn = (json: Json, key: string): Json => (isObject(json[key]) ? (json[key] as Json) : {});
