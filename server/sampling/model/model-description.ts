// What describes a model in its folder, before its weights are looked at: what can be known of a model of which nothing large
// is here yet.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from '../decoder/architecture.ts';
import { ARCHITECTURES } from '../decoder/architectures/index.ts';
import { ConfigFile, parseObject } from '../decoder/config-file.ts';
import { type ModelDescription, readGenaiConfig } from '../exported/genai-config.ts';
import { refuseFolder } from './find-model-folder.ts';

/** What config.json says, or, where there is none, another file that says the same. Throws a UserError. */
export async function readDescription(dir: string): Promise<ModelDescription> {
  const path = join(dir, 'config.json');
  const other = await readGenaiConfig(dir);
  const text = await readFile(path, 'utf8').catch(async (cause) => {
    if (other === null) throw await refuseFolder(dir, cause);
    return null;
  });
  if (text === null) return other!;
  return { name: 'config.json', text, config: parseObject(path, text), graph: other?.graph ?? null };
}

/** What sampling by other programs would do; empty where there is no such file. */
export async function readGeneration(dir: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(dir, 'generation_config.json');
  return parseObject(path, await readFile(path, 'utf8').catch(() => '{}'));
}

export const isKnownArchitecture = (
  { modelType }: ConfigFile,
  architectures: readonly Architecture[] = ARCHITECTURES,
): boolean => architectures.some(({ modelTypes }) => modelTypes.some((one) => one === modelType));

/** Which of a model's files are sampled: its weights, where their architecture is known, or an export of it. */
interface WantedFiles {
  readonly kind: 'weights' | 'export';
  /** What a description calls the graph of an export. */
  readonly graph: string | null;
}

/** Throws a UserError for a configuration of a known architecture that is not supported. */
export async function chooseFiles(dir: string): Promise<WantedFiles> {
  const { name, config, graph } = await readDescription(dir);
  const file = new ConfigFile(join(dir, name), config);
  const isWeights = name === 'config.json' && isKnownArchitecture(file);
  if (isWeights) findIn(file)?.read(file);
  return { kind: isWeights ? 'weights' : 'export', graph };
}

const findIn = ({ modelType }: ConfigFile): Architecture | undefined =>
  ARCHITECTURES.find(({ modelTypes }) => modelTypes.some((one) => one === modelType));
