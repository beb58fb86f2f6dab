// Opens a checkpoint folder: everything about it that could be wrong is found here, before any work starts.
// The result is plain data, so that it can be sent to a worker. Knows nothing of graphs or runtimes.

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../errors.ts';
import type { Architecture } from '../decoder/architecture.ts';
import { ARCHITECTURES, findArchitecture } from '../decoder/architectures/index.ts';
import { ConfigFile } from '../decoder/config-file.ts';
import { type DecoderSpec, keyWidth, type ModelLimits } from '../decoder/decoder-spec.ts';
import { type DecoderWeights, folderAbove, selectWeights, tensorsOf } from '../decoder/decoder-weights.ts';
import type { ModelFact } from '../decoder/model-fact.ts';
import { readLimits, readPastSizes } from '../exported/exported-config.ts';
import {
  bytesPerPosition,
  type ExportedDecoder,
  type PastSizes,
  readDecoder,
} from '../exported/exported-decoder.ts';
import { type ExportedFiles, findExportedModel, hasWeights } from '../exported/exported-model.ts';
import type { ModelDescription } from '../exported/genai-config.ts';
import { findGguf, type OpenedWeights, openGguf } from '../gguf/open-gguf.ts';
import { NO_FRAME, readFrame } from '../tokenizer/frame.ts';
import { type FoundEnds, findSampleEnds } from '../tokenizer/sample-ends.ts';
import { readSpecialTokens } from '../tokenizer/special-tokens.ts';
import { buildTokenBytes, type TokenBytes } from '../tokenizer/token-bytes.ts';
import { type FirstSpace, readDecoder as readTokenDecoder } from '../tokenizer/token-decoder.ts';
import { readTokenizer, type TokenizerFile } from '../tokenizer/tokenizer-file.ts';
import { digestWeights } from '../weights/digest-weights.ts';
import { readWeights } from '../weights/read-weights.ts';
import { findModelFolder } from './find-model-folder.ts';
import { isKnownArchitecture, readDescription, readGeneration } from './model-description.ts';
import { gatherFacts } from './model-facts.ts';

/** What is the same for weights and for an exported graph. */
interface ModelFolder {
  readonly dir: string;
  readonly name: string;
  /** SHA-256 over config.json, the tokenizer and every weight, in hex: the model's identity. */
  readonly digest: string;
  readonly config: ModelLimits;
  readonly tokenizer: TokenizerFile;
  readonly tokenBytes: TokenBytes;
  /** What becomes of the space that the first token of a text begins with. */
  readonly firstSpace: FirstSpace;
  /** Which file each thing was taken from that several of them tell, for the study's record. */
  readonly facts: readonly ModelFact[];
  /** Size of all weights together, as stored. */
  readonly weightBytes: number;
  /** What keys and values of one position of one sample take. */
  readonly cacheBytesPerPosition: number;
}

export interface Checkpoint extends ModelFolder {
  readonly kind: 'weights';
  readonly config: DecoderSpec;
  readonly weights: DecoderWeights;
  /** A folder above all weight files. */
  readonly weightFolder: string;
}

export interface ExportedModel extends ModelFolder {
  readonly kind: 'exported';
  readonly decoder: ExportedDecoder;
  /** The file that reads whole texts. */
  readonly scoringPath: string;
  readonly pastSizes: PastSizes;
}

/** Throws a UserError that names the file and the way out. */
export async function openCheckpoint(
  dir: string,
  architectures: readonly Architecture[] = ARCHITECTURES,
): Promise<Checkpoint> {
  const model = await openModel(dir, architectures);
  if (model.kind === 'weights') return model;
  throw new UserError(`${model.dir} holds an exported model and no weights.`, {
    action: 'Choose a folder with model.safetensors or pytorch_model.bin in it.',
  });
}

/** Opens a folder that holds weights or an exported model. Throws a UserError that names the file and the way out. */
export async function openModel(
  dir: string,
  architectures: readonly Architecture[] = ARCHITECTURES,
): Promise<Checkpoint | ExportedModel> {
  const path = await findModelFolder(resolve(dir));
  const gguf = await findGguf(path);
  if (gguf !== null) return checkpointOf(gguf, await openGguf(gguf, architectures));
  if (!(await stat(path).catch(() => null))?.isDirectory()) {
    throw new UserError(`The model folder ${path} does not exist.`, {
      action:
        'Choose a folder with config.json, tokenizer.json and model.safetensors or pytorch_model.bin in it, or a .gguf file.',
    });
  }
  const described = await readDescription(path);
  const configPath = join(path, described.name);
  const configFile = new ConfigFile(configPath, described.config);
  // The graph that is built here of weights is faster than one beside them, for the architectures that are known.
  if (!isKnownArchitecture(configFile, architectures) || !(await hasWeights(path))) {
    const exported = await findExportedModel(path, described.graph);
    if (exported !== null) return openExported(path, described, exported);
  }
  const architecture = findArchitecture(configFile, architectures);
  const shape = architecture.read(configFile);
  const tokenizer = await readTokenizer(path);
  const generation = await readGeneration(path);
  const found = findSampleEnds({
    dir: path,
    config: described.config,
    configName: described.name,
    generation,
    tokenizer: await readSpecialTokens(path, tokenizer),
    defaults: architecture.defaultTokens,
    vocabularySize: shape.vocabularySize,
    looksOnlyAt: described.config,
  });
  const weights = await selectWeights(path, shape, architecture, await readWeights(path));
  return checkpointOf(path, {
    ...{ name: basename(path), description: described, generation },
    ...{ shape, found, weights, tokenizer },
  });
}

