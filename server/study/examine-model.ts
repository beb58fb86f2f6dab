// Whether a model can be sampled, before anything of it is fetched whole: from which of its files, in which precision and form, how
// much memory it takes and about how many tokens a second come. Says of every figure what it is from.

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { Execution } from '../../protocol/study.ts';
import { UserError, type VerbatimError } from '../errors.ts';
import { outlineHubModel } from '../hub/fetch-model.ts';
import { isHubName } from '../hub/hub-name.ts';
import type { ModelFact } from '../sampling/decoder/model-fact.ts';
import type { ModelOutline, ModelSizes } from '../sampling/model/model-outline.ts';
import { outlineGuarded } from '../sampling/model/open-guarded.ts';
import { bytesHeld, memoryHere, packedBytesHeld } from '../sampling/run/weights-in-memory.ts';
import { isPackedType } from '../sampling/weights/quantized-blocks.ts';
import { WEIGHT_BYTES_PER_SECOND } from './estimate-study.ts';
import { unpinnedRequest } from './hub-sources.ts';
import { outlineFromStart } from './outline-from-start.ts';

export interface ModelFinding {
  readonly name:
    | 'model'
    | 'files'
    | 'tokenizer'
    | 'fact'
    | 'precision'
    | 'memory'
    | 'speed'
    | 'note'
    | 'verdict';
  readonly state: 'works' | 'fetch' | 'about' | 'tight' | 'refused';
  readonly detail: string;
  /** What to do. */
  readonly action: string | null;
  /** What a `fact` is, as it stands in a study. */
  readonly fact?: ModelFact;
}

/** The last finding is the verdict. Rejects where the Hub cannot be asked. */
export async function examineModel(
  model: string,
  execution: Execution,
  signal: AbortSignal,
): Promise<readonly ModelFinding[]> {
  const findings: ModelFinding[] = [];
  const find = (name: ModelFinding['name'], state: ModelFinding['state'], detail: string, action?: string) =>
    void findings.push({ name, state, detail, action: action ?? null });
  try {
    const { outline, nBytes } = await outlineOf(model, execution, signal, find);
    findings.push(...outline.facts.map(tellFact));
    tellOutline(outline, nBytes, find);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    find('verdict', 'refused', `it cannot be sampled: ${cause.message}`, (cause as VerbatimError).action);
  }
  return findings;
}

/** A fact with the source that won, and what others say. */
function tellFact(fact: ModelFact): ModelFinding {
  const others = fact.passedOver.length === 0 ? '' : `, though ${fact.passedOver.join(' and ')}`;
  const detail = `${fact.fact}: ${fact.value}, by ${fact.source}${others}`;
  return { name: 'fact', state: 'works', detail, action: null, fact };
}

type Find = (
  name: ModelFinding['name'],
  state: ModelFinding['state'],
  detail: string,
  action?: string,
) => void;

async function outlineOf(
  model: string,
  execution: Execution,
  signal: AbortSignal,
  find: Find,
): Promise<{ readonly outline: ModelOutline; readonly nBytes: number | null }> {
  if (!isHubName(model)) {
    if (!existsSync(model))
      throw new UserError(`there is nothing at ${model}.`, { action: 'Check the path.' });
    const outline = await outlineGuarded(model, 'headers', signal);
    const { names, nBytes } = outline.files ?? { names: [], nBytes: 0 };
    const shown = names.slice(0, MOST_NAMES).map((name) => basename(name));
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    find('files', 'works', `${shown.join(', ')}${more}: ${gigabytes(nBytes)}`);
    return { outline, nBytes };
  }
  const request = unpinnedRequest(model, execution, signal);
  const { access } = request;
  const { name, commit, folder, files, missing } = await outlineHubModel(request);
  const nBytes = sizeOf(files);
  const weights = files.filter(({ path }) => /\.(safetensors|bin|onnx|gguf|data)$|onnx_data/.test(path));
  if (weights.length === 0) {
    // Says which architectures work, or what is wrong with the description.
    const { architecture } = await outlineGuarded(folder, 'description', signal);
    throw new UserError(
      `${name.repository} has no weights that are read, and no export of the architecture ${architecture}.`,
      { action: 'Choose a model with safetensors, pytorch_model.bin, GGUF or an ONNX export.' },
    );
  }
  const named = weights.slice(0, MOST_NAMES).map(({ path }) => path);
  const more = weights.length > MOST_NAMES ? ` and ${weights.length - MOST_NAMES} more` : '';
  find(
    'files',
    missing.length === 0 ? 'works' : 'fetch',
    `${named.join(', ')}${more}: ${gigabytes(nBytes)} at commit ${commit.slice(0, 8)}, ` +
      (missing.length === 0
        ? `all of it in ${access.settings.cacheFolder}`
        : `${gigabytes(sizeOf(missing))} of it to be fetched into ${access.settings.cacheFolder}`),
  );
  if (missing.length === 0) return { outline: await outlineGuarded(folder, 'headers', signal), nBytes };
  if (/\.gguf$/i.test(folder)) {
    const file = { repo: name, commit, file: missing[0]! };
    return { outline: await outlineFromStart(access, file, signal), nBytes };
  }
  const isExport = weights.some(({ path }) => path.endsWith('.onnx'));
  const outline = await outlineGuarded(folder, 'description', signal);
  return { outline: isExport ? { ...outline, kind: 'export', sizes: null } : outline, nBytes };
}

