// Which form a file's name promises: the one table of the names that are read. Looks at names only; what the bytes
// are is said by the reader.

/** How a stream is packed. */
export type Packing = 'gz' | 'zst';

/** What holds many documents, or is one, once it is unpacked. */
export type StreamForm = 'jsonl';

export type ShardFormat = StreamForm | `${StreamForm}.${Packing}` | 'json' | 'parquet' | 'text' | 'folder';

/**
 * How a shard is read. `rows`: `readBytes` streams JSON lines, whose columns `resolveColumns` names.
 * `documents`: `readDocuments` yields whole texts.
 */
export const shardForm = (format: ShardFormat): 'rows' | 'documents' =>
  format.startsWith('json') ? 'rows' : 'documents';

const formats: readonly (readonly [RegExp, ShardFormat])[] = [
  [/\.(jsonl|ndjson)$/i, 'jsonl'],
  [/\.(jsonl|ndjson|json)\.gz$/i, 'jsonl.gz'],
  [/\.(jsonl|ndjson|json)\.zst$/i, 'jsonl.zst'],
  [/\.parquet$/i, 'parquet'],
];

/** The format of a file that holds many documents; undefined for one that is a document itself. */
export function shardFormat(path: string): ShardFormat | undefined {
  return formats.find(([pattern]) => pattern.test(path))?.[1];
}

/** Format of a file that was named by itself. Whether a `.json` holds rows is said by its content. */
export function namedFormat(path: string): ShardFormat | undefined {
  if (/\.json$/i.test(path)) return 'json';
  return shardFormat(path) ?? (/\.(txt|text|md)$/i.test(path) ? 'text' : undefined);
}
