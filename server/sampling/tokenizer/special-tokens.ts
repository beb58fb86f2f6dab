// Which tokens a tokenizer itself names for a text's beginning and end, as numbers. Knows no model.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from './check-tokenizer.ts';
import { idOfToken } from './frame.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

export interface SpecialTokens {
  /** The file that names them, without its folder. */
  readonly path: string;
  readonly bos: number | null;
  readonly eos: number | null;
}

const FILES = ['tokenizer_config.json', 'special_tokens_map.json'] as const;

/** Null for what no file names, or no token is called. */
export async function readSpecialTokens(dir: string, tokenizer: TokenizerFile): Promise<SpecialTokens> {
  for (const path of FILES) {
    const text = await readFile(join(dir, path), 'utf8').catch(() => null);
    const json = text === null ? null : parse(text);
    if (json === null || !('bos_token' in json || 'eos_token' in json)) continue;
    return {
      path,
      bos: idOfToken(tokenizer.json, json.bos_token),
      eos: idOfToken(tokenizer.json, json.eos_token),
    };
  }
  return { path: FILES[0], bos: null, eos: null };
}

/** A file that cannot be read names nothing: what it could say, others say too. */
function parse(text: string): { readonly bos_token?: unknown; readonly eos_token?: unknown } | null {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}
