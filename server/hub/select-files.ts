// Which files of a repository are asked for: those that a pattern, a folder or a subset names. Pure.

import { shardFormat } from '../corpus/shard-format.ts';
import { UserError } from '../errors.ts';
import { compileGlob } from '../glob.ts';
import type { HubName } from './hub-name.ts';
import type { RepositoryFile } from './list-repository.ts';

const MOST_NAMES_SHOWN = 50;

/** The shards of a data set. `configurations`: what its card says of subsets. Throws a `UserError` when there are none. */
export function selectShards(
  name: HubName,
  files: readonly RepositoryFile[],
  configurations: ReadonlyMap<string, readonly string[]>,
): readonly RepositoryFile[] {
  const belongs = inSubset(name.subset, configurations);
  const matches = name.files === '' ? () => true : matcher(name.files);
  const matching = files.filter(({ path }) => belongs(path) && matches(path));
  const shards = matching.filter(({ path }) => shardFormat(path));
  // Taken where there is nothing else, or by name: JSON lines are often called .json, and texts lie as they are.
  const others = matching.filter(
    ({ path }) => /\.(json|csv|tsv|txt|text)$/i.test(path) && !describes.test(path),
  );
  const chosen = shards.length > 0 ? shards : others;
  if (chosen.length > 0) return chosen;
  const what = [name.subset && `subset ${name.subset}`, name.files && `files ${name.files}`]
    .filter(Boolean)
    .join(', ');
  const names = [...configurations.keys()].slice(0, MOST_NAMES_SHOWN);
  const known = names.length > 0 ? ` Its subsets are ${names.join(', ')}.` : '';
  throw new UserError(`${name.repository} has no shard files${what && ` for ${what}`}`, {
    action: `Shards end in .jsonl, .json.gz, .jsonl.zst, .parquet or .txt.${known} Parquet copies of most data sets are at revision refs/convert/parquet.`,
  });
}

/** Small files that say what a model is; they come first, since they decide what else is needed. */
export function selectDescription(files: readonly RepositoryFile[]): readonly RepositoryFile[] {
  const described = files.filter(({ path }) => DESCRIPTION.test(path));
  const hasTokenizer = described.some(({ path }) => path === 'tokenizer.json' || path === 'merges.txt');
  return hasTokenizer
    ? described
    : files.filter(({ path }) => described.some((one) => one.path === path) || path === 'tokenizer.model');
}

const DESCRIPTION =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|genai_config|quantize_config|adapter_config)\.json$|^merges\.txt$/;

/** Safetensors if there are any, else what PyTorch saved. */
export function selectWeights(files: readonly RepositoryFile[]): readonly RepositoryFile[] {
  const safetensors = files.filter(({ path }) =>
    /^model(-\d+-of-\d+)?\.safetensors$|^model\.safetensors\.index\.json$/.test(path),
  );
  if (safetensors.length > 0) return safetensors;
  return files.filter(({ path }) =>
    /^pytorch_model(-\d+-of-\d+)?\.bin$|^pytorch_model\.bin\.index\.json$/.test(path),
  );
}

/** The decoder that the sampler takes, where exporters put it, with the weights beside it. `named`: what it is called besides. */
export function selectExport(
  files: readonly RepositoryFile[],
  named: string | null = null,
): readonly RepositoryFile[] {
  const names = [
    ...['decoder_model_merged.onnx', 'decoder_with_past_model.onnx', 'model.onnx'],
    ...(named === null ? [] : [named]),
  ];
  for (const path of [...names.map((name) => `onnx/${name}`), ...names]) {
    if (!files.some((file) => file.path === path)) continue;
    // The layout with two decoders has one of its own for whole texts.
    const other = path.replace('decoder_with_past_model', 'decoder_model');
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const graphs = files.filter(
      (file) => file.path.endsWith('.onnx') && file.path !== path && file.path !== other,
    );
    const isData = (name: string) =>
      name.startsWith(folder) &&
      !name.slice(folder.length).includes('/') &&
      !OTHER_THAN_DATA.test(name) &&
      !graphs.some((graph) => name.startsWith(graph.path));
    return files.filter(
      (file) => file.path.startsWith(path) || file.path.startsWith(other) || isData(file.path),
    );
  }
  return [];
}

/** What lies beside a graph and holds no weights of it: a graph may call the file of its weights anything else. */
const OTHER_THAN_DATA =
  /\.(onnx|json|jsonl|txt|md|py|ya?ml|png|jpe?g|svg|gif|safetensors|gguf|h5|msgpack|pth?|ckpt|ot|model|tflite|gitattributes|gitignore)$|(^|\/)(pytorch_model.*\.bin|LICENSE.*|NOTICE.*|USE_POLICY.*|training_args\.bin|rust_model\.ot)$/i;

/** The one GGUF file. Throws a `UserError` that lists them where there are several. */
export function selectGguf(repository: string, files: readonly RepositoryFile[]): RepositoryFile | null {
  const found = files.filter(({ path }) => /\.gguf$/i.test(path));
  if (found.length <= 1) return found[0] ?? null;
  const shown = found.slice(0, MOST_NAMES_SHOWN).map(({ path }) => path);
  throw new UserError(`${repository} holds ${found.length} GGUF files: ${shown.join(', ')}`, {
    action: `Name one of them, such as ${repository}/${shown[0]}.`,
  });
}

/** Files that tell of a data set and hold none of it. */
const describes = /(^|\/)(dataset_infos?|dataset_dict|state|croissant|config|package)\.json$/i;

function inSubset(
  subset: string,
  configurations: ReadonlyMap<string, readonly string[]>,
): (path: string) => boolean {
  if (subset === '') return () => true;
  const patterns = configurations.get(subset)?.map(matcher);
  if (patterns) return (path) => patterns.some((matches) => matches(path));
  return (path) => path.split('/').slice(0, -1).includes(subset);
}

/** Matches by `compileGlob`; a folder's name means all below it. */
export function matcher(pattern: string): (path: string) => boolean {
  const clean = pattern.replace(/^\.?\//, '').replace(/\/$/, '');
  const matches = compileGlob(clean);
  return (path) => matches(path) || path.startsWith(`${clean}/`);
}
