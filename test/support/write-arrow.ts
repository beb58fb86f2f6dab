// Arrow data for tests, written by the format's own library: columns of texts or of lists of them, by the type asked for.

import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  Binary,
  CompressionType,
  compressionRegistry,
  type DataType,
  Dictionary,
  Field,
  Int32,
  LargeBinary,
  LargeUtf8,
  List,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';

export type ArrowRow = Readonly<Record<string, string | Uint8Array | readonly string[] | null>>;

export interface ArrowForm {
  readonly form: 'file' | 'stream';
  readonly type?: keyof typeof types;
  readonly packing?: 'zstd';
  readonly rowsPerBatch?: number;
}

const types = {
  utf8: () => new Utf8(),
  largeUtf8: () => new LargeUtf8(),
  binary: () => new Binary(),
  largeBinary: () => new LargeBinary(),
  dictionary: () => new Dictionary(new Utf8(), new Int32()),
} as const;

compressionRegistry.set(CompressionType.ZSTD, {
  encode: (bytes) => zstdCompressSync(bytes),
  decode: (bytes) => zstdDecompressSync(bytes),
});

export function writeArrow(
  rows: readonly ArrowRow[],
  { form, type = 'utf8', packing, rowsPerBatch = rows.length }: ArrowForm,
): Buffer {
  const names = Object.keys(rows[0] ?? {});
  const typeOf = (name: string): DataType => {
    const value = rows.map((row) => row[name]).find((found) => found !== null);
    if (Array.isArray(value)) return new List(new Field('item', new Utf8(), true));
    if (value instanceof Uint8Array && type === 'utf8') return new Binary();
    return types[type]();
  };
  const columnTypes = new Map(names.map((name) => [name, typeOf(name)]));
  const isBytes = (column: DataType) => column instanceof Binary || column instanceof LargeBinary;
  const options = { compressionType: packing ? CompressionType.ZSTD : null };
  const writer = form === 'file' ? new RecordBatchFileWriter(options) : new RecordBatchStreamWriter(options);
  const tables: Table[] = [];
  for (let first = 0; first < rows.length; first += rowsPerBatch) {
    const some = rows.slice(first, first + rowsPerBatch);
    const columns = names.map((name) => {
      const column = columnTypes.get(name)!;
      const values = some.map((row) => {
        const value = row[name] ?? null;
        return isBytes(column) && typeof value === 'string' ? Buffer.from(value) : value;
      });
      return [name, vectorFromArray(values, column)] as const;
    });
    tables.push(new Table(Object.fromEntries(columns)));
  }
  for (const table of tables) for (const batch of table.batches) writer.write(batch);
  writer.finish();
  return Buffer.from(writer.toUint8Array(true));
}
