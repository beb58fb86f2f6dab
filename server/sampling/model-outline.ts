// What can be said of a model without reading its weights: what it is, how large, and what it takes. Everything that makes a model
// unusable and stands in its description, its tokenizer or its weights' headers is found here.

import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { Architecture } from './decoder/architectures/architecture.ts';
import { ARCHITECTURES, findArchitecture } from './decoder/architectures/index.ts';
import { ConfigFile } from './decoder/config-file.ts';
import { type DecoderShape, keyWidth, NO_END } from './decoder/decoder-spec.ts';
import { linearsOf, mapTable, storedName } from './decoder/decoder-table.ts';
import { selectWeights, tensorsOf } from './decoder/decoder-weights.ts';
import { readPastSizes } from './exported/exported-config.ts';
import { readDecoder } from './exported/exported-decoder.ts';
import { findGraphs, hasWeights } from './exported/exported-model.ts';
import { externalFiles } from './exported/external-data.ts';
import { findModelFolder } from './find-model-folder.ts';
import { readGgufDecoder } from './gguf/gguf-decoder.ts';
import { readGguf } from './gguf/gguf-file.ts';
import { readGgufTokenizer } from './gguf/gguf-tokenizer.ts';
import { readValues } from './gguf/gguf-weights.ts';
import { findGguf } from './gguf/open-gguf.ts';
import { isKnownArchitecture, readDescription } from './model-description.ts';
import { buildTokenBytes } from './tokenizer/token-bytes.ts';
import { readTokenizer, type TokenizerFile } from './tokenizer/tokenizer-file.ts';
import { readWeights } from './weights/read-weights.ts';

/** Plain data, to be sent from a thread. */
export interface ModelOutline {
  readonly kind: 'weights' | 'export' | 'gguf';
  readonly architecture: string;
  /** Null for a graph that was made elsewhere. */
  readonly sizes: ModelSizes | null;
  /** How numbers are stored, such as `bfloat16`; null where nothing says it. */
  readonly stored: string | null;
  /** What the weights lie in; null where they are not here. */
  readonly files: { readonly names: readonly string[]; readonly nBytes: number } | null;
  readonly tokenizer: { readonly path: string; readonly kind: string; readonly nTokens: number };
}

export interface ModelSizes {
  readonly nParameters: number;
  /** Null where the context has no end. */
  readonly nPositions: number | null;
  /** What keys and values of one position of one sample take in 32 bits. */
  readonly cacheBytesPerPosition: number;
}

/** `weights`: whether the folder should hold them; a model of the Hub may be outlined before they are fetched. */
export async function outlineModel(dir: string, weights: 'here' | 'elsewhere'): Promise<ModelOutline> {
  const path = await findModelFolder(resolve(dir));
  const gguf = await findGguf(path);
  if (gguf !== null) return outlineGguf(gguf);
  const { name, config, graph } = await readDescription(path);
  const file = new ConfigFile(join(path, name), config);
  const tokenizer = describe(await readTokenizer(path));
  const stored = config.torch_dtype ?? config.dtype;
  const facts = { architecture: String(file.modelType), stored: typeof stored === 'string' ? stored : null };
  const isHere = weights === 'here' && (await hasWeights(path));
  const graphs = isKnownArchitecture(file) && isHere ? null : await findGraphs(path, graph);
  if (graphs !== null) {
    const nBytes = await checkGraph(graphs.path, config);
    return { ...facts, kind: 'export', sizes: null, tokenizer, files: { names: [graphs.path], nBytes } };
  }
  const architecture = findArchitecture(file);
  const shape = architecture.read(file);
  if (weights === 'elsewhere')
    return { ...facts, kind: 'weights', sizes: sizesOf(shape, architecture), tokenizer, files: null };
  const selected = await selectWeights(path, shape, architecture, await readWeights(path));
  const all = tensorsOf(selected);
  const names = [...new Set(all.map((tensor) => tensor.file))];
  const nBytes = all.reduce((sum, tensor) => sum + tensor.nBytes, 0);
  const types = new Set(linearsOf(selected).map(({ weight }) => weight.type));
  return {
    ...{ ...facts, kind: 'weights', sizes: sizesOf(shape, architecture), tokenizer },
    stored: [...types].join(' and '),
    files: { names, nBytes },
  };
}

/** Throws a UserError for a graph that is not whole, or cannot be sampled. Gives back what it takes. */
async function checkGraph(path: string, config: Readonly<Record<string, unknown>>): Promise<number> {
  const { past } = readDecoder(path, readPastSizes(config));
  if (past.length === 0) {
    throw new UserError(`${path} cannot be sampled: it takes no past.`, {
      action: 'Export it as text generation with past, or choose a folder with model.safetensors in it.',
    });
  }
  const files = [path, ...(await externalFiles(path)).map((name) => join(dirname(path), name))];
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function outlineGguf(path: string): ModelOutline {
  const file = readGguf(path);
  const tokenizer = describe(readGgufTokenizer(file));
  const factors = file.tensors.get('rope_freqs.weight');
  const values = factors === undefined ? null : readValues(file, factors);
  const { shape, architecture } = readGgufDecoder(file, values, ARCHITECTURES);
  const types = new Set(
    [...file.tensors.values()].filter(({ shape }) => shape.length > 1).map(({ type }) => type),
  );
  return {
    kind: 'gguf',
    architecture: String(file.metadata.get('general.architecture')),
    sizes: sizesOf(shape, architecture),
    stored: [...types].join(' and '),
    tokenizer,
    files: { names: [path], nBytes: file.nBytes },
  };
}

function sizesOf(shape: DecoderShape, architecture: Architecture): ModelSizes {
  const names = architecture.names(shape);
  const values = new Map<string, number>();
  mapTable(shape, names, (name, sizes) => {
    const key = typeof name === 'string' ? name : `${storedName(name)}:${name.firstRow}`;
    values.set(
      key,
      sizes.reduce((product, size) => product * size, 1),
    );
  });
  if (shape.head === 'tied') values.delete(storedName(names.head.weight));
  return {
    nParameters: [...values.values()].reduce((sum, n) => sum + n, 0),
    nPositions: shape.nPositions === NO_END ? null : shape.nPositions,
    cacheBytesPerPosition: 4 * 2 * shape.nLayers * keyWidth(shape.attention),
  };
}

function describe(file: TokenizerFile): ModelOutline['tokenizer'] {
  const { json, path } = file;
  const nTokens = buildTokenBytes(file).length;
  if (nTokens === 0) throw new UserError(`${path} holds no tokens.`, { action: 'Download the model again.' });
  const isByteLevel = JSON.stringify(json.decoder ?? null).includes('"ByteLevel"');
  const kind = `${json.model.type ?? 'BPE'}, ${isByteLevel ? 'byte-level' : 'of SentencePiece’s kind'}`;
  return { path, kind, nTokens };
}
