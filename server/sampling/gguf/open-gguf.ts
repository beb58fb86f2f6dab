// Opens a model in a GGUF file: everything about it that could be wrong is found here, as in a checkpoint folder.

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import type { Architecture } from '../decoder/architecture.ts';
import { parseObject } from '../decoder/config-file.ts';
import type { DecoderShape } from '../decoder/decoder-spec.ts';
import { type DecoderWeights, selectWeights, tensorsOf } from '../decoder/decoder-weights.ts';
import type { ModelDescription } from '../exported/genai-config.ts';
import { type FoundEnds, findSampleEnds } from '../tokenizer/sample-ends.ts';
import type { TokenizerFile } from '../tokenizer/tokenizer-file.ts';
import { readGgufDecoder } from './gguf-decoder.ts';
import { type GgufFile, readGguf } from './gguf-file.ts';
import { readGgufTokenizer } from './gguf-tokenizer.ts';
import { ggufWeights, readValues } from './gguf-weights.ts';

/** A model of weights, whatever file they lie in. */
export interface OpenedWeights {
  readonly name: string;
  readonly shape: DecoderShape;
  readonly found: FoundEnds;
  readonly weights: DecoderWeights;
  readonly tokenizer: TokenizerFile;
  /** What describes it, whose text is part of its identity: of GGUF, the metadata in that form. */
  readonly description: Pick<ModelDescription, 'name' | 'text' | 'config'>;
  readonly generation: Readonly<Record<string, unknown>>;
}

/** The path itself, or the one GGUF file of a folder without another form of the model; null where there is none. */
export async function findGguf(path: string): Promise<string | null> {
  const kind = await stat(path).catch(() => null);
  if (kind?.isFile()) return path.toLowerCase().endsWith('.gguf') ? path : null;
  if (!kind?.isDirectory()) return null;
  const names = await readdir(path);
  if (names.some((name) => /^(config\.json|.*\.safetensors|pytorch_model.*\.bin)$/.test(name))) return null;
  const found = names.filter((name) => name.toLowerCase().endsWith('.gguf'));
  if (found.length <= 1) return found.length === 0 ? null : join(path, found[0]!);
  throw new UserError(`${path} holds ${found.length} GGUF files: ${found.toSorted().join(', ')}.`, {
    action: 'Name one of them as the model.',
  });
}

export async function openGguf(path: string, architectures: readonly Architecture[]): Promise<OpenedWeights> {
  const file = readGguf(path);
  const tokenizer = readGgufTokenizer(file);
  const factors = file.tensors.get(FACTORS);
  const { shape, architecture, configText } = readGgufDecoder(
    file,
    factors === undefined ? null : readValues(file, factors),
    architectures,
  );
  const weights = await selectWeights(path, shape, architecture, await ggufWeights(file));
  refuseTheRest(file, weights);
  const { description, found } = describeGguf(path, configText, shape, architecture);
  const name = basename(path).replace(/\.gguf$/i, '');
  return { name, shape, found, weights, tokenizer, description, generation: {} };
}

/** What a file's metadata say, as a description; throws a UserError where they name no token to begin with. */
export function describeGguf(
  path: string,
  configText: string,
  { vocabularySize }: DecoderShape,
  { defaultTokens }: Architecture,
): Pick<OpenedWeights, 'description' | 'found'> {
  const config = parseObject(path, configText);
  const name = basename(path);
  const found = findSampleEnds({
    ...{ dir: dirname(path), config, configName: name, generation: {}, looksOnlyAt: config },
    ...{ tokenizer: { path: name, bos: null, eos: null }, defaults: defaultTokens, vocabularySize },
  });
  return { description: { name, text: configText, config }, found };
}

const FACTORS = 'rope_freqs.weight';

/** A tensor that is not used could be a part of what the model computes. */
function refuseTheRest({ path, tensors }: GgufFile, weights: DecoderWeights): void {
  // Some rows of a tensor are called by it and by their places.
  const used = new Set(tensorsOf(weights).map(({ bareName }) => bareName.replace(/\[\d+:\d+\]$/, '')));
  for (const name of tensors.keys()) {
    if (used.has(name) || name === FACTORS) continue;
    throw new UserError(
      `${path}: the tensor ${name} is unknown, and it could change what the model computes.`,
      {
        action: 'Choose another file of the model, or a folder with safetensors.',
      },
    );
  }
}
