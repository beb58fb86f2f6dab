// Which form a file's name promises: the one table of the names that are read. Looks at names only; what the bytes
// are is said by the reader.

/** How a stream is packed. */
export type Packing = 'gz' | 'zst' | 'bz2' | 'xz' | 'lz4';

/** What a stream holds once it is unpacked. */
export type StreamForm = 'jsonl' | 'csv' | 'tsv' | 'notebook' | 'text' | 'tar';

export type ShardFormat =
  | StreamForm
  | `${StreamForm}.${Packing}`
  | 'json'
  | 'parquet'
  | 'arrow'
  | 'zip'
  | 'folder';

const packings: readonly Packing[] = ['gz', 'zst', 'bz2', 'xz', 'lz4'];
const streamForms: readonly StreamForm[] = ['jsonl', 'csv', 'tsv', 'notebook', 'text', 'tar'];

/** All of them: what a study file or an index may name. */
export const shardFormats: readonly ShardFormat[] = [
  ...streamForms.flatMap((form) => [form, ...packings.map((packing) => `${form}.${packing}` as const)]),
  'json',
  'parquet',
  'arrow',
  'zip',
  'folder',
];

/** How a shard's file is packed; undefined where it is not. */
export const packingOf = (format: ShardFormat): Packing | undefined =>
  packings.find((packing) => format.endsWith(`.${packing}`));

/** What a shard's stream holds; undefined where it is read by places, or is none. */
export const streamFormOf = (format: ShardFormat): StreamForm | undefined =>
  streamForms.find((form) => format === form || format.startsWith(`${form}.`));

/** Whether its documents are members of an archive. */
export const isArchive = ({ format }: { readonly format: ShardFormat }): boolean =>
  format === 'zip' || streamFormOf(format) === 'tar';

/**
 * How a shard is read. `rows`: `readBytes` streams JSON lines, whose columns `resolveColumns` names.
 * `documents`: `readDocuments` yields whole texts.
 */
export const shardForm = (format: ShardFormat): 'rows' | 'documents' =>
  format.startsWith('json') ? 'rows' : 'documents';

const packingNames: Readonly<Record<string, Packing>> = {
  gz: 'gz',
  bgz: 'gz',
  zst: 'zst',
  zstd: 'zst',
  bz2: 'bz2',
  xz: 'xz',
  lz4: 'lz4',
};

/** Names of a packed archive in one. */
const shortNames: Readonly<Record<string, ShardFormat>> = {
  tgz: 'tar.gz',
  tbz: 'tar.bz2',
  tbz2: 'tar.bz2',
  txz: 'tar.xz',
  tzst: 'tar.zst',
};

const wholeNames: Readonly<Record<string, ShardFormat>> = {
  ...shortNames,
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  jsonlines: 'jsonl',
  tar: 'tar',
  parquet: 'parquet',
  arrow: 'arrow',
  feather: 'arrow',
  zip: 'zip',
  whl: 'zip',
};

/** What a file is that is a document itself in a folder, or holds rows, as its content says. */
const namedAlone: Readonly<Record<string, ShardFormat>> = {
  json: 'json',
  // JSON lines, or Julia.
  jl: 'json',
  csv: 'csv',
  tsv: 'tsv',
  ipynb: 'notebook',
  txt: 'text',
  text: 'text',
  md: 'text',
};

const extensionOf = (path: string): string => /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';

/** The format of a file that holds many documents, or is packed; undefined for one that is a document itself. */
export function shardFormat(path: string): ShardFormat | undefined {
  const extension = extensionOf(path);
  const packing = packingNames[extension];
  if (packing === undefined) return wholeNames[extension];
  const inner = extensionOf(path.slice(0, -extension.length - 1));
  const form = inner === 'json' ? 'jsonl' : (wholeNames[inner] ?? namedAlone[inner] ?? 'text');
  return `${streamForms.find((each) => each === form) ?? 'text'}.${packing}`;
}

/** Whether the name says nothing of what is in the file: it has no ending, as what clusters write (`part-00000`). */
export const isUnnamed = (path: string): boolean => !/\.[^./\\]*$/.test(path);

/** Format of a file that was named by itself. Whether a `.json` holds rows is said by its content. */
export const namedFormat = (path: string): ShardFormat | undefined =>
  shardFormat(path) ?? namedAlone[extensionOf(path)];