const MOST_NAMES = 3;

function tellOutline(outline: ModelOutline, nBytes: number | null, find: Find): void {
  const { kind, architecture, sizes, storedTypes, tokenizer } = outline;
  const context = sizes === null ? '' : `, a context of ${sizes.nPositions ?? 'any number of'} positions`;
  const parameters = sizes === null ? '' : `, ${millions(sizes.nParameters)} parameters`;
  find('model', 'works', `${architecture}${parameters}${context}`);
  find('tokenizer', 'works', `${basename(tokenizer.path)}: ${tokenizer.kind}, ${tokenizer.nTokens} tokens`);
  if (sizes === null) {
    const size = nBytes === null ? '' : ` (${gigabytes(nBytes)})`;
    find('precision', 'works', `an exported graph${size}, which computes as it was exported, on the CPU`);
    find('verdict', 'works', 'it can be sampled from its export, more slowly than from weights');
    return;
  }
  const from = kind === 'gguf' ? 'the GGUF file' : 'its weights';
  const how = storedTypes.length === 0 ? '' : `, stored as ${storedTypes.join(' and ')}`;
  find('precision', 'works', `from ${from}${how}; 32-bit floats on the CPU, 16-bit products on CUDA`);
  tellMemory(sizes, storedTypes, find);
}

function tellMemory(
  { nParameters, nPositions, cacheBytesPerPosition }: ModelSizes,
  storedTypes: readonly string[],
  find: Find,
): void {
  const length = Math.min(nPositions ?? USUAL_TOKENS, USUAL_TOKENS);
  const sample = cacheBytesPerPosition * length;
  const isWide = storedTypes.length === 1 && /^(float32|F32)$/.test(storedTypes[0]!);
  const weights = bytesHeld(nParameters, isWide ? 'float32' : 'from-16-bits');
  const inFloats = weights + sample;
  const in8Bits = bytesHeld(nParameters, 'int8') + sample;
  const packedAs = storedTypes.filter(isPackedType);
  // Its file does not say how many numbers are in which: the widest of them bounds it.
  const packed =
    packedAs.length === 0
      ? Infinity
      : Math.max(...packedAs.map((type) => packedBytesHeld(nParameters, type))) + sample;
  const here = memoryHere();
  find(
    'memory',
    inFloats <= here ? 'works' : 'tight',
    `up to ${gigabytes(inFloats)} on the CPU, ${gigabytes(in8Bits)} with --int8, ` +
      (packedAs.length === 0
        ? ''
        : `at most ${gigabytes(packed)} with matrices kept as its file has them, `) +
      `${gigabytes(2 * nParameters)} on a card; ` +
      `and ${gigabytes(sample)} for each further sample of ${length} tokens at once. There are ${gigabytes(here)} here`,
  );
  const nCores = availableParallelism();
  const perSecond = nCores * Math.min(WEIGHT_BYTES_PER_SECOND / (4 * nParameters), MOST_PER_CORE);
  find(
    'speed',
    'about',
    `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} tokens a second on the CPU with ${nCores} cores: ` +
      'estimated from the speed of a model of 111 million parameters (docs/performance.md), by size and cores',
  );
  const smaller = in8Bits <= here;
  if (inFloats <= here) find('verdict', 'works', 'it can be sampled here');
  else if (packed <= here)
    find('verdict', 'works', 'it can be sampled here, with matrices kept as its file has them');
  else
    find(
      'verdict',
      smaller ? 'tight' : 'refused',
      `its weights take up to ${gigabytes(weights)} in 32 bits, and there are ${gigabytes(here)} of memory here`,
      smaller
        ? 'Sample it with --int8, or on a card with enough memory.'
        : 'Choose a smaller model, or a machine or a card with enough memory.',
    );
}

const USUAL_TOKENS = 512;
/** Tokens a second of the smallest models, whose time goes into everything but products. */
const MOST_PER_CORE = 5000;

const sizeOf = (files: readonly { readonly nBytes: number }[]) =>
  files.reduce((sum, { nBytes }) => sum + nBytes, 0);
const gigabytes = (n: number) => (n < 1e9 ? `${Math.ceil(n / 1e6)} MB` : `${(n / 1e9).toFixed(1)} GB`);
const millions = (n: number) =>
  n < 1e9 ? `${(n / 1e6).toPrecision(3)} million` : `${(n / 1e9).toPrecision(3)} billion`;
