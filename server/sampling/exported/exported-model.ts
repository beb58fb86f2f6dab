// Finds a model that was exported to ONNX elsewhere, in the places where exporters put a decoder that takes its
// past and returns it.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isLinkTarget, linkTargets } from '../../../guard/paths/link-targets.ts';
import { irregularKind } from '../../../guard/paths/regular-file.ts';
import { UserError } from '../../errors.ts';
import { externalFiles } from './external-data.ts';
import { folderOfFiles } from './linked-files.ts';

export interface ExportedFiles {
  readonly path: string;
  /** The file that reads whole texts: the same file, except in the layout that has a decoder of its own for that. */
  readonly scoringPath: string;
  /** SHA-256 in hex over the file and every file that its weights lie in. */
  readonly digest: string;
  readonly nBytes: number;
}

const WEIGHTS = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];
const EXPORTS = ['decoder_model_merged.onnx', 'decoder_with_past_model.onnx', 'model.onnx'];

/** `named` is what another description of the model calls its graph. */
export async function findExportedModel(
  dir: string,
  named: string | null = null,
): Promise<ExportedFiles | null> {
  const graphs = await findGraphs(dir, named);
  return graphs === null ? null : describe(graphs.path, graphs.scoringPath);
}

/** The graphs alone, with nothing of them read. */
export async function findGraphs(
  dir: string,
  named: string | null,
): Promise<Pick<ExportedFiles, 'path' | 'scoringPath'> | null> {
  for (const folder of [join(dir, 'onnx'), dir]) {
    for (const name of [...EXPORTS, ...(named === null ? [] : [named])]) {
      const path = join(folder, name);
      if (!(await isFile(path))) continue;
      const whole = join(folder, 'decoder_model.onnx');
      const hasOwn = name === 'decoder_with_past_model.onnx' && (await isFile(whole));
      return { path, scoringPath: hasOwn ? whole : path };
    }
  }
  return null;
}

export async function hasWeights(dir: string): Promise<boolean> {
  const there = await Promise.all(WEIGHTS.map((name) => isFile(join(dir, name))));
  return there.includes(true);
}

async function describe(path: string, scoringPath: string): Promise<ExportedFiles> {
  const dir = dirname(path);
  // Weights of a large model lie beside it: usually as `model.onnx_data` or `model.onnx.data`, else as the graph says.
  const belongs = (name: string) => name.startsWith(basename(path)) || name.startsWith(basename(scoringPath));
  const graphs = [...new Set([path, scoringPath])];
  const elsewhere = (await Promise.all(graphs.map(externalFiles))).flat();
  const names = [...new Set([...(await readdir(dir)).filter(belongs), ...elsewhere])].sort();
  const hash = createHash('sha256');
  let nBytes = 0;
  for (const name of names) {
    const file = join(dir, name);
    await refuseOutside(dir, file);
    nBytes += (await stat(file)).size;
    await pipeline(createReadStream(file), hash, { end: false });
  }
  const digest = hash.digest('hex');
  const folder = await folderOfFiles(dir, names, digest);
  const inFolder = (file: string) => join(folder, basename(file));
  return { path: inFolder(path), scoringPath: inFolder(scoringPath), digest, nBytes };
}

/** The runtime reads weights behind no link that leads out of the folder, and neither does what goes round that. */
async function refuseOutside(dir: string, file: string): Promise<void> {
  const [target, kind] = [await realpath(file), irregularKind(await stat(file))];
  if (kind !== undefined) throw new UserError(`${file} is ${kind}, and weights are a file`);
  // The folder of the model, of which `onnx` may be a part.
  const allowed = [...linkTargets(dir), ...linkTargets(modelFolder(dir))];
  if (isLinkTarget(allowed, target)) return;
  throw new UserError(`${file} is a link that leads out of the model’s folder`, {
    action: 'Put the file itself in its place.',
  });
}

const modelFolder = (dir: string) => (basename(dir) === 'onnx' ? dirname(dir) : dir);

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}
