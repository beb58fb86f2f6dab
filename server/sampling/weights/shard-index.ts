// The shards that an index of weights lists, all of which have to be there. Knows neither form of weights.

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { findUnfinished } from './find-unfinished.ts';

/** Paths of the shards, in the index's order. Throws a UserError that names those that are missing. */
export async function shardsOf(indexPath: string, text: string): Promise<readonly string[]> {
  const dir = dirname(indexPath);
  const names = parseIndex(indexPath, text);
  const isThere = await Promise.all(
    names.map((name) =>
      stat(join(dir, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  const missing = names.filter((_, i) => !isThere[i]);
  if (missing.length === 0) return names.map((name) => join(dir, name));
  const shown = missing.slice(0, MOST_SHOWN).join(', ') + (missing.length > MOST_SHOWN ? ', …' : '');
  const are = missing.length === 1 ? 'is' : 'are';
  const unfinished = await findUnfinished(dir);
  throw new UserError(
    `${dir}: ${missing.length} of the ${names.length} files that ${basename(indexPath)} lists ${are} missing: ${shown}.` +
      (unfinished === null ? '' : ` ${unfinished}`),
    { action: 'Download the model again: what is there already is not fetched twice.' },
  );
}

const MOST_SHOWN = 5;

function parseIndex(path: string, text: string): readonly string[] {
  try {
    const { weight_map: map } = JSON.parse(text) ?? {};
    if (typeof map === 'object' && map !== null && !Array.isArray(map)) {
      const files = [...new Set<unknown>(Object.values(map))];
      if (files.length > 0 && files.every((file) => typeof file === 'string' && !/[/\\]/.test(file)))
        return files as string[];
    }
  } catch {
    // Reported below together with the other ways of being wrong.
  }
  throw new UserError(`${path} is damaged: its weight_map does not name the shards.`, {
    action: 'Download or copy the model again.',
  });
}

/** What the folder holds in place of weights that are read, as a sentence; empty where that is nothing. */
export async function tellOtherWeights(dir: string): Promise<string> {
  const names = await readdir(dir).catch((): string[] => []);
  const others = names.filter((name) => OTHER_WEIGHTS.test(name)).sort();
  const unfinished = await findUnfinished(dir);
  const interrupted = unfinished === null ? '' : ` ${unfinished}`;
  if (others.length === 0) return interrupted;
  const shown = others.slice(0, MOST_SHOWN).join(', ');
  const isSharded = others.every((name) => /-\d+-of-\d+\.(safetensors|bin)$/.test(name));
  const why = isSharded
    ? `and the index that says what is in ${others.length === 1 ? 'it' : 'them'} is missing`
    : `which ${others.length === 1 ? 'is' : 'are'} not read`;
  return ` It holds ${shown}, ${why}.${interrupted}`;
}

const OTHER_WEIGHTS =
  /\.(safetensors|bin|pth?|ckpt|h5|msgpack|npz|gguf|onnx|pdparams|mlpackage|ot|incomplete)$/i;
