// What can be said of a model without reading its weights: what it is, how large, and what it takes. Everything that makes a model
// unusable and stands in its description, its tokenizer or its weights' headers is found here.

import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../errors.ts';
import type { Architecture } from '../decoder/architecture.ts';
import { ARCHITECTURES, findArchitecture } from '../decoder/architectures/index.ts';
import { ConfigFile } from '../decoder/config-file.ts';
import { type DecoderShape, keyWidth, NO_END } from '../decoder/decoder-spec.ts';
import { linearsOf, mapTable, storedName } from '../decoder/decoder-table.ts';
import { selectWeights, tensorsOf } from '../decoder/decoder-weights.ts';
import type { ModelFact } from '../decoder/model-fact.ts';
import { readLimits, readPastSizes } from '../exported/exported-config.ts';
import { readDecoder } from '../exported/exported-decoder.ts';
import { findGraphs, hasWeights } from '../exported/exported-model.ts';
import { externalFiles } from '../exported/external-data.ts';
import { readGgufDecoder } from '../gguf/gguf-decoder.ts';
import { type GgufFile, readGguf, readGgufStart } from '../gguf/gguf-file.ts';
import { readGgufTokenizer } from '../gguf/gguf-tokenizer.ts';
import { describeGguf, findGguf } from '../gguf/open-gguf.ts';
import { findSampleEnds } from '../tokenizer/sample-ends.ts';
import { readSpecialTokens } from '../tokenizer/special-tokens.ts';
import { buildTokenBytes } from '../tokenizer/token-bytes.ts';
import { readTokenizer, type TokenizerFile } from '../tokenizer/tokenizer-file.ts';
import { readWeights } from '../weights/read-weights.ts';
import { findModelFolder } from './find-model-folder.ts';
import { isKnownArchitecture, readDescription, readGeneration } from './model-description.ts';
import { type FactSources, gatherFacts } from './model-facts.ts';

/** Plain data, to be sent from a thread. */
export interface ModelOutline {
  readonly kind: 'weights' | 'export' | 'gguf';
  readonly architecture: string;
  /** Null for a graph that was made elsewhere. */
  readonly sizes: ModelSizes | null;
  /** How numbers are stored, such as `bfloat16`; none where nothing says it. */
  readonly storedTypes: readonly string[];
  /** What the weights lie in; null where they are not here. */
  readonly files: { readonly names: readonly string[]; readonly nBytes: number } | null;
  readonly tokenizer: { readonly path: string; readonly kind: string; readonly nTokens: number };
  /** What is known already, and from where; what weights alone tell is missing where they are not here. */
  readonly facts: readonly ModelFact[];
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
  if (gguf !== null) return outlineGguf(gguf, readGguf(gguf));
  const description = await readDescription(path);
  const { name, config, graph } = description;
  const file = new ConfigFile(join(path, name), config);
  const tokenizerFile = await readTokenizer(path);
  const tokenizer = describe(tokenizerFile);
  const generation = await readGeneration(path);
  const factsOf = async (
    limits: FactSources['limits'],
    taken: FactSources['taken'],
    defaults: Architecture['defaultTokens'],
  ) =>
    gatherFacts({
      ...{
        path,
        description,
        generation,
        tokenizer: tokenizerFile,
        nTokens: tokenizer.nTokens,
        limits,
        taken,
      },
      found: findSampleEnds({
        ...{ dir: path, config, configName: name, generation, defaults, looksOnlyAt: config },
        tokenizer: await readSpecialTokens(path, tokenizerFile),
        vocabularySize: limits.vocabularySize,
      }),
    });
  const stored = config.torch_dtype ?? config.dtype;
  const told = {
    architecture: String(file.modelType),
    storedTypes: typeof stored === 'string' ? [stored] : [],
    tokenizer,
  };
  const isHere = weights === 'here' && (await hasWeights(path));
  const graphs = isKnownArchitecture(file) && isHere ? null : await findGraphs(path, graph);
  if (graphs !== null) {
    const { decoder, nBytes } = await checkGraph(graphs.path, config);
    const limits = readLimits(file.path, config, decoder);
    const facts = await factsOf(limits, { kind: 'exported', graph: graphs.path }, { bos: null, eos: null });
    return { ...told, kind: 'export', sizes: null, files: { names: [graphs.path], nBytes }, facts };
  }
  const architecture = findArchitecture(file);
  const shape = architecture.read(file);
  const sizes = sizesOf(shape, architecture);
  if (weights === 'elsewhere') {
    const facts = await factsOf(shape, { kind: 'elsewhere' }, architecture.defaultTokens);
    return { ...told, kind: 'weights', sizes, files: null, facts };
  }
  const selected = await selectWeights(path, shape, architecture, await readWeights(path));
  const all = tensorsOf(selected);
  const names = [...new Set(all.map((tensor) => tensor.file))];
  const nBytes = all.reduce((sum, tensor) => sum + tensor.nBytes, 0);
  const types = new Set(linearsOf(selected).map(({ weight }) => weight.type));
  const taken = { kind: 'weights', weights: selected, head: shape.head } as const;
  const facts = await factsOf(shape, taken, architecture.defaultTokens);
  return {
    ...{ ...told, kind: 'weights', sizes, facts },
    storedTypes: [...types],
    files: { names, nBytes },
  };
}

/** Throws a UserError for a graph that is not whole, or cannot be sampled. Gives back what it takes. */
async function checkGraph(path: string, config: Readonly<Record<string, unknown>>) {
  const decoder = readDecoder(path, readPastSizes(config));
  if (decoder.past.length === 0) {
    throw new UserError(`${path} cannot be sampled: it takes no past.`, {
      action: 'Export it as text generation with past, or choose a folder with model.safetensors in it.',
    });
  }
  const files = [path, ...(await externalFiles(path)).map((name) => join(dirname(path), name))];
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return { decoder, nBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** A GGUF file of `nBytes`, of which the start is here; null where its header is longer than that. */
export async function outlineGgufStart(path: string, nBytes: number): Promise<ModelOutline | null> {
  const file = readGgufStart(path, nBytes);
  return file && outlineGguf(path, file);
}

async function outlineGguf(path: string, file: GgufFile): Promise<ModelOutline> {
  const tokenizerFile = readGgufTokenizer(file);
  const tokenizer = describe(tokenizerFile);
  // How fast what turns changes nothing of what is told here.
  const { shape, architecture, configText } = readGgufDecoder(file, null, ARCHITECTURES);
  const types = new Set(
    [...file.tensors.values()].filter(({ shape }) => shape.length > 1).map(({ type }) => type),
  );
  const facts = await gatherFacts({
    ...describeGguf(path, configText, shape, architecture),
    ...{ path, generation: {}, tokenizer: tokenizerFile, nTokens: tokenizer.nTokens },
    ...{ limits: shape, taken: { kind: 'elsewhere' } },
  });
  return {
    kind: 'gguf',
    facts,
    architecture: String(file.metadata.get('general.architecture')),
    sizes: sizesOf(shape, architecture),
    storedTypes: [...types],
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
