// Opens a checkpoint folder: everything about it that could be wrong is found here, before any work starts.
// The result is plain data, so that it can be sent to a worker. Knows nothing of graphs or runtimes.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { digestWeights } from './digest-weights.ts';
import { findExportedModel } from './exported-model.ts';
import { type Gpt2Config, parseGpt2Config } from './gpt2-config.ts';
import { folderAbove, type Gpt2Weights, selectGpt2Weights } from './gpt2-weights.ts';
import { readWeights } from './read-weights.ts';
import { buildTokenBytes, type TokenBytes } from './token-bytes.ts';
import { readTokenizer, type TokenizerFile } from './tokenizer-file.ts';

export interface Checkpoint {
  readonly dir: string;
  readonly name: string;
  /** SHA-256 over config.json, the tokenizer and every weight, in hex: the model's identity. */
  readonly digest: string;
  readonly config: Gpt2Config;
  readonly weights: Gpt2Weights;
  /** A folder above all weight files. */
  readonly weightFolder: string;
  readonly tokenizer: TokenizerFile;
  readonly tokenBytes: TokenBytes;
  /** All weights together, as stored. */
  readonly weightBytes: number;
  /** The exported model of a folder that holds no weights otherwise; then `weights` is empty. */
  readonly exportedModel?: string;
}

/** Throws a UserError that names the file and the way out. */
export async function openCheckpoint(dir: string): Promise<Checkpoint> {
  const path = resolve(dir);
  if (!(await stat(path).catch(() => null))?.isDirectory()) {
    throw new UserError(`The model folder ${path} does not exist.`, {
      action:
        'Choose a folder with config.json, tokenizer.json and model.safetensors or pytorch_model.bin in it.',
    });
  }
  const configText = await readText(join(path, 'config.json'));
  const config = parseGpt2Config(join(path, 'config.json'), configText);
  const tokenizer = await readTokenizer(path);
  const tokenBytes = buildTokenBytes(tokenizer);
  checkVocabulary(tokenizer.path, tokenBytes.length, config.vocabularySize);
  const exported = await findExportedModel(path);
  if (exported !== null) {
    return {
      ...{ dir: path, name: basename(path), config, tokenizer, tokenBytes, weights: new Map() },
      digest: digestParts(configText, tokenizer, exported.digest),
      weightFolder: dirname(exported.path),
      weightBytes: exported.nBytes,
      exportedModel: exported.path,
    };
  }
  const weights = selectGpt2Weights(path, config, await readWeights(path));
  const digest = digestParts(configText, tokenizer, await digestWeights([...weights.values()]));
  const weightBytes = [...weights.values()].reduce((sum, weight) => sum + weight.nBytes, 0);
  return {
    dir: path,
    name: basename(path),
    digest,
    config,
    weights,
    weightFolder: folderAbove([...weights.values()].map(({ file }) => file)),
    tokenizer,
    tokenBytes,
    weightBytes,
  };
}

function digestParts(configText: string, tokenizer: TokenizerFile, weights: string): string {
  return createHash('sha256')
    .update(JSON.stringify([configText, tokenizer.json, weights]))
    .digest('hex');
}

/** Models pad their embedding to a round size; more than this many spare rows is another model's tokenizer. */
const MAX_SPARE_ROWS = 1024;

function checkVocabulary(tokenizerPath: string, nTokens: number, nRows: number): void {
  if (nTokens <= nRows && nTokens + Math.max(MAX_SPARE_ROWS, nRows / 10) >= nRows) return;
  throw new UserError(
    `${tokenizerPath} has ${nTokens} tokens and the model's embedding ${nRows} rows: they do not belong together.`,
    { action: 'Use the tokenizer.json and the weights of the same model.' },
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UserError(`${path} cannot be read.`, {
      action:
        'Choose a folder with config.json, tokenizer.json and model.safetensors or pytorch_model.bin in it.',
      cause,
    });
  }
}