async function checkpointOf(dir: string, model: OpenedWeights): Promise<Checkpoint> {
  const { name, description, generation, shape, found, weights, tokenizer } = model;
  const tokenBytes = withinRows(tokenizer, buildTokenBytes(tokenizer), shape.vocabularySize);
  checkVocabulary(tokenizer.path, tokenBytes.length, shape.vocabularySize);
  const tensors = tensorsOf(weights);
  const digest = digestParts(description.text, tokenizer, await digestWeights(tensors), found);
  const config = { ...shape, ...found.ends };
  return {
    kind: 'weights',
    dir,
    name,
    facts: await gatherFacts({
      ...{ path: dir, description, generation, tokenizer, nTokens: tokenBytes.length },
      ...{ limits: shape, found, taken: { kind: 'weights', weights, head: shape.head } },
    }),
    digest,
    config,
    weights,
    weightFolder: folderAbove(tensors.map(({ file }) => file)),
    tokenizer,
    tokenBytes,
    firstSpace: readTokenDecoder(tokenizer.path, tokenizer.json).firstSpace,
    weightBytes: tensors.reduce((sum, { nBytes }) => sum + nBytes, 0),
    cacheBytesPerPosition: 4 * 2 * config.nLayers * keyWidth(config.attention),
  };
}

async function openExported(
  dir: string,
  description: ModelDescription,
  files: ExportedFiles,
): Promise<ExportedModel> {
  const { name: configName, text: configText, config: json } = description;
  const configPath = join(dir, configName);
  const generation = await readGeneration(dir);
  const pastSizes = readPastSizes(json);
  const decoder = readDecoder(files.path, pastSizes);
  const limits = readLimits(configPath, json, decoder);
  const tokenizer = await readTokenizer(dir);
  const tokenBytes = buildTokenBytes(tokenizer);
  checkVocabulary(tokenizer.path, tokenBytes.length, limits.vocabularySize);
  const found = findSampleEnds({
    dir,
    config: json,
    configName,
    generation,
    tokenizer: await readSpecialTokens(dir, tokenizer),
    defaults: { bos: null, eos: null },
    vocabularySize: limits.vocabularySize,
    looksOnlyAt: { ...json, ...withoutNulls(generation) },
  });
  const config = { ...limits, ...found.ends };
  return {
    ...{ kind: 'exported', dir, name: basename(dir), config, tokenizer, tokenBytes, decoder, pastSizes },
    scoringPath: files.scoringPath,
    firstSpace: readTokenDecoder(tokenizer.path, tokenizer.json).firstSpace,
    facts: await gatherFacts({
      ...{ path: dir, description, generation, tokenizer, nTokens: tokenBytes.length },
      ...{ limits, found, taken: { kind: 'exported', graph: decoder.path } },
    }),
    digest: digestParts(configText, tokenizer, files.digest, found),
    weightBytes: files.nBytes,
    cacheBytesPerPosition: bytesPerPosition(decoder),
  };
}

/** Ends, and what stands around prompts, are no part of their own where the other parts say them. */
function digestParts(
  configText: string,
  { json, frame }: TokenizerFile,
  weights: string,
  { ends, areExpected }: FoundEnds,
): string {
  const isTold = JSON.stringify(frame ?? NO_FRAME) === JSON.stringify(readFrame(json, {}));
  const more = [...(areExpected ? [] : [ends]), ...(isTold ? [] : [frame ?? NO_FRAME])];
  return createHash('sha256')
    .update(JSON.stringify([configText, json, weights, ...more]))
    .digest('hex');
}

/** Models pad their embedding to a round size; more than this many spare rows is another model's tokenizer. */
const MAX_SPARE_ROWS = 1024;

/** A tokenizer may have been given tokens, such as one for padding, that the model never got rows for. */
function withinRows({ json }: TokenizerFile, tokenBytes: TokenBytes, nRows: number): TokenBytes {
  const isAdded = new Set((json.added_tokens ?? []).map(({ id }) => id));
  const behind = Array.from({ length: Math.max(0, tokenBytes.length - nRows) }, (_, i) => nRows + i);
  return behind.every((id) => isAdded.has(id)) ? tokenBytes.slice(0, nRows) : tokenBytes;
}

function checkVocabulary(tokenizerPath: string, nTokens: number, nRows: number): void {
  if (nTokens <= nRows && nTokens + Math.max(MAX_SPARE_ROWS, nRows / 10) >= nRows) return;
  throw new UserError(
    `${tokenizerPath} has ${nTokens} tokens and the model's embedding ${nRows} rows: they do not belong together.`,
    { action: 'Use the tokenizer.json and the weights of the same model.' },
  );
}

const withoutNulls = (json: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
